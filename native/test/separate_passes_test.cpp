// The obvious way to clip, sum and release per-sample gradients, for the benchmark: materialise them, then norm, scale,
// sum and noise, each a pass over memory of its own. Made of ops that exist: a product a gradient, squared_norm a unit,
// a rotation whose sine is 0 as the scaling, column_sum, and noise drawn into memory and added.
#include <algorithm>
#include <vector>

#include "adapter_sizes.h"
#include "lora_pair.h"
#include "noise_draws.h"

namespace sotto::test {
namespace {

constexpr int64_t kHead = 64;  // a scaled row is kHeads heads of kHead channels: what rope does well
constexpr int64_t kHeads = 8;
constexpr double kClipNorm = 2.0;

// Stored gradients [units, parameters] and the passes over them. parameters: a multiple of kHead * kHeads.
struct Passes {
  Passes(Run& run, int64_t units, int64_t parameters) : units(units), parameters(parameters) {
    const int64_t rows_of_unit = parameters / (kHead * kHeads);
    std::vector<int32_t> unit_of_row;
    for (int64_t s = 0; s < units; s++) unit_of_row.insert(unit_of_row.end(), rows_of_unit, static_cast<int32_t>(s));
    rows = static_cast<int64_t>(unit_of_row.size());
    positions = run.upload(unit_of_row);
    squared = run.double_zeros(units);
    factor = run.zeros(units);
    const bool again = run.measuring > 0;  // scaled by 1, or repeated calls would end among subnormal numbers
    cosine = run.floats(units * kHead / 2, again ? 0.0f : 0.25f, again ? 1.0f : 0.5f);
    sine = run.zeros(units * kHead / 2);
    sum = run.zeros(parameters);
  }

  sotto_status norm(sotto_backend* backend, const float* gradients) const {
    sotto_status status = sotto_zero(backend, squared, 8 * units);
    for (int64_t s = 0; s < units && status == SOTTO_OK; s++) {
      status = sotto_squared_norm(backend, {parameters, gradients + s * parameters, squared + s});
    }
    return status == SOTTO_OK ? sotto_clip_factor(backend, {units, 1, 1, squared, &kClipNorm, 0.0, factor}) : status;
  }
  // By factors that stand in `cosine`, kHead / 2 times each.
  sotto_status scale(sotto_backend* backend, float* gradients) const {
    return sotto_rope(backend,
                      {rows, kHeads, kHead, kHead, units, 0, positions, cosine, sine, gradients, kHead * kHeads});
  }
  sotto_status add_up(sotto_backend* backend, const float* gradients) const {
    const sotto_status status = sotto_zero(backend, sum, 4 * parameters);
    return status == SOTTO_OK ? sotto_column_sum(backend, {units, parameters, gradients, parameters, sum}) : status;
  }

