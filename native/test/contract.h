// The contract-test harness: each op is declared once and runs on every backend.
//
//   static const Op kAdd{"add", {{0}, {1}, {33}}, [](Run& run, const Shape& shape) {
//     const float* a = run.floats(shape[0]);          // random, the same on every backend
//     float* out = run.zeros(shape[0]);
//     run.call([&] { return sotto_add(run.backend, {shape[0], a, a, out}); });
//     run.output("out", out, shape[0]);
//   }};
//
// For each shape the body runs on "cpu-reference" (the definition), then on every available backend with 1, 2 and 3
// threads. An op that a CUDA backend lacks is counted as "not built for cuda yet". Outputs must be within the tolerance
// of the reference and the same bits for every thread count. What this cannot express (gradients, isolation of
// sequences, bad arguments) is a SOTTO_TEST.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sotto/ops.h"

// An op called with its request written in place: sotto_add(backend, {count, a, b, out}).
#define SOTTO_CALL_IN_PLACE(op)                                                                 \
  inline sotto_status sotto_##op(sotto_backend* backend, const sotto_##op##_request& request) { \
    return ::sotto_##op(backend, &request);                                                     \
  }
SOTTO_EACH_OP(SOTTO_CALL_IN_PLACE)
#undef SOTTO_CALL_IN_PLACE

namespace sotto::test {

using Shape = std::vector<int64_t>;

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A CUDA backend lacks the op: counted, not failed.
struct NotBuiltYet : Failure {
  using Failure::Failure;
};

// The private path refused the BLAS that was given: counted and said, since that is one of the two right outcomes.
struct Refused : Failure {
  using Failure::Failure;
};

// SplitMix64: small, and the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }  // [0, 1)
  int64_t below(int64_t limit) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(limit)); }

 private:
  uint64_t state_;
};

// One execution of an op's body on one backend: makes its device data and collects its outputs.
class Run {
 public:
  explicit Run(sotto_backend* backend, uint64_t seed = 1) : backend(backend), random(seed) {}
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // count floats, uniform in shift +- scale.
  float* floats(int64_t count, float scale = 1, float shift = 0);
  float* zeros(int64_t count) { return upload(std::vector<float>(count, 0.0f)); }
  double* double_zeros(int64_t count) { return upload(std::vector<double>(count, 0.0)); }
  // count ids in [0, limit).
  int32_t* ids(int64_t count, int64_t limit);
  // Packed sequences of these lengths: the start array, one longer than lengths.
  int32_t* starts(const std::vector<int64_t>& lengths);

  template <typename T>
  T* upload(const std::vector<T>& host) {
    T* device = static_cast<T*>(allocate(static_cast<int64_t>(host.size() * sizeof(T))));
    if (!host.empty()) ok(sotto_upload(backend, device, host.data(), static_cast<int64_t>(host.size() * sizeof(T))));
    return device;
  }
  template <typename T>
  std::vector<T> download(const T* device, int64_t count) {
    std::vector<T> host(static_cast<size_t>(count));
    if (count > 0) ok(sotto_download(backend, host.data(), device, count * static_cast<int64_t>(sizeof(T))));
    return host;
  }

  // Registers a result to compare. tolerance 0: the op's own. An error is |x - reference| / (1 + |reference|).
  template <typename T>
  void output(const std::string& name, const T* device, int64_t count, double tolerance = 0) {
    const std::vector<T> host = download(device, count);
    Output out{name, {}, std::vector<char>(host.size() * sizeof(T)), tolerance};
    for (const T value : host) out.values.push_back(static_cast<double>(value));
    if (!host.empty()) std::memcpy(out.bytes.data(), host.data(), out.bytes.size());
    outputs.push_back(std::move(out));
  }

  // Fails the test with the library's message unless SOTTO_OK.
  void ok(sotto_status status);

  // The call under test: made once by the tests, often by the benchmark, which times it alone, on the device's clock.
  void call(const std::function<sotto_status()>& op);

  struct Output {
    std::string name;
    std::vector<double> values;
    std::vector<char> bytes;
    double tolerance;
  };

  sotto_backend* const backend;
  Random random;
  std::vector<Output> outputs;
  double seconds = -1;                        // of the fastest call, when measuring
  double measuring = 0;                       // seconds to spend on it; 0: do not measure
  static inline bool processor_time = false;  // of this process, in place of the device's clock

 private:
  void* allocate(int64_t bytes);
  std::vector<void*> owned_;
};

// An op, declared once. Constructing one registers it.
struct Op {
  using Body = std::function<void(Run&, const Shape&)>;
  using Cost = std::function<double(const Shape&)>;

  Op(std::string name, std::vector<Shape> shapes, Body body, double tolerance = 1e-6, Cost bytes = nullptr,
     Cost flops = nullptr, std::vector<Shape> benchmark_shapes = {});

  std::string name;
  std::vector<Shape> shapes;
  Body body;
  double tolerance;
  Cost bytes;  // moved and computed by one call, for benchmarks; null: not stated
  Cost flops;
  std::vector<Shape> benchmark_shapes;
};

// A test that is not a comparison with the reference.
struct Test {
  Test(std::string name, std::function<void()> body);
  std::string name;
  std::function<void()> body;
};

#define SOTTO_TEST(name)                                                \
  static void test_##name();                                            \
  static const ::sotto::test::Test register_##name(#name, test_##name); \
  static void test_##name()

const std::vector<Op>& ops();
std::string text_of(const Shape& shape);

// How backends are opened: libraries (empty: none), and for what.
struct Libraries {
  std::string blas;
  std::string cuda;
  sotto_purpose purpose = SOTTO_PRIVATE;
};
Libraries& libraries();

// Runs all ops and tests whose name contains filter, or with "-A,B" all but those whose name contains A or B. Prints a
// line for each failure and the totals. The exit status.
int run_all(const std::string& filter);

// A backend opened for a test, closed at the end of its scope. Throws Failure if it cannot be opened.
class Backend {
 public:
  explicit Backend(const std::string& name, int threads = 1);
  ~Backend() { sotto_backend_destroy(handle); }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  sotto_backend* handle = nullptr;
};

// The tuned backends that can run here: "cpu:portable", "cpu:avx2", "cpu:avx512", "cpu:avx512_bf16", "cuda-emulated",
// "cuda". The emulated one runs the CUDA kernels' source on the host (native/cuda/emulation).
const std::vector<std::string>& backends();
// Whether its memory is not to be read by the host, and ops may be missing.
bool is_cuda(const std::string& backend);

// Fails with the text streamed in.
#define SOTTO_CHECK(condition, text)                                               \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::ostringstream stream;                                                   \
      stream << __FILE__ << ":" << __LINE__ << ": " << #condition << ": " << text; \
      throw ::sotto::test::Failure(stream.str());                                  \
    }                                                                              \
  } while (false)

// Checks an analytic gradient against central differences of a scalar function of x on the reference backend. loss
// recomputes the forward pass from x (host values) in full; step is relative to the scale of x.
void check_gradient(const std::string& what, std::vector<float> x, const std::vector<float>& gradient,
                    const std::function<double(const std::vector<float>&)>& loss, double step = 1e-2,
                    double tolerance = 5e-3);

}  // namespace sotto::test
