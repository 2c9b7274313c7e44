// The release: the same bits on every backend, the right addresses, refusals. The laws: add_noise_law_test.cpp.
#include <algorithm>
#include <vector>

#include "adapter_sizes.h"
#include "noise_draws.h"

namespace sotto::test {
namespace {

// parameters, first_index
Op declare(const std::string& name, const Law& law) {
  return {name,
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
          [law](Run& run, const Shape& s) {
            std::vector<double> sums(s[0]);
            for (double& sum : sums) sum = 0x1p-20 * static_cast<double>(run.random.below(1 << 22));
            const double* sum = run.upload(sums);
            const double* quantiles = run.upload(law.quantiles);
            float* out = run.zeros(s[0]);
            run.call([&] {
              return sotto_add_noise(run.backend, {{law.law, s[0], 1.75, 0x1p-20, kNoiseKey.data(), 0xfffffffell, 7,
                                                    s[1], quantiles, law.segments(), law.largest, sum, 1.0 / 3},
                                                   out});
            });
            run.output("out", out, s[0]);
          },
          0,
          [](const Shape& s) { return 12.0 * s[0]; },
          nullptr,
          adapter_shapes()};
}

const Op kGaussian = declare("add_noise", gaussian());
const Op kLaplace = declare("add_noise_laplace", laplace_law());
const Op kLmo = declare("add_noise_lmo", power_tail(1024));

SOTTO_TEST(add_noise_streams_are_uncorrelated) {
  const int64_t n = 1 << 18;
  const std::string name = backends().back();
  const std::vector<float> base = noise(name, gaussian(), n);
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
    const std::vector<float> other = noise(name, gaussian(), n, neighbours[k]);
    for (const bool squared : {false, true}) {
      const double c = correlation(other, squared);
      SOTTO_CHECK(std::abs(c) < 6,
                  "neighbour " << k << (squared ? ", squares" : "") << ": " << c);  // false alarms 1e-8
    }
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++) equal += base[i] == other[i];
    SOTTO_CHECK(equal < 100, "neighbour " << k << " repeats " << equal << " values");
  }
  SOTTO_CHECK(correlation(noise(name, gaussian(), n), false) > 100,
              "control: the same address must correlate with itself");
}

// Draws of two laws at one address agree in sign as often as a coin does. Were the key stream shared, Laplace and LMO
// would agree always.
SOTTO_TEST(add_noise_laws_do_not_share_a_stream) {
  const int64_t n = 1 << 18;
  const std::vector<Law> laws = all_laws();
  for (const std::string& name : backends()) {
    const auto agreement = [&](const Law& a, const Law& b) {
      const std::vector<float> x = noise(name, a, n), y = noise(name, b, n);
      int64_t equal = 0;
      for (int64_t i = 0; i < n; i++) equal += (x[i] > 0) == (y[i] > 0);
      return (2.0 * static_cast<double>(equal) - n) / std::sqrt(static_cast<double>(n));
    };
    for (size_t i = 0; i < laws.size(); i++) {
      for (size_t j = 0; j < i; j++) {
        const double c = agreement(laws[i], laws[j]);
        if (laws[i].law == laws[j].law) {
          SOTTO_CHECK(c > 100, name << ": control, two tables read one stream; " << c);
        } else {
          SOTTO_CHECK(std::abs(c) < 6, name << ": " << laws[i].name << " and " << laws[j].name << ": " << c);
        }
      }
    }
  }
}

SOTTO_TEST(add_noise_is_the_same_stream_however_it_is_cut) {
  const int64_t n = 3000, start = 77;
  for (const std::string& name : backends()) {
    for (const Law& law : all_laws()) {
      Draw draw;
      draw.first = start;
      const std::vector<float> whole = noise(name, law, n, draw);
      Random random(3);
      for (int64_t at = 0; at < n;) {
        const int64_t count = std::min(n - at, 1 + random.below(400));
        draw.first = start + at;
        SOTTO_CHECK(noise(name, law, count, draw) == std::vector<float>(&whole[at], &whole[at] + count),
                    name << ", " << law.name << " at " << at);
        at += count;
      }
    }
  }
}

