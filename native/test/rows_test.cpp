// Ops on rows: embedding, norms, rotary embedding, activations, cross-entropy.
#include <limits>

#include "contract.h"

namespace sotto::test {
namespace {

const std::vector<Shape> kRows{{0, 8},   {1, 1},   {3, 31},   {5, 32},   {2, 33},   {33, 257},
                               {2, 512}, {2, 513}, {1, 1023}, {4, 1025}, {1, 4096}, {2, 4098}};

double row_bytes(const Shape& s, double arrays) {
  return 4 * arrays * static_cast<double>(s[0]) * static_cast<double>(s[1]);
}

// What the token rows are multiplied by: 1 where the shape does not say.
float scale_of(const Shape& s, size_t at) { return s.size() > at ? static_cast<float>(s[at]) : 1.0f; }

const Op kEmbeddingForward{"embedding_forward",
                           {{0, 8, 5, 1}, {1, 1, 1, 1}, {33, 31, 7, 1}, {40, 257, 11, 0}, {33, 36, 7, 1, 6}},
                           [](Run& run, const Shape& s) {
                             const int64_t rows = s[0], channels = s[1], vocabulary = s[2], positions = 9;
                             const int32_t* ids = run.ids(rows, vocabulary);
                             const int32_t* at = run.ids(rows, positions);
                             const float* tokens = run.floats(vocabulary * channels);
                             const float* table = run.floats(positions * channels);
                             float* out = run.zeros(rows * channels);
                             run.call([&] {
                               return sotto_embedding_forward(
                                   run.backend, {rows, channels, vocabulary, positions, scale_of(s, 4), ids, at, tokens,
                                                 s[3] != 0 ? table : nullptr, out});
                             });
                             run.output("out", out, rows * channels);
                           },
                           1e-7};

const Op kEmbeddingBackward{"embedding_backward",
                            {{0, 8, 5, 1, 1},
                             {33, 31, 7, 1, 1},
                             {40, 257, 11, 1, 0},
                             {40, 65, 11, 0, 1},
                             {2049, 33, 7, 1, 1},
                             {33, 36, 7, 1, 1, 6}},
                            [](Run& run, const Shape& s) {
                              const int64_t rows = s[0], channels = s[1], vocabulary = s[2], positions = 9;
                              const int32_t* ids = run.ids(rows, vocabulary);
                              const int32_t* at = run.ids(rows, positions);
                              const float* dout = run.floats(rows * channels);
                              float* tokens = run.floats(vocabulary * channels);
                              float* table = run.floats(positions * channels);
                              run.call([&] {
                                return sotto_embedding_backward(
                                    run.backend, {rows, channels, vocabulary, positions, scale_of(s, 5), ids, at, dout,
                                                  s[3] != 0 ? tokens : nullptr, s[4] != 0 ? table : nullptr});
                              });
                              run.output("token_gradient", tokens, vocabulary * channels);
                              run.output("position_gradient", table, positions * channels);
                            },
                            1e-6};

const Op kLayerNormForward{
    "layer_norm_forward",
    kRows,
    [](Run& run, const Shape& s) {
      const float* x = run.floats(s[0] * s[1], 2, 3);
      const float* gamma = run.floats(s[1], 1, 1);
      const float* beta = run.floats(s[1]);
      float* out = run.zeros(s[0] * s[1]);
      float* mean = run.zeros(s[0]);
      float* rstd = run.zeros(s[0]);
      run.call([&] {
        return sotto_layer_norm_forward(run.backend, {s[0], s[1], 1e-5f, x, gamma, beta, out, mean, rstd});
      });
      run.output("out", out, s[0] * s[1], s[1] == 1 ? 1e-3 : 0);  // one channel: 0/0 but for epsilon
      run.output("mean", mean, s[0]);
      run.output("rstd", rstd, s[0]);
    },
    3e-6,
    [](const Shape& s) { return row_bytes(s, 2); },
    nullptr,
    {{2048, 768}}};

// Any mean and rstd will do: the gradient is checked as a formula of its arguments.
const Op kLayerNormBackward{"layer_norm_backward",
                            {{0, 8, 1}, {3, 31, 1}, {2, 33, 0}, {33, 257, 1}, {4, 1025, 1}, {300, 32, 1}},
                            [](Run& run, const Shape& s) {
                              const float* dout = run.floats(s[0] * s[1]);
                              const float* x = run.floats(s[0] * s[1], 2, 1);
                              const float* gamma = run.floats(s[1], 1, 1);
                              const float* mean = run.floats(s[0], 0.1f, 1);
                              const float* rstd = run.floats(s[0], 0.1f, 0.9f);
                              float* dx = run.floats(s[0] * s[1]);
                              float* dgamma = run.floats(s[1]);
                              float* dbeta = run.floats(s[1]);
                              run.call([&] {
                                return sotto_layer_norm_backward(
                                    run.backend, {s[0], s[1], dout, x, gamma, mean, rstd, dx,
                                                  s[2] != 0 ? dgamma : nullptr, s[2] != 0 ? dbeta : nullptr});
                              });
                              run.output("dx", dx, s[0] * s[1]);
                              run.output("dgamma", dgamma, s[1], 1e-5);
                              run.output("dbeta", dbeta, s[1], 1e-5);
                            },
                            3e-6,
                            [](const Shape& s) { return row_bytes(s, 4); },
                            nullptr,
                            {{2048, 768, 0}}};

// rows, channels, then heads and how many floats stand between the heads of one row and the next, if not 1 and 0.
struct NormRows {
  explicit NormRows(const Shape& s, size_t from) {
    if (s.size() > from) heads = s[from], gap = s[from + 1];
    ld = heads * s[1] + gap;
    floats = s[0] * ld;
    statistics = s[0] * heads;
  }
  int64_t heads = 1, gap = 0, ld, floats, statistics;
};

std::vector<Shape> norm_shapes() {
  std::vector<Shape> shapes = kRows;
  for (const Shape& heads : {Shape{5, 8, 4, 0}, {33, 128, 3, 128}, {7, 31, 2, 1}, {3, 513, 2, 6}, {2, 33, 1, 7}}) {
    shapes.push_back(heads);
  }
  return shapes;
}

const Op kRmsNormForward{"rms_norm_forward",
                         norm_shapes(),
                         [](Run& run, const Shape& s) {
                           const NormRows rows(s, 2);
                           const float* x = run.floats(rows.floats, 2, 1);
                           const float* gamma = run.floats(s[1], 1, 1);
                           float* out = run.floats(rows.floats);
                           float* rstd = run.zeros(rows.statistics);
                           run.call([&] {
                             return sotto_rms_norm_forward(
                                 run.backend, {s[0], rows.heads, s[1], 1e-5f, x, rows.ld, gamma, out, rows.ld, rstd});
                           });
                           run.output("out", out, rows.floats);
                           run.output("rstd", rstd, rows.statistics);
                         },
                         2e-6,
                         [](const Shape& s) { return row_bytes(s, 2); },
                         nullptr,
                         {{2048, 768}}};

const Op kRmsNormBackward{"rms_norm_backward",
                          {{0, 8, 1},
                           {3, 31, 1},
                           {2, 33, 0},
                           {33, 257, 1},
                           {4, 1025, 1},
                           {300, 32, 1},
                           {5, 8, 1, 4, 0},
                           {33, 128, 1, 3, 128},
                           {7, 31, 0, 2, 1},
                           {2, 33, 1, 1, 7}},
                          [](Run& run, const Shape& s) {
                            const NormRows rows(s, 3);
                            const float* dout = run.floats(rows.floats);
                            const float* x = run.floats(rows.floats, 2, 1);
                            const float* gamma = run.floats(s[1], 1, 1);
                            const float* rstd = run.floats(rows.statistics, 0.1f, 0.7f);
                            float* dx = run.floats(rows.floats);
                            float* dgamma = run.floats(s[1]);
                            run.call([&] {
                              return sotto_rms_norm_backward(
                                  run.backend, {s[0], rows.heads, s[1], dout, rows.ld, x, rows.ld, gamma, rstd, dx,
                                                rows.ld, s[2] != 0 ? dgamma : nullptr});
                            });
                            run.output("dx", dx, rows.floats);
                            run.output("dgamma", dgamma, s[1], 1e-5);
                          },
                          3e-6,
                          [](const Shape& s) { return row_bytes(s, 4); },
                          nullptr,
                          {{2048, 768, 0}}};

// rows, heads, channels that turn, inverse, and how many of a head's channels stay.
const Op kRope{"rope",
               {{0, 2, 8, 0, 0},
                {1, 1, 2, 0, 0},
                {33, 3, 8, 0, 0},
                {5, 2, 66, 1, 0},
                {7, 4, 64, 0, 0},
                {7, 4, 128, 1, 0},
                {3, 19, 130, 0, 0},
                {5, 3, 8, 0, 24},
                {4, 2, 6, 1, 13}},
               [](Run& run, const Shape& s) {
                 const int64_t rows = s[0], heads = s[1], turning = s[2], stride = turning + s[4],
                               ldx = heads * stride + 3;
                 const int64_t limit = 17;
                 const int32_t* positions = run.ids(rows, limit);
                 const float* cosine = run.floats(limit * turning / 2);
                 const float* sine = run.floats(limit * turning / 2);
                 float* x = run.floats(rows * ldx);
                 run.call([&] {
                   return sotto_rope(run.backend,
                                     {rows, heads, turning, stride, limit, s[3] != 0, positions, cosine, sine, x, ldx});
                 });
                 run.output("x", x, rows * ldx);
               },
               1e-6,
               [](const Shape& s) { return 8.0 * s[0] * s[1] * s[2]; },
               nullptr,
               {{4096, 4, 64, 0, 0}}};

std::vector<Shape> with_kinds() {
  std::vector<Shape> shapes;
  for (const int64_t kind : {SOTTO_GELU_TANH, SOTTO_GELU_ERF, SOTTO_SILU, SOTTO_RELU, SOTTO_TANH}) {
    for (const int64_t count : {0, 1, 31, 32, 33, 1023, 1025, 20001}) shapes.push_back({count, kind});
  }
  return shapes;
}

double activation_bytes(const Shape& s) { return 8.0 * static_cast<double>(s[0]); }

// Up to |x| = 14: past the point where every S(x) is 0 or 1.
const Op kActivation{"activation",
                     with_kinds(),
                     [](Run& run, const Shape& s) {
                       const auto kind = static_cast<sotto_activation>(s[1]);
                       const float* x = run.floats(s[0], 14);
                       const float* dout = run.floats(s[0]);
                       float* out = run.zeros(s[0]);
                       float* dx = run.zeros(s[0]);
                       run.call([&] { return sotto_activation_forward(run.backend, {kind, s[0], x, out}); });
                       run.ok(sotto_activation_backward(run.backend, {kind, s[0], x, dout, dx}));
                       run.output("out", out, s[0]);
                       run.output("dx", dx, s[0]);
                     },
                     1e-6,
                     activation_bytes,
                     nullptr,
                     {{1 << 22, 0}, {1 << 22, 1}, {1 << 22, 2}, {1 << 22, 3}, {1 << 22, 4}}};

const Op kGatedActivation{
    "gated_activation", with_kinds(),
    [](Run& run, const Shape& s) {
      const auto kind = static_cast<sotto_activation>(s[1]);
      const float* gate = run.floats(s[0], 8);
      const float* up = run.floats(s[0], 2);
      const float* dout = run.floats(s[0]);
      float* out = run.zeros(s[0]);
      float* dgate = run.zeros(s[0]);
      float* dup = run.upload(run.download(dout, s[0]));  // in place, as the header allows
      run.ok(sotto_gated_activation_forward(run.backend, {kind, 1, s[0], gate, up, s[0], out}));
      run.ok(sotto_gated_activation_backward(run.backend, {kind, 1, s[0], gate, up, s[0], dup, dgate, dup, s[0]}));
      run.output("out", out, s[0]);
      run.output("dgate", dgate, s[0]);
      run.output("dup", dup, s[0]);
    },
    2e-6};

// rows, channels, kind, the leading dimensions of inputs and gradients: gate and up side by side, or alone with gaps.
const Op kGatedRows{
    "gated_activation of strided rows",
    {{3, 8, SOTTO_SILU, 16, 16},
     {5, 31, SOTTO_GELU_TANH, 70, 62},
     {2, 1025, SOTTO_SILU, 2050, 2056},
     {7, 33, SOTTO_RELU, 66, 33},
     {4, 20, SOTTO_TANH, 20, 41},
     {0, 8, SOTTO_GELU_ERF, 16, 16}},
    [](Run& run, const Shape& s) {
      const auto kind = static_cast<sotto_activation>(s[2]);
      const int64_t rows = s[0], channels = s[1], ld = s[3], ldd = s[4], beyond = channels;
      const float* gate = run.floats(rows * ld + beyond, 8);
      const float* up = ld < 2 * channels ? run.floats(rows * ld) : gate + channels;
      const float* dout = run.floats(rows * channels);
      float* out = run.zeros(rows * channels);
      float* dgate = run.floats(rows * ldd + beyond);
      float* dup = ldd < 2 * channels ? run.floats(rows * ldd) : dgate + channels;
      run.ok(sotto_gated_activation_forward(run.backend, {kind, rows, channels, gate, up, ld, out}));
      run.ok(sotto_gated_activation_backward(run.backend, {kind, rows, channels, gate, up, ld, dout, dgate, dup, ldd}));
      run.output("out", out, rows * channels);
      run.output("dgate", dgate, rows * ldd);
      run.output("dup", dup, rows * ldd);
    },
    2e-6};

const Op kCrossEntropy{"cross_entropy",
                       {{0, 5, 1, 0},
                        {1, 1, 1, 0},
                        {3, 31, 0, 0},
                        {5, 33, 1, 0},
                        {4, 1025, 1, 0},
                        {3, 1023, 0, 0},
                        {2, 4098, 1, 0},
                        {2, 50257, 1, 0},
                        {5, 33, 1, 30},
                        {4, 31, 0, 5},
                        {3, 1025, 1, 30},
                        {2, 4098, 0, 30}},
                       [](Run& run, const Shape& s) {
                         const int64_t rows = s[0], vocabulary = s[1], ld = vocabulary + 2;
                         float* logits = run.floats(rows * ld, 20);
                         std::vector<int32_t> targets(rows);
                         for (int64_t r = 0; r < rows; r++) {
                           targets[r] = r % 3 == 2 ? -1 : static_cast<int32_t>(run.random.below(vocabulary));
                         }
                         const int32_t* device_targets = run.upload(targets);
                         const float* weight = run.floats(rows);
                         float* loss = run.zeros(rows);
                         run.call([&] {
                           return sotto_cross_entropy(
                               run.backend, {rows, vocabulary, static_cast<float>(s[3]), logits, ld, device_targets,
                                             s[2] != 0 ? weight : nullptr, s[2] != 0, loss});
                         });
                         // A cap multiplies the rounding of its tanh.
                         run.output("row_loss", loss, rows, s[3] != 0 ? 5e-6 : 0);
                         run.output("logits", logits, rows * ld, s[3] != 0 ? 5e-6 : 0);
                       },
                       1e-6,
                       [](const Shape& s) { return row_bytes(s, 2); },
                       nullptr,
                       {{2048, 8192, 1, 0}, {256, 50257, 1, 0}}};

// rows, leading dimension, gradient
const Op kSquaredError{"squared_error",
                       {{0, 1, 1}, {1, 1, 0}, {33, 1, 1}, {300, 5, 1}, {5000, 3, 1}},
                       [](Run& run, const Shape& s) {
                         float* logits = run.floats(s[0] * s[1], 3);
                         const float* targets = run.floats(s[0], 3);
                         const float* weight = run.floats(s[0]);
                         float* loss = run.zeros(s[0]);
                         run.call([&] {
                           return sotto_squared_error(run.backend, {s[0], logits, s[1], targets,
                                                                    s[2] != 0 ? weight : nullptr, s[2] != 0, loss});
                         });
                         run.output("row_loss", loss, s[0]);
                         run.output("logits", logits, s[0] * s[1]);
                       },
                       1e-6};

// kind, channels, then one length a sequence
std::vector<Shape> pool_shapes() {
  std::vector<Shape> shapes;
  for (const int64_t kind : {SOTTO_POOL_MEAN, SOTTO_POOL_FIRST, SOTTO_POOL_LAST}) {
    for (const Shape& rest : {Shape{8}, {1, 1}, {33, 5, 0, 1, 64, 65, 0}, {516, 3, 2}, {20, 0, 700, 1}}) {
      shapes.push_back({kind});
      shapes.back().insert(shapes.back().end(), rest.begin(), rest.end());
    }
  }
  return shapes;
}

const Op kPool{
    "pool", pool_shapes(),
    [](Run& run, const Shape& s) {
      const auto kind = static_cast<sotto_pooling>(s[0]);
      const std::vector<int64_t> lengths(s.begin() + 2, s.end());
      const auto sequences = static_cast<int64_t>(lengths.size());
      int64_t rows = 0;
      for (const int64_t length : lengths) rows += length;
      const int32_t* start = run.starts(lengths);
      const float* x = run.floats(rows * s[1], 2, 1);
      const float* dout = run.floats(sequences * s[1]);
      float* out = run.floats(sequences * s[1]);
      float* dx = run.floats(rows * s[1]);
      run.call([&] { return sotto_pool_forward(run.backend, {kind, sequences, rows, s[1], start, x, out}); });
      run.ok(sotto_pool_backward(run.backend, {kind, sequences, rows, s[1], start, dout, dx}));
      run.output("out", out, sequences * s[1]);
      run.output("dx", dx, rows * s[1]);
    },
    2e-6};

SOTTO_TEST(cross_entropy_stays_finite_for_huge_logits) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    float* logits = run.upload(std::vector<float>{1e30f, -1e30f, 1e30f, 0.0f});
    float* loss = run.zeros(1);
    const float* weight = run.upload(std::vector<float>{1.0f});
    run.ok(
        sotto_cross_entropy(run.backend, {1, 4, 0, logits, 4, run.upload(std::vector<int32_t>{0}), weight, 1, loss}));
    const float value = run.download(loss, 1)[0];
    SOTTO_CHECK(std::abs(value - std::log(2.0f)) < 1e-6f, name << ": loss " << value);
    SOTTO_CHECK(std::abs(run.download(logits, 4)[0] + 0.5f) < 1e-6f, name << ": gradient");
  }
}

