// The harness of contract.h.
#include "contract.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "peak.h"

namespace sotto::test {

namespace {

std::vector<Op>& all_ops() {
  static std::vector<Op> list;
  return list;
}

std::vector<Test>& all_tests() {
  static std::vector<Test> list;
  return list;
}

const char* optional(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// The library of the emulated kernels is a CUDA library like any other.
sotto_status open(const std::string& name, int threads, sotto_backend** out) {
  const sotto_purpose purpose = libraries().purpose;
  if (name == "cuda-emulated") return sotto_backend_open("cuda", threads, purpose, nullptr, SOTTO_EMULATED_CUDA, out);
  return sotto_backend_open(name.c_str(), threads, purpose, optional(libraries().blas), optional(libraries().cuda),
                            out);
}

// Ops and tests that a CUDA backend lacks a kernel for.
std::set<std::string>& not_built() {
  static std::set<std::string> names;
  return names;
}

// Ops and tests whose products were refused, and why.
std::map<std::string, std::string>& refusals() {
  static std::map<std::string, std::string> found;
  return found;
}

bool same(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

void compare(const Run& run, const Run& reference, double tolerance, const std::string& where) {
  SOTTO_CHECK(run.outputs.size() == reference.outputs.size(), where << ": different outputs");
  for (size_t o = 0; o < run.outputs.size(); o++) {
    const auto& got = run.outputs[o];
    const auto& expected = reference.outputs[o];
    const double allowed = got.tolerance > 0 ? got.tolerance : tolerance;
    for (size_t i = 0; i < got.values.size(); i++) {
      SOTTO_CHECK(same(got.values[i], expected.values[i], allowed), where << ": " << got.name << "[" << i << "] is "
                                                                          << got.values[i] << ", reference "
                                                                          << expected.values[i]);
    }
  }
}

void check_backend(const Op& op, const Shape& shape, const std::string& name, const Run& reference) {
  const std::string where = op.name + text_of(shape) + " on " + name;
  std::vector<std::vector<char>> first;
  for (int threads = 1; threads <= (is_cuda(name) ? 1 : 3); threads++) {
    Backend backend(name, threads);
    Run run(backend.handle);
    op.body(run, shape);
    compare(run, reference, op.tolerance, where);
    for (size_t o = 0; o < run.outputs.size(); o++) {
      if (threads == 1) first.push_back(run.outputs[o].bytes);
      SOTTO_CHECK(first[o] == run.outputs[o].bytes,
                  where << ": " << run.outputs[o].name << " differs between 1 and " << threads << " threads");
    }
  }
}

void check_op(const Op& op) {
  for (const Shape& shape : op.shapes) {
    Backend definition("cpu-reference");
    Run reference(definition.handle);
    op.body(reference, shape);
    for (const std::string& name : backends()) {
      try {
        check_backend(op, shape, name, reference);
      } catch (const NotBuiltYet&) {
        not_built().insert(op.name);
      } catch (const Refused& refused) {
        refusals()[op.name] = refused.what();
      }
    }
  }
}

bool run_one(const std::string& name, const std::function<void()>& body) {
  try {
    body();
    return true;
  } catch (const NotBuiltYet&) {  // the CUDA backends come last, so the CPU's part of the test has passed
    not_built().insert(name);
    return true;
  } catch (const Refused& refused) {
    refusals()[name] = refused.what();
    return true;
  } catch (const std::exception& error) {
    std::printf("FAILED %s\n       %s\n", name.c_str(), error.what());
    return false;
  }
}

bool contains(const std::string& name, const std::string& part) { return name.find(part) != std::string::npos; }

bool chosen(const std::string& name, const std::string& filter) {
  if (filter.empty() || filter[0] != '-') return contains(name, filter);
  std::istringstream parts(filter.substr(1));
  for (std::string part; std::getline(parts, part, ',');) {
    if (contains(name, part)) return false;
  }
  return true;
}

}  // namespace

std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); i++) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

const std::vector<Op>& ops() { return all_ops(); }

Libraries& libraries() {
  static Libraries chosen;
  return chosen;
}

Run::~Run() {
  for (void* memory : owned_) sotto_free(backend, memory);
}

void* Run::allocate(int64_t bytes) {
  void* memory = nullptr;
  ok(sotto_alloc(backend, bytes, &memory));
  owned_.push_back(memory);
  return memory;
}

void Run::ok(sotto_status status) {
  if (status == SOTTO_OK) return;
  const bool asked_for = !libraries().blas.empty() || std::getenv("SOTTO_CUBLAS") != nullptr;
  if (status == SOTTO_DEPENDENT_ROWS && asked_for) throw Refused(sotto_last_error());
  const std::string text = "status " + std::to_string(status) + ": " + sotto_last_error();
  char description[8] = "";
  sotto_backend_describe(backend, description, sizeof(description));
  if (status == SOTTO_UNSUPPORTED && std::strncmp(description, "cuda", 4) == 0) throw NotBuiltYet(text);
  throw Failure(text);
}

void Run::call(const std::function<sotto_status()>& op) {
  ok(op());
  if (measuring <= 0) return;
  const auto timed = [&](int calls) {
    double taken = 0;
    const double begin = processor_seconds();
    ok(sotto_timer_start(backend));
    for (int i = 0; i < calls; i++) ok(op());
    ok(sotto_timer_stop(backend, &taken));
    if (processor_time) taken = processor_seconds() - begin;
    return taken / calls;
  };
  // Calls in groups of about a millisecond, so that neither the clock's grain nor the first launch into an idle GPU
  // shows; of at least five groups the fastest, because other load on the machine can only slow a call down.
  using Clock = std::chrono::steady_clock;
  const int group = static_cast<int>(std::clamp(1e-3 / std::max(timed(1), 1e-9), 1.0, 100.0));
  const auto begin = Clock::now();
  for (int groups = 0; groups < 5 || Clock::now() - begin < std::chrono::duration<double>(measuring); groups++) {
    const double taken = timed(group);
    seconds = seconds < 0 ? taken : std::min(seconds, taken);
  }
}

float* Run::floats(int64_t count, float scale, float shift) {
  std::vector<float> host(static_cast<size_t>(count));
  for (float& value : host) value = static_cast<float>(shift + scale * (2 * random.uniform() - 1));
  return upload(host);
}

int32_t* Run::ids(int64_t count, int64_t limit) {
  std::vector<int32_t> host(static_cast<size_t>(count));
  for (int32_t& value : host) value = static_cast<int32_t>(random.below(limit));
  return upload(host);
}

int32_t* Run::starts(const std::vector<int64_t>& lengths) {
  std::vector<int32_t> host{0};
  for (const int64_t length : lengths) host.push_back(host.back() + static_cast<int32_t>(length));
  return upload(host);
}

Op::Op(std::string op_name, std::vector<Shape> op_shapes, Body op_body, double op_tolerance, Cost op_bytes,
       Cost op_flops, std::vector<Shape> op_benchmark_shapes)
    : name(std::move(op_name)),
      shapes(std::move(op_shapes)),
      body(std::move(op_body)),
      tolerance(op_tolerance),
      bytes(std::move(op_bytes)),
      flops(std::move(op_flops)),
      benchmark_shapes(std::move(op_benchmark_shapes)) {
  all_ops().push_back(*this);
}

Test::Test(std::string test_name, std::function<void()> test_body)
    : name(std::move(test_name)), body(std::move(test_body)) {
  all_tests().push_back(*this);
}

Backend::Backend(const std::string& name, int threads) {
  if (open(name, threads, &handle) != SOTTO_OK) throw Failure(sotto_last_error());
}

const std::vector<std::string>& backends() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> found;
    for (const char* name : {"cpu:portable", "cpu:avx2", "cpu:avx512", "cpu:avx512_bf16", "cuda-emulated", "cuda"}) {
      if (std::string(name) == "cuda-emulated" && std::getenv("SOTTO_WITHOUT_EMULATION") != nullptr) {
        std::printf("not tested here: %s (SOTTO_WITHOUT_EMULATION is set)\n", name);
        continue;
      }
      sotto_backend* backend = nullptr;
      if (open(name, 1, &backend) == SOTTO_OK) {
        found.push_back(name);
        sotto_backend_destroy(backend);
      } else {
        std::printf("not tested here: %s (%s)\n", name, sotto_last_error());
      }
    }
    return found;
  }();
  return list;
}

