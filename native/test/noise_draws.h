// Noise values drawn through the ABI, and the laws that the noise tests draw.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/quantile.h"
#include "contract.h"

namespace sotto::test {

const std::vector<uint8_t> kNoiseKey = {0x53, 0x6f, 0x74, 0x74, 0x6f, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                        12,   13,   14,   15,   16,   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

// A law as the ABI takes it, with its closed-form distribution function.
struct Law {
  std::string name;
  sotto_noise_law law;
  std::vector<double> quantiles;  // host copy of the table; empty: none
  double largest;
  std::function<double(double)> cdf;

  int64_t segments() const { return static_cast<int64_t>(quantiles.size()) / kQuantileCoefficients; }
};

// From the upper tail P(|Z| > |x|) to the distribution function of the symmetric law.
inline double symmetric_cdf(double x, double tail) { return x < 0 ? tail / 2 : 1 - tail / 2; }

inline Law gaussian() {
  return {"gaussian", SOTTO_NOISE_GAUSSIAN, {}, 0, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }};
}

inline Law laplace_law() {
  return {"laplace", SOTTO_NOISE_LAPLACE, {}, 0, [](double x) { return symmetric_cdf(x, std::exp(-std::abs(x))); }};
}

// Q(w) = w / 2: Laplace noise of scale 1/2.
inline Law halved_laplace(int64_t segments) {
  const double r = rows_per_unit(segments);
  std::vector<double> table(static_cast<size_t>(segments * kQuantileCoefficients));
  for (int64_t i = 0; i < segments; i++) {
    table[static_cast<size_t>(kQuantileCoefficients * i)] = static_cast<double>(i) / r / 2;
    table[static_cast<size_t>(kQuantileCoefficients * i + 1)] = 1 / r / 2;
  }
  return {"lmo, half a laplace", SOTTO_NOISE_LMO, table, kLargestExponential / 2,
          [](double x) { return symmetric_cdf(x, std::exp(-2 * std::abs(x))); }};
}

// Q(w) = exp(w/4) - 1, a heavy tail: P(|Z| > x) = (1 + x)^-4. Rows are Taylor polynomials.
inline Law power_tail(int64_t segments) {
  const double r = rows_per_unit(segments);
  std::vector<double> table;
  for (int64_t i = 0; i < segments; i++) {
    const double at = static_cast<double>(i) / r / 4;
    double term = std::exp(at);
    table.push_back(std::expm1(at));
    for (int k = 1; k < kQuantileCoefficients; k++) table.push_back(term *= 1 / (4 * r * k));
  }
  return {"lmo, a power tail", SOTTO_NOISE_LMO, table, 0x1p16 - 1,
          [](double x) { return symmetric_cdf(x, std::pow(1 + std::abs(x), -4)); }};
}

inline std::vector<Law> all_laws() { return {gaussian(), laplace_law(), halved_laplace(2), power_tail(400)}; }

// Where a stream starts, and the grid it lies on.
struct Draw {
  int64_t step = 0;
  int32_t tensor = 0;
  int64_t first = 0;
  double scale = 1;
  double quantum = 0x1p-30;
  std::vector<uint8_t> key = kNoiseKey;
};

// count noise values alone: the sum is zero and the multiplier one.
inline std::vector<float> noise(const std::string& backend_name, const Law& law, int64_t count, const Draw& draw = {}) {
  Backend backend(backend_name, 2);
  Run run(backend.handle);
  float* out = run.zeros(count);
  run.ok(sotto_add_noise(
      run.backend, {{law.law, count, draw.scale, draw.quantum, draw.key.data(), draw.step, draw.tensor, draw.first,
                     run.upload(law.quantiles), law.segments(), law.largest, run.double_zeros(count), 1},
                    out}));
  return run.download(out, count);
}

}  // namespace sotto::test