// With whole numbers and a quantum of one everything is exact: the sum is added and the multiplier applied once.
SOTTO_TEST(add_noise_adds_the_sum_and_multiplies) {
  const int64_t n = 500;
  for (const std::string& name : backends()) {
    for (const Law& law : all_laws()) {
      Draw draw;
      draw.scale = 100;
      draw.quantum = 1;
      const std::vector<float> alone = noise(name, law, n, draw);
      Backend backend(name);
      Run run(backend.handle);
      float* out = run.zeros(n);
      const double* sum = run.upload(std::vector<double>(n, 1000));
      const double* quantiles = run.upload(law.quantiles);
      const auto release = [&](double scale, double multiplier) {
        run.ok(sotto_add_noise(run.backend, {{law.law, n, scale, 1, kNoiseKey.data(), 0, 0, 0, quantiles,
                                              law.segments(), law.largest, sum, multiplier},
                                             out}));
        return run.download(out, n);
      };
      const std::vector<float> got = release(100, 0.25);
      for (int64_t i = 0; i < n; i++) {
        SOTTO_CHECK(got[i] == (1000 + alone[i]) / 4, name << ", " << law.name << "[" << i << "]");
      }
      SOTTO_CHECK(release(0, 1) == std::vector<float>(n, 1000), name << ", " << law.name << ": scale 0 adds nothing");
    }
  }
}

// One call with everything in order, to be spoiled one argument at a time.
struct Request {
  sotto_noise_law law = SOTTO_NOISE_GAUSSIAN;
  double scale = 1;
  double quantum = 0.5;
  int64_t step = 0;
  int32_t tensor = 0;
  int64_t segments = 2;
  double largest = kLargestExponential / 2;
  bool table = true;
};

SOTTO_TEST(add_noise_refuses_what_would_be_unsafe) {
  const auto with = [](sotto_noise_law law, const std::function<void(Request&)>& change) {
    Request request;
    request.law = law;
    change(request);
    return request;
  };
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const double* sum = run.double_zeros(4);
    const double* table = run.upload(halved_laplace(2).quantiles);
    float* out = run.upload(std::vector<float>(4, 7));
    const auto call = [&](const Request& r) {
      return sotto_add_noise(run.backend, {{r.law, 4, r.scale, r.quantum, kNoiseKey.data(), r.step, r.tensor, 0,
                                            r.table ? table : nullptr, r.segments, r.largest, sum, 1},
                                           out});
    };
    const auto refused = [&](const Request& request, const std::string& word) {
      SOTTO_CHECK(call(request) == SOTTO_INVALID_ARGUMENT, name << ", law " << request.law << ": " << word);
      const std::string message = sotto_last_error();
      SOTTO_CHECK(message.find(word) != std::string::npos, name << ": \"" << message << "\" lacks " << word);
      SOTTO_CHECK(run.download(out, 4) == std::vector<float>(4, 7), name << ": a refused call wrote, " << word);
    };
    for (const sotto_noise_law law : {SOTTO_NOISE_GAUSSIAN, SOTTO_NOISE_LAPLACE, SOTTO_NOISE_LMO}) {
      refused(with(law, [](Request& r) { r.quantum = 0.3; }), "quantum");
      refused(with(law, [](Request& r) { r.scale = -1; }), "scale");
      refused(with(law, [](Request& r) { r.step = int64_t{1} << 32; }), "step");
      refused(with(law, [](Request& r) { r.step = -1; }), "step");
      refused(with(law, [](Request& r) { r.tensor = 1 << 28; }), "tensor");
      refused(with(law, [](Request& r) { r.tensor = -1; }), "tensor");
      // The largest draw is at most 44.4 at scale 1, and above 8: 2^51 quanta end between these scales.
      refused(with(law, [](Request& r) { r.scale = 0x1p47; }), "tail of the law");
    }
    refused(with(static_cast<sotto_noise_law>(3), [](Request&) {}), "law");
    for (const int64_t segments : {int64_t{-1}, int64_t{0}, int64_t{1}, (int64_t{1} << 20) + 1}) {
      refused(with(SOTTO_NOISE_LMO, [&](Request& r) { r.segments = segments; }), "segments");
    }
    for (const double largest : {-1.0, std::nan(""), HUGE_VAL}) {
      refused(with(SOTTO_NOISE_LMO, [&](Request& r) { r.largest = largest; }), "largest");
    }
    refused(with(SOTTO_NOISE_LMO, [](Request& r) { r.largest = 0x1.8p50; }), "tail of the law");
    refused(with(SOTTO_NOISE_LMO, [](Request& r) { r.table = false; }), "quantiles");
    for (const sotto_noise_law law : {SOTTO_NOISE_GAUSSIAN, SOTTO_NOISE_LAPLACE, SOTTO_NOISE_LMO}) {
      const auto fits = [](Request& r) {
        r.step = (int64_t{1} << 32) - 1;
        r.tensor = (1 << 28) - 1;
        r.scale = 0x1p44;
      };
      SOTTO_CHECK(call(with(law, fits)) == SOTTO_OK, name << ": " << sotto_last_error());
    }
    Request bare = with(SOTTO_NOISE_LAPLACE, [](Request& r) { r.segments = 0, r.largest = 0, r.table = false; });
    SOTTO_CHECK(call(bare) == SOTTO_OK, name << ": only LMO reads a table");
  }
}

}  // namespace
}  // namespace sotto::test