  int64_t units, parameters, rows = 0;
  int32_t* positions;
  double* squared;
  float *factor, *cosine, *sine, *sum;
};

// dA_s = du_s^T x_s and dB_s = scale * dy_s^T u_s: two products a unit.
sotto_status materialise(sotto_backend* backend, const Pair& pair, const std::vector<int64_t>& lengths,
                         float* gradients) {
  int64_t t = 0;
  for (const int64_t length : lengths) {
    const sotto_status status =
        sotto_gemm(backend, {1, 0, pair.rank, pair.in, length, 1, pair.du + t * pair.rank, pair.rank,
                             pair.x + t * pair.in, pair.in, 0, gradients, pair.in, nullptr});
    if (status != SOTTO_OK) return status;
    const sotto_status other = sotto_gemm(
        backend, {1, 0, pair.out, pair.rank, length, Pair::kScale, pair.dy + t * pair.lddy, pair.lddy,
                  pair.u + t * pair.rank, pair.rank, 0, gradients + pair.rank * pair.in, pair.rank, nullptr});
    if (other != SOTTO_OK) return other;
    t += length;
    gradients += pair.parameters();
  }
  return SOTTO_OK;
}

double parameters(const Shape& s) { return static_cast<double>(s[3] * (s[1] + s[2])); }
double stored(const Shape& s) { return 4.0 * kRagged[s[0]].size() * parameters(s); }
double row_bytes(const Shape& s) { return 4.0 * rows(s) * (s[1] + s[2] + 2 * s[3]); }
double flops(const Shape& s) { return 2.0 * rows(s) * parameters(s); }

enum class How { kProducts, kProductsAndNorm, kProductsToSum, kKernelToSum };

Op declare(const std::string& name, How how, double passes) {
  return {name,
          {{3, 64, 64, 8}, {5, 130, 126, 4}, {1, 32, 32, 8}},
          [how](Run& run, const Shape& s) {
            const std::vector<int64_t>& lengths = kRagged[s[0]];
            const Pair pair(run, lengths, s[1], s[2], s[3]);
            const Passes passes(run, pair.units, pair.parameters());
            float* gradients = run.zeros(pair.units * pair.parameters());
            run.call([&] {
              sotto_status status = how == How::kKernelToSum
                                        ? pair.norm(run.backend, passes.squared, gradients, pair.parameters())
                                        : materialise(run.backend, pair, lengths, gradients);
              if (how == How::kProducts || status != SOTTO_OK) return status;
              status = passes.norm(run.backend, gradients);
              if (how == How::kProductsAndNorm || status != SOTTO_OK) return status;
              status = passes.scale(run.backend, gradients);
              return status == SOTTO_OK ? passes.add_up(run.backend, gradients) : status;
            });
            run.output("gradients", gradients, pair.units * pair.parameters());
            run.output("squared norms", passes.squared, pair.units);
            run.output("sum", passes.sum, pair.parameters());
          },
          1e-4,
          [passes](const Shape& s) { return row_bytes(s) + passes * stored(s); },
          flops,
          kPairShapes};
}

const Op kProducts = declare("separate: products", How::kProducts, 1);
const Op kProductsAndNorm = declare("separate: products, norm", How::kProductsAndNorm, 2);
const Op kProductsToSum = declare("separate: products to sum", How::kProductsToSum, 5);
const Op kKernelToSum = declare("separate: kernel to sum", How::kKernelToSum, 5);

// units, parameters: norm, scale and sum of gradients that are there already, against one clipped_sum.
const Op kScaleAndSum{"separate: scale, sum",
                      {{1, 512}, {5, 2048}},
                      [](Run& run, const Shape& s) {
                        const Passes passes(run, s[0], s[1]);
                        float* gradients = run.floats(s[0] * s[1]);
                        run.call([&] {
                          const sotto_status status = passes.scale(run.backend, gradients);
                          return status == SOTTO_OK ? passes.add_up(run.backend, gradients) : status;
                        });
                        run.output("sum", passes.sum, s[1]);
                      },
                      1e-6,
                      [](const Shape& s) { return 12.0 * s[0] * s[1] + 8.0 * s[1]; },
                      [](const Shape& s) { return 2.0 * s[0] * s[1]; },
                      {{64, 299520}, {8, kGpt2Small}, {8, kLlama1B}, {8, kLlama7B}}};

// parameters: noise drawn into memory, added to a sum in f32, and a step with it, against noisy_adamw_step.
const Op kDrawAddStep{
    "separate: noise, add, adamw",
    {{1}, {1025}},
    [](Run& run, const Shape& s) {
      const double* zero = run.double_zeros(s[0]);
      const float* sum = run.floats(s[0]);
      float* noise = run.zeros(s[0]);
      float* first = run.zeros(s[0]);
      float* second = run.zeros(s[0]);
      float* weights = run.floats(s[0]);
      run.call([&] {
        sotto_status status = sotto_add_noise(
            run.backend,
            {{SOTTO_NOISE_GAUSSIAN, s[0], 1.75, 0x1p-20, kNoiseKey.data(), 9, 7, 0, nullptr, 0, 0, zero, 1}, noise});
        if (status == SOTTO_OK) status = sotto_add(run.backend, {s[0], sum, noise, noise});
        if (status != SOTTO_OK) return status;
        return sotto_adamw_step(run.backend,
                                {s[0], noise, {1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f, 3, first, second, weights}});
      });
      run.output("noisy sum", noise, s[0]);
      run.output("weights", weights, s[0]);
    },
    1e-6,
    [](const Shape& s) { return (12.0 + 12 + 28) * s[0]; },
    nullptr,
    {{kGpt2Small}, {kLlama1B}, {kLlama7B}}};

// The passes compute what the kernels compute, so timing one against the other is fair.
SOTTO_TEST(separate_passes_give_the_clipped_sum) {
  const std::vector<int64_t> lengths = {5, 0, 9, 1, 12};
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const Pair pair(run, lengths, 70, 58, 4);
    const int64_t p = pair.parameters(), n = pair.units;
    const Passes passes(run, n, p);
    float* gradients = run.zeros(n * p);
    run.ok(materialise(run.backend, pair, lengths, gradients));
    run.ok(passes.norm(run.backend, gradients));
    const std::vector<float> factor = run.download(passes.factor, n);
    std::vector<float> cosine;
    for (const float f : factor) cosine.insert(cosine.end(), kHead / 2, f);
    run.ok(sotto_upload(run.backend, passes.cosine, cosine.data(), static_cast<int64_t>(4 * cosine.size())));
    run.ok(passes.scale(run.backend, gradients));
    run.ok(passes.add_up(run.backend, gradients));

    double* squared = run.double_zeros(n);
    float* expected_gradients = run.zeros(n * p);
    float* expected_factor = run.zeros(n);
    double* expected = run.double_zeros(p);
    run.ok(pair.norm(run.backend, squared, expected_gradients, p));
    run.ok(sotto_clip_factor(run.backend, {n, 1, 1, squared, &kClipNorm, 0.0, expected_factor}));
    run.ok(sotto_clipped_sum(run.backend, {n, p, expected_gradients, p, expected_factor, 0x1p-30, expected}));
    const std::vector<float> got = run.download(passes.sum, p);
    const std::vector<double> want = run.download(expected, p);
    SOTTO_CHECK(*std::min_element(factor.begin(), factor.end()) < 0.5f, name << ": nothing was clipped");
    for (int64_t i = 0; i < p; i++) {
      SOTTO_CHECK(std::abs(got[i] - want[i]) <= 1e-5, name << "[" << i << "]: " << got[i] << ", not " << want[i]);
    }
  }
}

}  // namespace
}  // namespace sotto::test
