// The fused steps: to the bit what add_noise and the step give one after the other, on every backend.
#include <array>
#include <vector>

#include "adapter_sizes.h"
#include "noise_draws.h"

namespace sotto::test {
namespace {

enum class Optimizer { kSgd, kAdamW };

// What a step changes: SGD uses no second moment.
struct State {
  State(Run& run, int64_t n) : first(run.floats(n)), second(run.floats(n, 0.5f, 0.75f)), weights(run.floats(n)) {}
  // Another with the same contents.
  State(const State& other, Run& run, int64_t n)
      : first(run.upload(run.download(other.first, n))),
        second(run.upload(run.download(other.second, n))),
        weights(run.upload(run.download(other.weights, n))) {}
  float *first, *second, *weights;
};

// One step on n parameters from index `first`; the state is that of parameter `skip` on of longer vectors, which makes
// addresses odd.
struct Step {
  Optimizer optimizer;
  const Law* law;
  int64_t n, first, skip, update;
  const double* sum;
  const double* quantiles;
  static constexpr double kScale = 1.75, kQuantum = 0x1p-20, kMultiplier = 1.0 / 3;
  static constexpr float kRate = 0.03f, kDecay = 0.1f;

  sotto_noise noise() const {
    return {law->law,     n,   kScale,     kQuantum, kNoiseKey.data(), 9, 7, first, quantiles, law->segments(),
            law->largest, sum, kMultiplier};
  }
  sotto_sgd sgd(const State& s) const { return {kRate, 0.9f, kDecay, s.first + skip, s.weights + skip}; }
  sotto_adamw adamw(const State& s) const {
    return {kRate, 0.9f, 0.999f, 1e-8f, kDecay, update, s.first + skip, s.second + skip, s.weights + skip};
  }

  sotto_status fused(sotto_backend* backend, const State& s, float* released) const {
    if (optimizer == Optimizer::kSgd) return sotto_noisy_sgd_step(backend, {noise(), released, sgd(s)});
    return sotto_noisy_adamw_step(backend, {noise(), released, adamw(s)});
  }

