// Clipping and summing a pair without its gradients: to the bit what storing and summing them gives.
#include <cstring>
#include <limits>
#include <vector>

#include "lora_pair.h"

namespace sotto::test {
namespace {

constexpr double kQuantum = 0x1p-24;

sotto_status fused(Run& run, const Pair& pair, const float* factor, double* sum) {
  return sotto_clip_and_sum_pair(run.backend, {{pair.units,
                                                pair.start,
                                                {pair.in, pair.out, pair.rank, Pair::kScale},
                                                pair.x,
                                                pair.u,
                                                pair.dy,
                                                pair.lddy,
                                                pair.du},
                                               factor,
                                               kQuantum,
                                               sum});
}

// Every fifth unit does not count.
const float* factors(Run& run, int64_t units) {
  std::vector<float> factor(static_cast<size_t>(units));
  for (size_t s = 0; s < factor.size(); s++) {
    factor[s] = s % 5 == 2 ? 0.0f : static_cast<float>(run.random.uniform());
  }
  return run.upload(factor);
}

double parameters(const Shape& s) { return static_cast<double>(s[3] * (s[1] + s[2])); }
double units(const Shape& s) { return static_cast<double>(kRagged[s[0]].size()); }
double row_bytes(const Shape& s) { return 4.0 * rows(s) * (s[1] + s[2] + 2 * s[3]); }
double flops(const Shape& s) { return 2.0 * rows(s) * parameters(s); }

// ragged pattern, in_channels, out_channels, rank
const std::vector<Shape> kShapes = {{0, 32, 32, 8},  {1, 33, 31, 3},   {2, 1, 1, 1},    {3, 48, 96, 8},  {4, 31, 1, 64},
                                    {5, 130, 47, 4}, {6, 1025, 33, 8}, {6, 50, 40, 13}, {2, 4098, 7, 5}, {5, 96, 0, 2},
                                    {5, 70, 9, 300}, {6, 33, 0, 4096}, {6, 0, 130, 13}, {5, 0, 47, 8}};

const Op kFused{"clip_and_sum_pair",
                kShapes,
                [](Run& run, const Shape& s) {
                  const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
                  const float* factor = factors(run, pair.units);
                  double* sum = run.upload(std::vector<double>(static_cast<size_t>(pair.parameters()), 0.125));
                  run.call([&] { return fused(run, pair, factor, sum); });
                  run.output("sum", sum, pair.parameters());
                },
                1e-5,
                [](const Shape& s) { return row_bytes(s) + 16 * parameters(s); },
                flops,
                kPairShapes};

// The other way: norms and gradients in one pass, then a pass over the gradients; against norms alone, then the op.
Op declare_path(const std::string& name, bool stored) {
  return {name,
          {{3, 48, 96, 8}},
          [stored](Run& run, const Shape& s) {
            const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
            const int64_t p = pair.parameters();
            const float* factor = factors(run, pair.units);
            double* squared = run.double_zeros(pair.units);
            float* gradients = stored ? run.zeros(pair.units * p) : nullptr;
            double* sum = run.double_zeros(p);
            run.call([&] {
              const sotto_status norms = pair.norm(run.backend, squared, gradients, p);
              if (norms != SOTTO_OK) return norms;
              if (!stored) return fused(run, pair, factor, sum);
              return sotto_clipped_sum(run.backend, {pair.units, p, gradients, p, factor, kQuantum, sum});
            });
            run.output("sum", sum, p);
          },
          1e-5,
          [stored](const Shape& s) {
            return (stored ? 1 : 2) * row_bytes(s) + 16 * parameters(s) + (stored ? 8 * units(s) * parameters(s) : 0);
          },
          [stored](const Shape& s) { return (stored ? 1 : 2) * flops(s); },
          kPairShapes};
}

const Op kStoredPath = declare_path("norm stored, clipped_sum", true);
const Op kFusedPath = declare_path("norm, clip_and_sum_pair", false);

SOTTO_TEST(clip_and_sum_pair_has_the_bits_of_stored_gradients) {
  std::vector<std::string> names = backends();
  names.push_back("cpu-reference");
  for (const std::string& name : names) {
    for (const int threads : {1, 3}) {
      Backend backend(name, threads);
      for (const Shape& s : kShapes) {
        Run run(backend.handle);
        const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
        const int64_t p = pair.parameters();
        const float* factor = factors(run, pair.units);
        float* gradients = run.zeros(pair.units * p);
        double* stored = run.double_zeros(p);
        double* direct = run.double_zeros(p);
        double* norms = run.double_zeros(pair.units);
        double* norms_alone = run.double_zeros(pair.units);
        run.ok(pair.norm(run.backend, norms, gradients, p));
        run.ok(pair.norm(run.backend, norms_alone, nullptr, 0));
        SOTTO_CHECK(run.download(norms, pair.units) == run.download(norms_alone, pair.units), name << text_of(s));
        run.ok(sotto_clipped_sum(run.backend, {pair.units, p, gradients, p, factor, kQuantum, stored}));
        run.ok(fused(run, pair, factor, direct));
        SOTTO_CHECK(run.download(stored, p) == run.download(direct, p), name << text_of(s));
      }
    }
  }
}

SOTTO_TEST(clip_and_sum_pair_is_the_same_sum_however_units_are_cut) {
  const int64_t in = 61, out = 50, rank = 9;
  const std::vector<int64_t> lengths = {3, 0, 12, 1, 40, 7};
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const Pair pair(run, lengths, in, out, rank);
    const int64_t p = pair.parameters();
    const float* factor = factors(run, pair.units);
    double* whole = run.double_zeros(p);
    double* cut = run.double_zeros(p);
    run.ok(fused(run, pair, factor, whole));
    int64_t t = pair.rows;
    for (int64_t s = pair.units - 1; s >= 0; s--) {  // one at a time, the last first
      t -= lengths[s];
      run.ok(sotto_clip_and_sum_pair(run.backend, {{1,
                                                    run.starts({lengths[s]}),
                                                    {in, out, rank, Pair::kScale},
                                                    pair.x + t * in,
                                                    pair.u + t * rank,
                                                    pair.dy + t * pair.lddy,
                                                    pair.lddy,
                                                    pair.du + t * rank},
                                                   factor + s,
                                                   kQuantum,
                                                   cut}));
    }
    SOTTO_CHECK(run.download(whole, p) == run.download(cut, p), name);
  }
}

// A unit whose norm is not finite has factor 0 and leaves no trace.
SOTTO_TEST(clip_and_sum_pair_skips_units_of_factor_zero) {
  const int64_t in = 37, out = 29, rank = 5;
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const Pair pair(run, {3, 4, 5}, in, out, rank);
    const float* factor = run.upload(std::vector<float>{0.5f, 0, 1});
    double* clean = run.double_zeros(pair.parameters());
    double* poisoned = run.double_zeros(pair.parameters());
    run.ok(fused(run, pair, factor, clean));
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      run.ok(sotto_upload(run.backend, pair.x + 3 * in, &bad, sizeof(bad)));
      run.ok(sotto_upload(run.backend, pair.dy + 6 * pair.lddy + out - 1, &bad, sizeof(bad)));
      run.ok(sotto_zero(run.backend, poisoned, pair.parameters() * static_cast<int64_t>(sizeof(double))));
      run.ok(fused(run, pair, factor, poisoned));
      SOTTO_CHECK(run.download(clean, pair.parameters()) == run.download(poisoned, pair.parameters()), name);
    }
  }
}

SOTTO_TEST(clip_and_sum_pair_refuses_bad_arguments) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const int32_t* start = run.starts({1});
    float* x = run.zeros(64);
    double* sum = run.double_zeros(16);
    const auto refused = [&](int64_t rank, int64_t lddy, const float* factor, double quantum, const std::string& word) {
      const sotto_pair_factors factors{1, start, {4, 4, rank, 1}, x, x, x, lddy, x};
      SOTTO_CHECK(sotto_clip_and_sum_pair(run.backend, {factors, factor, quantum, sum}) == SOTTO_INVALID_ARGUMENT,
                  name << ": " << word);
      SOTTO_CHECK(std::string(sotto_last_error()).find(word) != std::string::npos, sotto_last_error());
    };
    refused(0, 4, x, 0.5, "rank is 0");
    refused(2, 3, x, 0.5, "leading dimension of dy is 3");
    refused(2, 4, nullptr, 0.5, "factor is null");
    refused(2, 4, x, 0.75, "power of two");
  }
}

}  // namespace
}  // namespace sotto::test