SOTTO_TEST(activations_keep_nan_and_their_limits) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::string& name : backends()) {
    for (const auto kind : {SOTTO_GELU_TANH, SOTTO_GELU_ERF, SOTTO_SILU, SOTTO_RELU, SOTTO_TANH}) {
      Backend backend(name);
      Run run(backend.handle);
      const float* x =
          run.upload(std::vector<float>{std::numeric_limits<float>::quiet_NaN(), -200.0f, 200.0f, -infinity, 0});
      float* out = run.zeros(5);
      run.ok(sotto_activation_forward(run.backend, {kind, 5, x, out}));
      const std::vector<float> y = run.download(out, 5);
      SOTTO_CHECK(std::isnan(y[0]), name << " kind " << kind << ": NaN became " << y[0]);
      const float low = kind == SOTTO_TANH ? -1 : 0, high = kind == SOTTO_TANH ? 1 : 200;
      SOTTO_CHECK(std::abs(y[1] - low) < 1e-30f && y[2] == high && y[3] == low && y[4] == 0,
                  name << " kind " << kind << ": " << y[1] << " " << y[2] << " " << y[3] << " " << y[4]);
    }
  }
}

// A NaN in one row stays in it; other rows keep their bits.
SOTTO_TEST(nan_row_does_not_reach_other_rows) {
  constexpr int64_t kRowCount = 40;
  constexpr int64_t kChannels = 70;
  for (const std::string& name : backends()) {
    std::vector<std::vector<float>> results;
    for (const bool poisoned : {false, true}) {
      Backend backend(name, 2);
      Run run(backend.handle);
      std::vector<float> host = run.download(run.floats(kRowCount * kChannels), kRowCount * kChannels);
      if (poisoned) host[7 * kChannels + 5] = std::numeric_limits<float>::quiet_NaN();
      const float* x = run.upload(host);
      const float* weights = run.floats(kChannels * kChannels);
      const float* gamma = run.floats(kChannels);
      float* out = run.zeros(4 * kRowCount * kChannels);
      float* norm = out + kRowCount * kChannels;
      float* root = norm + kRowCount * kChannels;
      float* logits = root + kRowCount * kChannels;
      float* stats = run.zeros(2 * kRowCount);
      const float* ones = run.upload(std::vector<float>(kRowCount, 1.0f));
      run.ok(sotto_gemm(run.backend, {0, 0, kRowCount, kChannels, kChannels, 1, x, kChannels, weights, kChannels, 0,
                                      out, kChannels, nullptr}));
      run.ok(sotto_layer_norm_forward(run.backend,
                                      {kRowCount, kChannels, 1e-5f, x, gamma, gamma, norm, stats, stats + kRowCount}));
      run.ok(sotto_rms_norm_forward(run.backend,
                                    {kRowCount, 1, kChannels, 1e-5f, x, kChannels, gamma, root, kChannels, stats}));
      run.ok(sotto_add(run.backend, {kRowCount * kChannels, logits, x, logits}));
      run.ok(sotto_cross_entropy(
          run.backend, {kRowCount, kChannels, 0, logits, kChannels, run.ids(kRowCount, kChannels), ones, 1, stats}));
      results.push_back(run.download(out, 4 * kRowCount * kChannels));
    }
    for (int64_t i = 0; i < 4 * kRowCount * kChannels; i++) {
      const bool poisoned_row = i / kChannels % kRowCount == 7;
      SOTTO_CHECK(poisoned_row ? std::isnan(results[1][i]) : results[0][i] == results[1][i],
                  name << ": part " << i / kChannels / kRowCount << ", row " << i / kChannels % kRowCount
                       << ", channel " << i % kChannels << " is " << results[1][i]);
    }
  }
}

}  // namespace
}  // namespace sotto::test
