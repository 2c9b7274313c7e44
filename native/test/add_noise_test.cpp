// The release: the same bits on every backend, the right law, the right addresses.
//
// Statistical tests use a fixed key, so they pass or fail for good; their false-alarm rate is the chance, over keys,
// that a sound sampler would fail. Each has a control that must fail.
#include <algorithm>
#include <vector>

#include "contract.h"

namespace sotto::test {
namespace {

const std::vector<uint8_t> kKey = {0x53, 0x6f, 0x74, 0x74, 0x6f, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                   12,   13,   14,   15,   16,   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

// parameters, first_index
const Op kAddNoise{"add_noise",
                   {{0, 0},
                    {1, 0},
                    {1, 5},
                    {31, 1},
                    {32, 0},
                    {33, 127},
                    {1023, 64},
                    {1025, 3},
                    {4098, 12345},
                    {20000, (int64_t{1} << 36) - 9999}},
                   [](Run& run, const Shape& s) {
                     std::vector<double> sums(s[0]);
                     for (double& sum : sums) sum = 0x1p-20 * static_cast<double>(run.random.below(1 << 22));
                     const double* sum = run.upload(sums);
                     float* out = run.zeros(s[0]);
                     run.call([&] {
                       return sotto_add_noise(run.backend, SOTTO_NOISE_GAUSSIAN, s[0], 1.75, 0x1p-20, kKey.data(),
                                              0xfffffffell, 7, s[1], sum, 1.0 / 3, out);
                     });
                     run.output("out", out, s[0]);
                   },
                   0,
                   [](const Shape& s) { return 12.0 * s[0]; },
                   [](const Shape& s) { return 150.0 * s[0]; },
                   {{1 << 20, 0}}};

// Where a stream starts, and the grid it lies on.
struct Draw {
  int64_t step = 0;
  int32_t tensor = 0;
  int64_t first = 0;
  double scale = 1;
  double quantum = 0x1p-30;
  std::vector<uint8_t> key = kKey;
};

// count noise values alone: the sum is zero and the multiplier one.
std::vector<float> noise(const std::string& name, int64_t count, const Draw& draw = {}) {
  Backend backend(name, 2);
  Run run(backend.handle);
  float* out = run.zeros(count);
  run.ok(sotto_add_noise(run.backend, SOTTO_NOISE_GAUSSIAN, count, draw.scale, draw.quantum, draw.key.data(), draw.step,
                         draw.tensor, draw.first, run.double_zeros(count), 1, out));
  return run.download(out, count);
}

// The largest distance between the empirical distribution and that of N(0,1). By Massart (1990) it exceeds t with
// probability at most 2 exp(-2 n t^2).
double kolmogorov_distance(std::vector<float> sample) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (size_t i = 0; i < sample.size(); i++) {
    const double f = 0.5 * std::erfc(-sample[i] / std::sqrt(2.0));
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return distance;
}

SOTTO_TEST(add_noise_is_standard_normal) {
  const int64_t n = 1 << 20;
  const double threshold = std::sqrt(std::log(2 / 1e-6) / (2.0 * n));  // false-alarm rate 1e-6
  for (const std::string& name : backends()) {
    const double distance = kolmogorov_distance(noise(name, n));
    SOTTO_CHECK(distance <= threshold, name << ": Kolmogorov distance " << distance << " of " << threshold);
    Draw halved;
    halved.scale = 0.5;
    SOTTO_CHECK(kolmogorov_distance(noise(name, n, halved)) > threshold, name << ": control, noise halved");
    Draw a_percent_less;
    a_percent_less.scale = 0.98;
    SOTTO_CHECK(kolmogorov_distance(noise(name, n, a_percent_less)) > threshold, name << ": control, noise 2% short");
  }
}

// The tails, which Kolmogorov's distance hardly sees: counts beyond 1 to 4 standard deviations, each within 5 of its
// own (false-alarm rate below 1e-5, the counts being near Poisson at the far end).
SOTTO_TEST(add_noise_has_normal_tails) {
  const int64_t n = 1 << 22;
  const std::vector<float> sample = noise(backends().back(), n);
  const auto within = [&](double scale, bool all) {
    bool every = true;
    for (int k = 1; k <= 4; k++) {
      const double p = std::erfc(k / std::sqrt(2.0)), expected = n * p;
      const auto beyond = std::count_if(sample.begin(), sample.end(), [&](float z) { return std::abs(scale * z) > k; });
      const bool good = std::abs(static_cast<double>(beyond) - expected) <= 5 * std::sqrt(expected * (1 - p)) + 1;
      SOTTO_CHECK(good || !all, beyond << " beyond " << k << ", expected " << expected);
      every = every && good;
    }
    return every;
  };
  within(1, true);
  SOTTO_CHECK(!within(0.99, false), "control: tails of noise 1% short");
  SOTTO_CHECK(*std::max_element(sample.begin(), sample.end()) > 4.5, "no far tail");
  SOTTO_CHECK(*std::min_element(sample.begin(), sample.end()) < -4.5, "no far tail");
}

// Variance after rounding to whole quanta: scale^2 + quantum^2 / 12, for a quantum as coarse as the noise itself.
SOTTO_TEST(add_noise_lies_on_the_grid_with_the_rounded_variance) {
  const int64_t n = 1 << 20;
  for (const std::string& name : backends()) {
    Draw coarse;
    coarse.scale = 4;
    coarse.quantum = 4;
    double squares = 0;
    for (const float z : noise(name, n, coarse)) {
      SOTTO_CHECK(z / 4 == std::rint(z / 4), name << ": " << z << " is off the grid");
      squares += static_cast<double>(z) * z;
    }
    const double deviations = (squares / n / 16 - 13.0 / 12) / (13.0 / 12 * std::sqrt(2.0 / n));
    SOTTO_CHECK(std::abs(deviations) < 5, name << ": " << deviations << " standard errors off");  // false alarms 6e-7
    const double unrounded = (squares / n / 16 - 1) / std::sqrt(2.0 / n);
    SOTTO_CHECK(std::abs(unrounded) > 5, name << ": control, the rounding must show");
  }
}

SOTTO_TEST(add_noise_streams_are_uncorrelated) {
  const int64_t n = 1 << 18;
  const std::string name = backends().back();
  const std::vector<float> base = noise(name, n);
  const auto correlation = [&](const std::vector<float>& other, bool squared) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
      const double a = base[i], b = other[i];
      sum += squared ? (a * a - 1) * (b * b - 1) / 2 : a * b;
    }
    return sum / std::sqrt(static_cast<double>(n));  // close to N(0,1) for independent streams
  };
  std::vector<Draw> neighbours(8);
  neighbours[0].step = 1;
  neighbours[1].tensor = 1;
  neighbours[2].first = 1;
  neighbours[3].first = 2;
  neighbours[4].first = 8;
  neighbours[5].first = int64_t{1} << 35;
  neighbours[6].step = int64_t{1} << 31;
  neighbours[7].key[31] ^= 0x80;
  for (size_t k = 0; k < neighbours.size(); k++) {
    const std::vector<float> other = noise(name, n, neighbours[k]);
    for (const bool squared : {false, true}) {
      const double c = correlation(other, squared);
      SOTTO_CHECK(std::abs(c) < 6,
                  "neighbour " << k << (squared ? ", squares" : "") << ": " << c);  // false alarms 1e-8
    }
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++) equal += base[i] == other[i];
    SOTTO_CHECK(equal < 100, "neighbour " << k << " repeats " << equal << " values");
  }
  SOTTO_CHECK(correlation(noise(name, n), false) > 100, "control: the same address must correlate with itself");
}