bool is_cuda(const std::string& backend) { return backend.compare(0, 4, "cuda") == 0; }

void check_gradient(const std::string& what, std::vector<float> x, const std::vector<float>& gradient,
                    const std::function<double(const std::vector<float>&)>& loss, double step, double tolerance) {
  SOTTO_CHECK(x.size() == gradient.size(), what << ": gradient of another size");
  for (size_t i = 0; i < x.size(); i++) {
    const float middle = x[i];
    x[i] = static_cast<float>(middle + step);
    const double above_x = x[i];
    const double above = loss(x);
    x[i] = static_cast<float>(middle - step);
    const double difference = (above - loss(x)) / (above_x - x[i]);
    x[i] = middle;
    SOTTO_CHECK(same(gradient[i], difference, tolerance),
                what << ": d/dx[" << i << "] is " << gradient[i] << ", central difference " << difference);
  }
}

int run_all(const std::string& filter) {
  int passed = 0;
  int failed = 0;
  const auto one = [&](const std::string& name, const std::function<void()>& body) {
    if (!chosen(name, filter)) return;
    (run_one(name, body) ? passed : failed)++;
  };
  for (const Op& op : all_ops()) one(op.name, [&] { check_op(op); });
  for (const Test& test : all_tests()) one(test.name, test.body);
  if (!not_built().empty()) {
    std::printf("%zu not built for cuda yet:", not_built().size());
    for (const std::string& name : not_built()) std::printf(" %s", name.c_str());
    std::printf("\n");
  }
  if (!refusals().empty()) {
    std::printf("%zu refused with this BLAS, as the private path must:", refusals().size());
    for (const auto& refusal : refusals()) std::printf(" %s;", refusal.first.c_str());
    std::printf("\n  %s\n", refusals().begin()->second.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace sotto::test
