// The clipped sum: exact on the grid, whatever the order, and no more sensitive than promised.
#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "adapter_sizes.h"
#include "contract.h"

namespace sotto::test {
namespace {

// units, parameters
const Op kClippedSum{
    "clipped_sum",
    {{0, 33}, {1, 1}, {3, 31}, {4, 32}, {5, 33}, {8, 1023}, {7, 1025}, {13, 4098}, {2, 9001}},
    [](Run& run, const Shape& s) {
      const int64_t stride = s[1] + 3;
      const float* gradients = run.floats(s[0] * stride);
      std::vector<float> factor(s[0]);
      for (size_t i = 0; i < factor.size(); i++)
        factor[i] = i % 5 == 2 ? 0.0f : static_cast<float>(run.random.uniform());
      double* sum = run.upload(std::vector<double>(s[1], 0.125));
      const float* f = run.upload(factor);
      run.call([&] { return sotto_clipped_sum(run.backend, {s[0], s[1], gradients, stride, f, 0x1p-24, sum}); });
      run.output("sum", sum, s[1]);
    },
    0,
    [](const Shape& s) { return 4.0 * s[0] * s[1] + 16.0 * s[1]; },
    [](const Shape& s) { return 2.0 * s[0] * s[1]; },
    {{64, 300000}, {8, kGpt2Small}, {8, kLlama1B}, {8, kLlama7B}}};

SOTTO_TEST(clipped_sum_does_not_depend_on_order_or_split) {
  const int64_t units = 23, parameters = 1111;
  const double quantum = 0x1p-30;
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const auto rows = run.download(run.floats(units * parameters, 3.0f), units * parameters);
    std::vector<float> factors(units);
    for (float& f : factors) f = static_cast<float>(run.random.uniform());
    std::vector<int64_t> order(units);
    std::iota(order.begin(), order.end(), 0);
    std::vector<double> expected;
    for (int trial = 0; trial < 6; trial++) {
      std::vector<float> gradients, factor;
      for (const int64_t s : order) {
        gradients.insert(gradients.end(), &rows[s * parameters], &rows[s * parameters] + parameters);
        factor.push_back(factors[s]);
      }
      const float* device = run.upload(gradients);
      const float* f = run.upload(factor);
      double* sum = run.double_zeros(parameters);
      for (int64_t s = 0; s < units;) {  // the first trial in one call, the others in calls of 1 to 6 units
        const int64_t count = trial == 0 ? units : std::min(units - s, 1 + run.random.below(6));
        run.ok(sotto_clipped_sum(run.backend,
                                 {count, parameters, device + s * parameters, parameters, f + s, quantum, sum}));
        s += count;
      }
      const std::vector<double> got = run.download(sum, parameters);
      if (trial == 0) expected = got;
      SOTTO_CHECK(got == expected, name << ", trial " << trial);
      for (size_t i = order.size() - 1; i > 0; i--) std::swap(order[i], order[run.random.below(i + 1)]);
    }
  }
}

// One unit more moves the sum by at most C plus the rounding of P terms, in L2; a clip norm of 2C must break that.
SOTTO_TEST(clipped_sum_has_the_promised_sensitivity) {
  const int64_t parameters = 2000;
  const double c = 0.7, quantum = 0x1p-16, allowed = c + quantum * std::sqrt(parameters) / 2;
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* others = run.floats(9 * parameters);
    const float* nine = run.upload(std::vector<float>(9, 0.01f));
    double* without = run.double_zeros(parameters);
    run.ok(sotto_clipped_sum(run.backend, {9, parameters, others, parameters, nine, quantum, without}));
    const std::vector<double> base = run.download(without, parameters);
    for (int trial = 0; trial < 20; trial++) {
      const float* unit = run.floats(parameters, trial % 2 == 0 ? 0.03f : 40.0f);
      double* squared = run.double_zeros(1);
      float* factor = run.zeros(1);
      run.ok(sotto_squared_norm(run.backend, {parameters, unit, squared}));
      for (const double clip : {c, 2 * c}) {
        run.ok(sotto_clip_factor(run.backend, {1, 1, 1, squared, &clip, 0, factor}));
        double* with = run.upload(base);
        run.ok(sotto_clipped_sum(run.backend, {1, parameters, unit, parameters, factor, quantum, with}));
        const std::vector<double> moved = run.download(with, parameters);
        double distance = 0;
        for (int64_t p = 0; p < parameters; p++) distance += (moved[p] - base[p]) * (moved[p] - base[p]);
        distance = std::sqrt(distance);
        if (clip == c) SOTTO_CHECK(distance <= allowed, name << ": moved by " << distance << " of " << allowed);
        if (clip != c && trial % 2 == 1) SOTTO_CHECK(distance > allowed, name << ": control, moved by " << distance);
      }
    }
  }
}

SOTTO_TEST(clipped_sum_skips_units_of_factor_zero) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float kInfinity = std::numeric_limits<float>::infinity();
    const float* gradients = run.upload(std::vector<float>{1, 2, kInfinity, kInfinity - kInfinity, 3, 4});
    double* sum = run.double_zeros(2);
    run.ok(
        sotto_clipped_sum(run.backend, {3, 2, gradients, 2, run.upload(std::vector<float>{1, 0, 0.5f}), 0x1p-10, sum}));
    SOTTO_CHECK((run.download(sum, 2) == std::vector<double>{2.5, 4}), name);
  }
}

}  // namespace
}  // namespace sotto::test
