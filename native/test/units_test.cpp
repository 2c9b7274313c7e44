// The property test of units.h, and what must fail it.
#include "units.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <set>

#include "backend.h"

namespace sotto::test {

namespace {

std::vector<UnitOp>& unit_ops() {
  static std::vector<UnitOp> list;
  return list;
}

std::vector<MeetsNoUnit>& without_units() {
  static std::vector<MeetsNoUnit> list;
  return list;
}

Batch units_for(const std::string& backend) {
  const std::vector<int64_t> lengths = is_cuda(backend) ? std::vector<int64_t>{3, 1, 17, 0, 20, 2, 33}
                                                        : std::vector<int64_t>{3, 1, 17, 0, 40, 2, 5, 33, 1, 8};
  Batch units;
  for (const int64_t rows : lengths) units.push_back({100 + units.size(), rows});
  return units;
}

// In order, backwards, turned, with long and with spoilt company before, between and behind, and some at random.
std::vector<Batch> batches_of(const std::string& backend, const Batch& units) {
  const int64_t longest = backend == "cpu-reference" ? 40 : is_cuda(backend) ? 150 : 300;
  const Unit company{1, longest}, spoilt{2, 6, true};
  std::vector<Batch> batches{units};
  const auto with = [&](const std::function<void(Batch&)>& change) {
    batches.push_back(units);
    change(batches.back());
  };
  with([](Batch& b) { std::reverse(b.begin(), b.end()); });
  with([](Batch& b) { std::rotate(b.begin(), b.begin() + 3, b.end()); });
  with([&](Batch& b) { b.insert(b.begin(), company); });
  with([&](Batch& b) {
    b.insert(b.begin() + 4, spoilt);
    b.push_back(company);
    b.insert(b.begin(), spoilt);
  });
  Random random(5);
  for (int i = 0; i < (is_cuda(backend) ? 1 : 4); i++) {
    Batch some;
    for (const Unit& unit : units) {
      if (random.below(2) == 0) some.insert(some.begin() + random.below(static_cast<int64_t>(some.size()) + 1), unit);
    }
    batches.push_back(some);
  }
  return batches;
}

using Alter = std::function<void(Ops&)>;

// Empty, or how what a unit gives depends on its batch. alter: exchanges ops before they run.
std::string dependence(const UnitOp& op, const std::string& name, const Alter& alter = nullptr) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (int threads = 1; threads <= (is_cuda(name) || name == "cpu-reference" ? 1 : 3); threads++) {
    backends.push_back(std::make_unique<Backend>(name, threads));
    if (alter) alter(backends.back()->handle->ops);
  }
  const Batch units = units_for(name);
  struct Alone {
    std::vector<char> bits;
    std::vector<double> term;
  };
  std::map<uint64_t, Alone> known;
  for (const Batch& batch : batches_of(name, units)) {
    for (const Unit& unit : batch) {
      if (known.count(unit.seed) > 0) continue;
      UnitRun run(backends[0]->handle, {unit});
      op.body(run);
      known[unit.seed] = {run.bits[0], run.sum};
    }
  }
  for (const Batch& batch : batches_of(name, units)) {
    for (size_t threads = 0; threads < backends.size(); threads++) {
      UnitRun run(backends[threads]->handle, batch);
      op.body(run);
      std::vector<double> sum(run.sum.size());
      for (size_t u = 0; u < batch.size(); u++) {
        const Alone& alone = known[batch[u].seed];
        for (size_t i = 0; i < sum.size(); i++) sum[i] += alone.term[i];
        if (batch[u].spoilt || run.bits[u] == alone.bits) continue;  // the bits of a NaN are nobody's promise
        return name + ", " + op.name + ": a unit of " + std::to_string(batch[u].rows) + " rows, number " +
               std::to_string(u) + " of " + std::to_string(batch.size()) + " among " + std::to_string(run.rows()) +
               " rows on " + std::to_string(threads + 1) + " threads, has other bits than alone";
      }
      if (sum != run.sum) return name + ", " + op.name + ": a batch's sum is not that of its units' terms";
    }
  }
  return "";
}

std::vector<std::string> all_backends() {
  std::vector<std::string> names{"cpu-reference"};
  names.insert(names.end(), backends().begin(), backends().end());
  return names;
}

}  // namespace