SOTTO_TEST(add_noise_is_the_same_stream_however_it_is_cut) {
  const int64_t n = 3000, start = 77;
  for (const std::string& name : backends()) {
    Draw draw;
    draw.first = start;
    const std::vector<float> whole = noise(name, n, draw);
    Random random(3);
    for (int64_t at = 0; at < n;) {
      const int64_t count = std::min(n - at, 1 + random.below(400));
      draw.first = start + at;
      SOTTO_CHECK(noise(name, count, draw) == std::vector<float>(&whole[at], &whole[at] + count), name << " at " << at);
      at += count;
    }
  }
}

// With whole numbers and a quantum of one everything is exact: the sum is added and the multiplier applied once.
SOTTO_TEST(add_noise_adds_the_sum_and_multiplies) {
  const int64_t n = 500;
  for (const std::string& name : backends()) {
    Draw draw;
    draw.scale = 100;
    draw.quantum = 1;
    const std::vector<float> alone = noise(name, n, draw);
    Backend backend(name);
    Run run(backend.handle);
    float* out = run.zeros(n);
    const double* sum = run.upload(std::vector<double>(n, 1000));
    run.ok(sotto_add_noise(run.backend, SOTTO_NOISE_GAUSSIAN, n, 100, 1, kKey.data(), 0, 0, 0, sum, 0.25, out));
    const std::vector<float> got = run.download(out, n);
    for (int64_t i = 0; i < n; i++) SOTTO_CHECK(got[i] == (1000 + alone[i]) / 4, name << "[" << i << "]");
    run.ok(sotto_add_noise(run.backend, SOTTO_NOISE_GAUSSIAN, n, 0, 1, kKey.data(), 0, 0, 0, sum, 1, out));
    SOTTO_CHECK(run.download(out, n) == std::vector<float>(n, 1000), name << ": scale 0 adds nothing");
  }
}

SOTTO_TEST(add_noise_refuses_what_would_be_unsafe) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const double* sum = run.double_zeros(4);
    float* out = run.upload(std::vector<float>(4, 7));
    const auto call = [&](double scale, double quantum, int64_t step) {
      return sotto_add_noise(run.backend, SOTTO_NOISE_GAUSSIAN, 4, scale, quantum, kKey.data(), step, 0, 0, sum, 1,
                             out);
    };
    SOTTO_CHECK(call(1, 0.3, 0) == SOTTO_INVALID_ARGUMENT, name << ": a quantum that is no power of two");
    SOTTO_CHECK(call(-1, 0.5, 0) == SOTTO_INVALID_ARGUMENT, name << ": a negative scale");
    SOTTO_CHECK(call(1, 0x1p-50, 0) == SOTTO_INVALID_ARGUMENT, name << ": more quanta than the grid holds");
    SOTTO_CHECK(call(1, 0.5, int64_t{1} << 32) == SOTTO_INVALID_ARGUMENT, name << ": a step that repeats an address");
    SOTTO_CHECK(run.download(out, 4) == std::vector<float>(4, 7), name << ": a refused call wrote");
    SOTTO_CHECK(call(1, 0.5, (int64_t{1} << 32) - 1) == SOTTO_OK, name << ": the last step");
  }
}

}  // namespace
}  // namespace sotto::test
