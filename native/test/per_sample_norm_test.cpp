// Per-sample norms and gradients: against plain loops, against central differences, and for what privacy rests on: one
// unit's rows never touch another unit's result.
#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "lora_pair.h"

namespace sotto::test {
namespace {

// ragged pattern, in_channels, out_channels, rank
const std::vector<Shape> kShapes = {
    {0, 32, 32, 8},   {1, 33, 31, 3},  {2, 1, 1, 1},     {3, 48, 96, 8},   {3, 33, 31, 3},
    {4, 31, 1, 64},   {5, 130, 47, 4}, {5, 32, 1023, 1}, {6, 1025, 33, 8}, {6, 50, 40, 13},
    {2, 4098, 7, 5},  {5, 70, 9, 300},                  // a dense layer of 300 rows is an A of that rank
    {6, 33, 0, 4096}, {6, 0, 130, 13}, {5, 0, 47, 8}};  // B alone, where A is frozen

double norm_bytes(const Shape& s) { return 4.0 * rows(s) * (s[1] + s[2] + 2 * s[3]); }
double stored_bytes(const Shape& s) { return norm_bytes(s) + 4.0 * kRagged[s[0]].size() * s[3] * (s[1] + s[2]); }
double flops(const Shape& s) { return 2.0 * rows(s) * s[3] * (s[1] + s[2]); }

const Op kNorm{"per_sample_norm",
               kShapes,
               [](Run& run, const Shape& s) {
                 const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
                 double* squared = run.double_zeros(pair.units);
                 run.call([&] { return pair.norm(run.backend, squared); });
                 run.output("squared norm", squared, pair.units);
               },
               0x1p-18,
               norm_bytes,
               flops,
               kPairShapes};

const Op kGradients{"per_sample_norm with gradients",
                    kShapes,
                    [](Run& run, const Shape& s) {
                      const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
                      const int64_t stride = pair.parameters() + 7;
                      double* squared = run.double_zeros(pair.units);
                      float* gradients = run.floats(pair.units * stride);
                      run.call([&] { return pair.norm(run.backend, squared, gradients, stride); });
                      run.output("squared norm", squared, pair.units);
                      run.output("gradients", gradients, pair.units * stride);
                    },
                    0x1p-18,
                    stored_bytes,
                    flops,
                    kPairShapes};

const Op kAccumulate{"per_sample_norm added to gradients", kShapes,
                     [](Run& run, const Shape& s) {
                       const Pair pair(run, kRagged[s[0]], s[1], s[2], s[3]);
                       const int64_t stride = pair.parameters() + 7;
                       double* squared = run.double_zeros(pair.units);
                       float* gradients = run.floats(pair.units * stride);
                       run.call([&] { return pair.norm(run.backend, squared, gradients, stride, true); });
                       run.output("squared norm", squared, pair.units);
                       run.output("gradients", gradients, pair.units * stride);
                     },
                     0x1p-18};

SOTTO_TEST(per_sample_norm_is_that_of_one_gradient_at_a_time) {
  const std::vector<int64_t> lengths = {9, 0, 1, 40};
  const int64_t in = 70, out = 51, rank = 6;
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const Pair pair(run, lengths, in, out, rank);
    double* squared = run.double_zeros(pair.units);
    run.ok(pair.norm(run.backend, squared));
    const auto x = run.download(pair.x, pair.rows * in), u = run.download(pair.u, pair.rows * rank);
    const auto dy = run.download(pair.dy, pair.rows * pair.lddy), du = run.download(pair.du, pair.rows * rank);
    const std::vector<double> got = run.download(squared, pair.units);
    int64_t first = 0;
    for (int64_t s = 0; s < pair.units; first += lengths[s++]) {
      double expected = 0;
      for (int64_t r = 0; r < rank; r++) {
        for (int64_t c = 0; c < std::max(in, out); c++) {
          double da = 0, db = 0;
          for (int64_t t = first; t < first + lengths[s]; t++) {
            if (c < in) da += static_cast<double>(du[t * rank + r]) * x[t * in + c];
            if (c < out) db += static_cast<double>(Pair::kScale) * u[t * rank + r] * dy[t * pair.lddy + c];
          }
          expected += da * da + db * db;
        }
      }
      SOTTO_CHECK(std::abs(got[s] - expected) <= 0x1p-18 * expected, name << ", unit " << s << ": " << got[s]);
    }
  }
}

SOTTO_TEST(per_sample_norm_is_the_same_stored_or_not_and_whole_or_in_pieces) {
  const int64_t in = 61, out = 50, rank = 9;
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const Pair pair(run, {12, 30}, in, out, rank);
    const int64_t p = pair.parameters();
    double* only = run.double_zeros(2);
    double* stored = run.double_zeros(2);
    float* gradients = run.zeros(2 * p);
    run.ok(pair.norm(run.backend, only));
    run.ok(pair.norm(run.backend, stored, gradients, p));
    for (int s = 0; s < 2; s++) {  // the squares may be added in another order, nothing more
      const double x = run.download(only, 2)[s], y = run.download(stored, 2)[s];
      SOTTO_CHECK(std::abs(x - y) <= 1e-13 * x, name << ": storing moved the norm from " << x << " to " << y);
    }

    // The same 42 rows as one unit, fed whole, then as its rows 0..11 and 12..41.
    double* whole = run.double_zeros(1);
    double* pieces = run.double_zeros(1);
    float* sum = run.zeros(p);
    run.ok(sotto_per_sample_norm(
        run.backend, {{1, run.starts({42}), {in, out, rank, Pair::kScale}, pair.x, pair.u, pair.dy, pair.lddy, pair.du},
                      0,
                      nullptr,
                      0,
                      whole}));
    for (const auto& piece : {std::pair<int64_t, int64_t>{0, 12}, {12, 30}}) {
      const int64_t t = piece.first;
      run.ok(sotto_per_sample_norm(run.backend, {{1,
                                                  run.starts({piece.second}),
                                                  {in, out, rank, Pair::kScale},
                                                  pair.x + t * in,
                                                  pair.u + t * rank,
                                                  pair.dy + t * pair.lddy,
                                                  pair.lddy,
                                                  pair.du + t * rank},
                                                 1,
                                                 sum,
                                                 p,
                                                 pieces}));
    }
    const double a = run.download(whole, 1)[0], b = run.download(pieces, 1)[0];
    SOTTO_CHECK(std::abs(a - b) <= 0x1p-18 * a, name << ": whole " << a << ", in pieces " << b);
  }
}