  sotto_status apart(sotto_backend* backend, const State& s, float* gradient) const {
    const sotto_status drawn = sotto_add_noise(backend, {noise(), gradient});
    if (drawn != SOTTO_OK) return drawn;
    if (optimizer == Optimizer::kSgd) return sotto_sgd_step(backend, {n, gradient, sgd(s)});
    return sotto_adamw_step(backend, {n, gradient, adamw(s)});
  }
};

std::vector<double> sums(Run& run, int64_t n) {
  std::vector<double> values(static_cast<size_t>(n));
  for (double& sum : values) sum = 0x1p-20 * static_cast<double>(run.random.below(1 << 22));
  return values;
}

// parameters, first_index
Op declare(const std::string& name, Optimizer optimizer, const Law& law, bool fused) {
  const double bytes = optimizer == Optimizer::kSgd ? 24 : 32;
  return {name,
          {{0, 0}, {1, 5}, {33, 127}, {1025, 3}, {9001, (int64_t{1} << 36) - 4999}},
          [=](Run& run, const Shape& s) {
            const State state(run, s[0]);
            float* released = run.zeros(s[0]);
            const Step step{optimizer, &law, s[0], s[1], 0, 3, run.upload(sums(run, s[0])), run.upload(law.quantiles)};
            run.call([&] {
              return fused ? step.fused(run.backend, state, run.measuring > 0 ? nullptr : released)
                           : step.apart(run.backend, state, released);
            });
            run.output("released", released, s[0]);
            run.output("first", state.first, s[0]);
            run.output("second", state.second, s[0]);
            run.output("weights", state.weights, s[0]);
          },
          1e-6,
          [=](const Shape& s) { return (fused ? bytes : bytes + 8) * s[0]; },
          nullptr,
          adapter_shapes()};
}

const Law kGaussianLaw = gaussian();
const Law kLmoLaw = power_tail(1024);
const Op kNoisySgd = declare("noisy_sgd_step", Optimizer::kSgd, kGaussianLaw, true);
const Op kSgdApart = declare("add_noise, then sgd_step", Optimizer::kSgd, kGaussianLaw, false);
const Op kNoisyAdamW = declare("noisy_adamw_step", Optimizer::kAdamW, kGaussianLaw, true);
const Op kAdamWApart = declare("add_noise, then adamw_step", Optimizer::kAdamW, kGaussianLaw, false);
const Op kNoisyAdamWLmo = declare("noisy_adamw_step_lmo", Optimizer::kAdamW, kLmoLaw, true);
const Op kAdamWLmoApart = declare("add_noise_lmo, then adamw", Optimizer::kAdamW, kLmoLaw, false);

// Bit for bit, for every law, where calls and vectors begin anywhere, with the release stored or not.
SOTTO_TEST(noisy_steps_have_the_bits_of_noise_and_step) {
  std::vector<std::string> names = backends();
  names.push_back("cpu-reference");
  for (const std::string& name : names) {
    Backend backend(name, 2);
    for (const Law& law : all_laws()) {
      for (const Optimizer optimizer : {Optimizer::kSgd, Optimizer::kAdamW}) {
        for (const auto& [n, first, skip] : std::vector<std::array<int64_t, 3>>{
                 {1, 0, 0}, {7, 3, 3}, {37, 5, 2}, {4100, 8, 0}, {8203, (int64_t{1} << 33) - 3, 1}, {0, 4, 0}}) {
          for (const bool stored : {false, true}) {
            Run run(backend.handle);
            const int64_t length = n + skip;
            const State apart(run, length);
            const State fused(apart, run, length);
            float* gradient = run.zeros(n);
            float* released = run.zeros(n);
            Step step{optimizer, &law, n, first, skip, 1, run.upload(sums(run, n)), run.upload(law.quantiles)};
            for (; step.update <= 2; step.update++) {
              run.ok(step.apart(run.backend, apart, gradient));
              run.ok(step.fused(run.backend, fused, stored ? released : nullptr));
            }
            const auto same = [&](const char* what, const float* a, const float* b, int64_t count) {
              const std::vector<float> x = run.download(a, count), y = run.download(b, count);
              SOTTO_CHECK(count == 0 || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0,
                          name << ", " << law.name << ", " << n << " from " << first << ": " << what);
            };
            same("first moment", apart.first, fused.first, length);
            same("second moment", apart.second, fused.second, length);
            same("weights", apart.weights, fused.weights, length);
            if (stored) same("released", gradient, released, n);
          }
        }
      }
    }
  }
}

// Refusals come before anything is changed: those of the noise, of the step and of null pointers.
SOTTO_TEST(noisy_steps_refuse_what_their_parts_refuse) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const double* sum = run.double_zeros(4);
    float* x = run.zeros(4);
    const auto refused = [&](double scale, int64_t step, float rate, float beta, int64_t update, float* weights,
                             const std::string& word) {
      SOTTO_CHECK(sotto_noisy_adamw_step(run.backend, {SOTTO_NOISE_GAUSSIAN,
                                                       4,
                                                       scale,
                                                       0.5,
                                                       kNoiseKey.data(),
                                                       step,
                                                       0,
                                                       0,
                                                       nullptr,
                                                       0,
                                                       0,
                                                       sum,
                                                       1,
                                                       nullptr,
                                                       rate,
                                                       beta,
                                                       0.99f,
                                                       1e-8f,
                                                       0,
                                                       update,
                                                       x,
                                                       x,
                                                       weights}) == SOTTO_INVALID_ARGUMENT,
                  name << ": " << word);
      SOTTO_CHECK(std::string(sotto_last_error()).find(word) != std::string::npos, sotto_last_error());
      if (word == "update" || word == "null") return;
      SOTTO_CHECK(sotto_noisy_sgd_step(run.backend, {SOTTO_NOISE_GAUSSIAN, 4, scale, 0.5, kNoiseKey.data(), step, 0, 0,
                                                     nullptr, 0, 0, sum, 1, nullptr, rate, beta, 0, x, weights}) ==
                      SOTTO_INVALID_ARGUMENT,
                  name << ", sgd: " << word);
    };
    const float nan = std::nanf("");
    refused(-1, 0, 0.1f, 0.9f, 1, x, "scale");
    refused(0x1p52, 0, 0.1f, 0.9f, 1, x, "tail of the law");
    refused(1, int64_t{1} << 32, 0.1f, 0.9f, 1, x, "step");
    refused(1, 0, nan, 0.9f, 1, x, "rate");
    refused(1, 0, 0.1f, 1.0f, 1, x, "");
    refused(1, 0, 0.1f, 0.9f, 0, x, "update");
    refused(1, 0, 0.1f, 0.9f, 1, nullptr, "null");
    SOTTO_CHECK(run.download(x, 4) == std::vector<float>(4, 0.0f), name << ": a refused call wrote");
  }
}

}  // namespace
}  // namespace sotto::test