UnitRun::UnitRun(sotto_backend* opened, const Batch& batch)
    : backend(opened), bits(batch.size()), run_(opened), batch_(batch), first_row_{0}, first_unit_{0} {
  std::vector<int32_t> host{0};
  for (const Unit& unit : batch) {
    first_row_.push_back(first_row_.back() + unit.rows);
    first_unit_.push_back(first_unit_.back() + 1);
    host.push_back(static_cast<int32_t>(first_row_.back()));
  }
  starts_ = run_.upload(host);
}

Random UnitRun::random_of(const Unit& unit) const { return Random(unit.seed * 1000 + stream_); }

std::vector<float> UnitRun::host_floats(int64_t width) {
  std::vector<float> host;
  for (const Unit& unit : batch_) {
    Random random = random_of(unit);
    for (int64_t i = 0; i < unit.rows * width; i++) {
      const float value = static_cast<float>(2 * random.uniform() - 1);
      host.push_back(unit.spoilt ? std::numeric_limits<float>::quiet_NaN() : value);
    }
  }
  stream_++;
  return host;
}

float* UnitRun::floats(int64_t width, float scale, float shift) {
  std::vector<float> host = host_floats(width);
  for (float& value : host) value = shift + scale * value;
  return run_.upload(host);
}

int32_t* UnitRun::ids(int64_t low, int64_t limit) {
  std::vector<int32_t> host;
  for (const Unit& unit : batch_) {
    Random random = random_of(unit);
    for (int64_t i = 0; i < unit.rows; i++) host.push_back(static_cast<int32_t>(low + random.below(limit - low)));
  }
  stream_++;
  return run_.upload(host);
}

double* UnitRun::doubles_of_units(int64_t outer) {
  std::vector<double> host(static_cast<size_t>(outer * units()));
  for (int64_t u = 0; u < units(); u++) {
    Random random = random_of(batch_[u]);
    for (int64_t o = 0; o < outer; o++) {
      const double value = 2 * random.uniform();
      host[o * units() + u] = batch_[u].spoilt ? std::numeric_limits<double>::quiet_NaN() : value;
    }
  }
  stream_++;
  return run_.upload(host);
}

float* UnitRun::weights(int64_t count, float scale, float shift) {
  Random random(stream_++);
  std::vector<float> host(static_cast<size_t>(count));
  for (float& value : host) value = static_cast<float>(shift + scale * (2 * random.uniform() - 1));
  return run_.upload(host);
}

void UnitRun::sum_of(const double* device, int64_t count) {
  const std::vector<double> values = run_.download(device, count);
  sum.insert(sum.end(), values.begin(), values.end());
}

UnitOp::UnitOp(std::string op_name, std::vector<std::string> op_ops, Body op_body)
    : name(std::move(op_name)), ops(std::move(op_ops)), body(std::move(op_body)) {
  unit_ops().push_back(*this);
  const size_t index = unit_ops().size() - 1;
  Test("units apart: " + name, [index] {
    for (const std::string& backend : all_backends()) {
      const std::string found = dependence(unit_ops()[index], backend);
      SOTTO_CHECK(found.empty(), found);
    }
  });
}

MeetsNoUnit::MeetsNoUnit(std::string no_unit_op, std::string reason)
    : op(std::move(no_unit_op)), why(std::move(reason)) {
  without_units().push_back(*this);
}

