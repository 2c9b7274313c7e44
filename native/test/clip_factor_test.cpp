// Clip factors: the same bits as the definition, and the promise that the accountant builds on.
#include "common/clip_factor.h"

#include <limits>
#include <vector>

#include "contract.h"

namespace sotto::test {
namespace {

// units, pairs, groups, stabilizer in hundredths
const Op kClipFactor{
    "clip_factor",
    {{0, 1, 1, 0},
     {1, 1, 1, 0},
     {31, 3, 1, 1},
     {32, 3, 3, 0},
     {33, 24, 1, 0},
     {1023, 2, 2, 1},
     {1025, 5, 1, 0},
     {300, 7, 7, 0},
     {33, 300, 300, 1}},
    [](Run& run, const Shape& s) {
      std::vector<double> squared(s[0] * s[1]);
      for (size_t i = 0; i < squared.size(); i++) {
        const double u = run.random.uniform();
        squared[i] = i % 11 == 3 ? 0.0 : std::pow(10.0, 12 * u - 6);
        if (i % 29 == 5) squared[i] = std::numeric_limits<double>::infinity();
        if (i % 31 == 7) squared[i] = std::numeric_limits<double>::quiet_NaN();
      }
      std::vector<double> clip(s[2]);
      for (double& c : clip) c = 0.5 + run.random.uniform();
      float* factor = run.zeros(s[2] * s[0]);
      const double* norms = run.upload(squared);
      run.ok(sotto_clip_factor(run.backend, {s[0], s[1], s[2], norms, clip.data(), 0.01 * s[3], factor}));
      run.output("factor", factor, s[2] * s[0]);
    },
    0};

// The norm of the gradient after the factor, each product rounded to a float as the worst consumer would.
long double clipped_norm(const std::vector<float>& gradient, float factor) {
  long double total = 0;
  for (const float g : gradient) {
    const volatile float product = factor * g;
    total += static_cast<long double>(product) * product;
  }
  return std::sqrt(total);
}

long double squares(const std::vector<float>& gradient) {
  long double total = 0;
  for (const float g : gradient) total += static_cast<long double>(g) * g;
  return total;
}

// A random gradient and its norm.
struct Trial {
  std::vector<float> gradient;
  double norm;
};

Trial trial_of(Random& random) {
  const double magnitude = std::pow(10.0, 40 * random.uniform() - 20);
  Trial trial{std::vector<float>(1 + random.below(40)), 0};
  for (float& g : trial.gradient) g = static_cast<float>(magnitude * (2 * random.uniform() - 1));
  trial.norm = static_cast<double>(std::sqrt(squares(trial.gradient)));
  return trial;
}

SOTTO_TEST(clip_factor_keeps_the_clipped_norm_at_most_c) {
  Random random(7);
  int careless_failures = 0, clipped = 0;
  for (int trial = 0; trial < 3000; trial++) {
    const auto [gradient, norm] = trial_of(random);
    const double c = norm * std::exp(trial % 3 == 0 ? 1e-6 * (random.uniform() - 0.5) : 6 * random.uniform() - 4);
    // The computed norm is off by as much as per_sample_norm may be, to the dangerous side.
    const double computed = norm * norm * (1 - 0x1p-18);
    const float factor = clip_factor_of(computed, c, 0);
    SOTTO_CHECK(clipped_norm(gradient, factor) <= c, "norm " << norm << ", C " << c << ", factor " << factor);
    SOTTO_CHECK(factor == 1 || factor >= (1 - 0x1p-16) * c / norm,
                "shrinks too much: " << factor << " for " << c / norm);
    clipped += factor < 1;
    const float careless = std::min(1.0f, static_cast<float>(c / std::sqrt(computed)));
    careless_failures += clipped_norm(gradient, careless) > c;
  }
  SOTTO_CHECK(clipped > 1000, "the trials must clip: " << clipped);
  SOTTO_CHECK(careless_failures > 100, "control: a factor without the margin must break the promise");
}

// C / (norm + g): short gradients grow, none passes C, and the stabilizer is what was asked for.
SOTTO_TEST(normalised_gradients_keep_the_promise_too) {
  Random random(8);
  int careless_failures = 0, longer = 0;
  for (int trial = 0; trial < 3000; trial++) {
    const auto [gradient, norm] = trial_of(random);
    // Stabilizers from far above the norm to far below it, where the margin is all that keeps the promise.
    const double stabilizer = norm * std::exp(30 * random.uniform() - 25);
    const double c = norm * std::exp(12 * random.uniform() - 6);
    const double computed = norm * norm * (1 - 0x1p-18);
    const float factor = clip_factor_of(computed, c, stabilizer);
    const long double result = clipped_norm(gradient, factor);
    SOTTO_CHECK(result <= c, "norm " << norm << ", C " << c << ", stabilizer " << stabilizer);
    const double exact = c / (norm + stabilizer);
    SOTTO_CHECK(factor <= exact && factor >= (1 - 0x1p-16) * exact, factor << " for " << exact);
    longer += factor > 1;
    const float careless = static_cast<float>(c / (std::sqrt(computed) + stabilizer));
    careless_failures += clipped_norm(gradient, careless) > c;
  }
  SOTTO_CHECK(longer > 500, "the trials must lengthen short gradients: " << longer);
  SOTTO_CHECK(careless_failures > 100, "control: a factor without the margin must break the promise");
}

SOTTO_TEST(clip_factor_at_the_edges) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  for (const double g : {0.0, 1e-300, 0.01}) {
    SOTTO_CHECK(clip_factor_of(kInfinity, 1, g) == 0 && clip_factor_of(kInfinity, 1e300, g) == 0, "an infinite norm");
    SOTTO_CHECK(clip_factor_of(std::numeric_limits<double>::quiet_NaN(), 1, g) == 0, "a NaN norm");
    SOTTO_CHECK(clip_factor_of(1e300, 1e-300, g) == 0, "the ratio underflows");
    SOTTO_CHECK(clip_factor_of(1.0, 1.0, g) < 1, "at C itself the margin applies");
  }
  SOTTO_CHECK(clip_factor_of(0, 1e-300, 0) == 1, "a zero gradient is left alone");
  SOTTO_CHECK(clip_factor_of(1e-90, 1e300, 0) == 1, "the ratio overflows");
  SOTTO_CHECK(clip_factor_of(0, 1, 1e-300) == std::numeric_limits<float>::max(), "a zero gradient stays finite");
  SOTTO_CHECK(clip_factor_of(0, 1, 0.5) <= 2 && clip_factor_of(0, 1, 0.5) > 1.9999f, "C / g at most");
}

SOTTO_TEST(clip_factor_drops_a_bad_gradient_from_its_group) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const double kNan = std::numeric_limits<double>::quiet_NaN();
    const double* squared = run.upload(std::vector<double>{0.25, kNan, 0.25, 0.25});  // [2 pairs][2 units]
    const double clip[2] = {1, 1};
    float* factor = run.zeros(4);
    run.ok(sotto_clip_factor(run.backend, {2, 2, 2, squared, clip, 0, factor}));
    SOTTO_CHECK((run.download(factor, 4) == std::vector<float>{1, 0, 1, 1}), name << ": a group a pair");
    run.ok(sotto_clip_factor(run.backend, {2, 2, 1, squared, clip, 0, factor}));
    SOTTO_CHECK((run.download(factor, 2) == std::vector<float>{1, 0}), name << ": one group");
  }
}

}  // namespace
}  // namespace sotto::test
