// The laws of the noise, against their closed forms.
//
// Statistical tests use a fixed key, so they pass or fail for good; their false-alarm rate is the chance, over keys,
// that a sound sampler would fail. Each has a control that must fail.
#include <algorithm>
#include <vector>

#include "noise_draws.h"

namespace sotto::test {
namespace {

// The largest distance between the empirical distribution and the law's. By Massart (1990) it exceeds t with
// probability at most 2 exp(-2 n t^2).
double kolmogorov_distance(std::vector<float> sample, const Law& law) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (size_t i = 0; i < sample.size(); i++) {
    const double f = law.cdf(sample[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return distance;
}

SOTTO_TEST(add_noise_has_its_law) {
  const int64_t n = 1 << 20;
  const double threshold = std::sqrt(std::log(2 / 1e-6) / (2.0 * n));  // false-alarm rate 1e-6 a law
  // All backends give the same bits, which the ops' declarations assert, so one CPU and a real GPU stand for all.
  std::vector<std::string> names{backends().front()};
  if (backends().back() == "cuda") names.push_back("cuda");
  for (const std::string& name : names) {
    for (const Law& law : all_laws()) {
      const double distance = kolmogorov_distance(noise(name, law, n), law);
      SOTTO_CHECK(distance <= threshold,
                  name << ", " << law.name << ": Kolmogorov distance " << distance << " of " << threshold);
      for (const double wrong_scale : {0.5, 0.98}) {
        Draw draw;
        draw.scale = wrong_scale;
        SOTTO_CHECK(kolmogorov_distance(noise(name, law, n, draw), law) > threshold,
                    name << ", " << law.name << ": control, scale " << wrong_scale);
      }
    }
  }
}

// The tails, which Kolmogorov's distance hardly sees: counts beyond points whose probabilities fall from 0.3 to 6e-5,
// each within 5 of its own standard deviations (false-alarm rate below 1e-5, the counts being near Poisson at the end).
SOTTO_TEST(add_noise_has_the_tails_of_its_law) {
  const int64_t n = 1 << 22;
  for (const Law& law : all_laws()) {
    const std::vector<float> sample = noise(backends().front(), law, n);
    for (const double scale : {1.0, 0.98}) {
      bool every = true;
      for (int k = 1; k <= 4; k++) {
        const double p = std::erfc(k / std::sqrt(2.0)), expected = n * p;
        double edge = 0;  // where the tail beyond is p, by bisection of the law
        for (double step = 64; step > 1e-12; step /= 2) edge += 2 * law.cdf(-edge - step) > p ? step : 0;
        const auto beyond =
            std::count_if(sample.begin(), sample.end(), [&](float z) { return std::abs(scale * z) > edge; });
        const bool good = std::abs(static_cast<double>(beyond) - expected) <= 5 * std::sqrt(expected * (1 - p)) + 1;
        SOTTO_CHECK(good || scale != 1, law.name << ": " << beyond << " beyond " << edge << ", expected " << expected);
        every = every && good;
      }
      SOTTO_CHECK(every == (scale == 1), law.name << ": control, tails of noise 2% short");
    }
    const double far = n * (1 - law.cdf(*std::max_element(sample.begin(), sample.end())));
    SOTTO_CHECK(far > 1e-7 && far < 20, law.name << ": the largest of " << n << " draws is too extreme, or too tame");
  }
}

// Variance after rounding to whole quanta: scale^2 + quantum^2 / 12, for a quantum as coarse as the noise itself.
SOTTO_TEST(add_noise_lies_on_the_grid_with_the_rounded_variance) {
  const int64_t n = 1 << 20;
  for (const std::string& name : backends()) {
    Draw coarse;
    coarse.scale = 4;
    coarse.quantum = 4;
    double squares = 0;
    for (const float z : noise(name, gaussian(), n, coarse)) {
      SOTTO_CHECK(z / 4 == std::rint(z / 4), name << ": " << z << " is off the grid");
      squares += static_cast<double>(z) * z;
    }
    const double deviations = (squares / n / 16 - 13.0 / 12) / (13.0 / 12 * std::sqrt(2.0 / n));
    SOTTO_CHECK(std::abs(deviations) < 5, name << ": " << deviations << " standard errors off");  // false alarms 6e-7
    const double unrounded = (squares / n / 16 - 1) / std::sqrt(2.0 / n);
    SOTTO_CHECK(std::abs(unrounded) > 5, name << ": control, the rounding must show");
  }
}

// Every law, on a coarse grid: each draw is the fine draw of the same address rounded to the nearest quantum.
SOTTO_TEST(add_noise_rounds_every_law_to_the_grid) {
  const int64_t n = 4096;
  for (const std::string& name : backends()) {
    for (const Law& law : all_laws()) {
      Draw coarse;
      coarse.quantum = 0.25;
      const std::vector<float> fine = noise(name, law, n), rounded = noise(name, law, n, coarse);
      for (int64_t i = 0; i < n; i++) {
        SOTTO_CHECK(std::abs(rounded[i] - fine[i]) <= 0.125f * (1 + 1e-6f) + 1e-6f * std::abs(fine[i]) &&
                        4 * rounded[i] == std::rint(4 * rounded[i]),
                    name << ", " << law.name << ": " << fine[i] << " became " << rounded[i]);
      }
    }
  }
}

}  // namespace
}  // namespace sotto::test