namespace {

template <typename Request>
void does_nothing(Device&, const Request&) {}

// By name, for what the tests do to an op of the table.
struct Entry {
  std::string name;
  std::function<void(Ops&)> remove, empty;
};

#define SOTTO_ENTRY(op) {#op, [](Ops& ops) { ops.op = nullptr; }, [](Ops& ops) { ops.op = does_nothing; }},
const std::vector<Entry> kEntries{SOTTO_EACH_OP(SOTTO_ENTRY)};

// Every op is declared once; what a declaration names it really calls (without the op it fails) and compares (where the
// op does nothing, other results come out).
SOTTO_TEST(every_op_says_how_it_keeps_units_apart) {
  std::map<std::string, int> declared;
  for (const MeetsNoUnit& op : without_units()) {
    declared[op.op]++;
    SOTTO_CHECK(op.why.size() > 20, op.op << " meets no unit, but why?");
  }
  std::map<std::string, std::set<std::string>> bodies;
  for (const UnitOp& op : unit_ops()) {
    for (const std::string& name : op.ops) bodies[name].insert(op.name);
  }
  for (const auto& body : bodies) declared[body.first]++;
  for (const Entry& entry : kEntries) {
    SOTTO_CHECK(declared[entry.name] == 1,
                entry.name << " is declared " << declared[entry.name] << " times in units_*");
    declared.erase(entry.name);
  }
  SOTTO_CHECK(declared.empty(), declared.begin()->first << " is declared, but is no op");
  for (const UnitOp& op : unit_ops()) {
    for (const std::string& name : op.ops) {
      const Entry& entry =
          *std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.name == name; });
      const Batch batch{{7, 5}, {8, 9}};
      const auto results = [&](const Alter& alter) {
        Backend backend("cpu:portable");
        if (alter) alter(backend.handle->ops);
        UnitRun run(backend.handle, batch);
        op.body(run);
        return std::make_pair(run.bits, run.sum);
      };
      bool called = false;
      try {
        results(entry.remove);
      } catch (const Failure&) {
        called = true;
      }
      SOTTO_CHECK(called, op.name << " names " << name << " and does not call it");
      SOTTO_CHECK(results(entry.empty) != results(nullptr), op.name << " does not compare what " << name << " gives");
    }
  }
}

// Controls: an op that looks at its company, each in another way, is found out.
Ops real;

void last_row_in_another_order(Device& device, const sotto_gemm_request& args) {
  real.gemm(device, args);
  float* last_row = args.c + (args.m - 1) * args.ldc;
  if (args.m % 4 != 0 && args.n > 0) last_row[0] = std::nextafterf(last_row[0], 9);
}

void loss_of_many_rows(Device& device, const sotto_cross_entropy_request& args) {
  real.cross_entropy(device, args);
  if (args.rows > 100) args.row_loss[args.rows / 2] += 0x1p-20f;
}

void norm_of_the_first_unit(Device& device, const sotto_per_sample_norm_request& args) {
  real.per_sample_norm(device, args);
  if (args.factors.units > 1) args.squared_norm[1] += 1e-9 * args.squared_norm[0];
}

void sum_rounded_on_the_way(Device& device, const sotto_clipped_sum_request& args) {
  real.clipped_sum(device, args);
  for (int64_t p = 0; p < args.parameters; p++) args.sum[p] = static_cast<float>(args.sum[p] * 1024) / 1024;
}

SOTTO_TEST(an_op_that_looks_at_its_company_is_found_out) {
  real = [] {
    Backend backend("cpu:portable");
    return backend.handle->ops;
  }();
  const std::vector<std::pair<std::string, Alter>> controls{
      {"gemm", [](Ops& ops) { ops.gemm = last_row_in_another_order; }},
      {"cross_entropy", [](Ops& ops) { ops.cross_entropy = loss_of_many_rows; }},
      {"per_sample_norm", [](Ops& ops) { ops.per_sample_norm = norm_of_the_first_unit; }},
      {"clipped_sum", [](Ops& ops) { ops.clipped_sum = sum_rounded_on_the_way; }}};
  for (const auto& [name, alter] : controls) {
    int met = 0;
    for (const UnitOp& op : unit_ops()) {
      if (std::count(op.ops.begin(), op.ops.end(), name) == 0) continue;
      met++;
      SOTTO_CHECK(!dependence(op, "cpu:portable", alter).empty(), op.name << " does not notice a dependent " << name);
    }
    SOTTO_CHECK(met > 0, "no control for " << name);
  }
}

}  // namespace
}  // namespace sotto::test