SOTTO_TEST(per_sample_norm_keeps_a_bad_unit_to_itself) {
  const float kBad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  const int64_t in = 37, out = 29, rank = 5;
  for (const std::string& name : backends()) {
    for (const float bad : kBad) {
      Backend backend(name, 2);
      Run run(backend.handle);
      const Pair pair(run, {3, 4, 5}, in, out, rank);
      double* before = run.double_zeros(3);
      double* after = run.double_zeros(3);
      run.ok(pair.norm(run.backend, before));
      // Unit 1 has rows 3 to 6: the first and last of every input are next to another unit's.
      const std::vector<float*> places = {
          pair.x + 3 * in,    pair.x + 7 * in - 1,    pair.u + 3 * rank,       pair.u + 7 * rank - 1,
          pair.du + 3 * rank, pair.du + 7 * rank - 1, pair.dy + 3 * pair.lddy, pair.dy + 6 * pair.lddy + out - 1};
      for (size_t i = 0; i < places.size(); i++) {
        float good;
        run.ok(sotto_download(run.backend, &good, places[i], sizeof(good)));
        run.ok(sotto_upload(run.backend, places[i], &bad, sizeof(bad)));
        run.ok(pair.norm(run.backend, after));
        run.ok(sotto_upload(run.backend, places[i], &good, sizeof(good)));
        const auto clean = run.download(before, 3), dirty = run.download(after, 3);
        SOTTO_CHECK(clean[0] == dirty[0] && clean[2] == dirty[2], name << ": a neighbour's norm changed, place " << i);
        SOTTO_CHECK(!std::isfinite(dirty[1]), name << ": the bad unit's norm is " << dirty[1] << ", place " << i);
      }
    }
  }
}

SOTTO_TEST(per_sample_norm_of_huge_finite_gradients_is_finite) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const int64_t in = 40;
    const float* x = run.upload(std::vector<float>(in, 1e30f));
    const float* one = run.upload(std::vector<float>(1, 1.0f));
    const float* zero = run.zeros(1);
    double* squared = run.double_zeros(1);
    run.ok(sotto_per_sample_norm(
        run.backend, {{1, run.starts({1}), {in, 1, 1, 1.0f}, x, zero, one, 1, one}, 0, nullptr, 0, squared}));
    const double expected = in * static_cast<double>(1e30f) * 1e30f, got = run.download(squared, 1)[0];
    SOTTO_CHECK(std::abs(got - expected) <= 0x1p-18 * expected, name << ": " << got);
  }
}

// The stored gradients are those of L = sum of w * y over the unit's rows, y = scale * (x A^T) B^T.
SOTTO_TEST(per_sample_gradients_match_central_differences) {
  const int64_t rows = 4, in = 5, out = 6, rank = 3;
  const float scale = 0.5f;
  Backend reference("cpu-reference");
  Run run(reference.handle);
  const float* x = run.floats(rows * in);
  const float* w = run.floats(rows * out);
  const std::vector<float> weights = run.download(w, rows * out);
  std::vector<float> ab = run.download(run.floats(rank * (in + out)), rank * (in + out));  // A then B
  const auto loss = [&](const std::vector<float>& values) {
    Run forward(reference.handle);
    const float* device = forward.upload(values);
    float* u = forward.zeros(rows * rank);
    float* y = forward.zeros(rows * out);
    forward.ok(
        sotto_lora_forward(reference.handle, {rows, {in, out, rank, scale}, x, device, device + rank * in, u, y, out}));
    const std::vector<float> result = forward.download(y, rows * out);
    double total = 0;
    for (size_t i = 0; i < result.size(); i++) total += static_cast<double>(weights[i]) * result[i];
    return total;
  };
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run tuned(backend.handle);
    const float* a = tuned.upload(ab);
    const float* b = a + rank * in;
    float* u = tuned.zeros(rows * rank);
    float* y = tuned.zeros(rows * out);
    float* du = tuned.zeros(rows * rank);
    float* gradients = tuned.zeros(rank * (in + out));
    double* squared = tuned.double_zeros(1);
    tuned.ok(sotto_lora_forward(backend.handle, {rows, {in, out, rank, scale}, x, a, b, u, y, out}));
    tuned.ok(sotto_lora_backward(backend.handle, {rows, {in, out, rank, scale}, w, out, a, b, du, nullptr}));
    tuned.ok(sotto_per_sample_norm(backend.handle, {{1, tuned.starts({rows}), {in, out, rank, scale}, x, u, w, out, du},
                                                    0,
                                                    gradients,
                                                    rank * (in + out),
                                                    squared}));
    check_gradient("dA, dB on " + name, ab, tuned.download(gradients, rank * (in + out)), loss, 0.25, 1e-5);
  }
}

}  // namespace
}  // namespace sotto::test
