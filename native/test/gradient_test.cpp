// Every backward op of the reference backend against central differences of its own forward op. The tuned backends are
// held to the reference by the op contracts.
#include "contract.h"

namespace sotto::test {
namespace {

// A forward op as a function of one input (the others fixed), weighed by dout into a scalar; computed on the reference
// backend in f32, so steps are large and tolerances wide, as these functions are smooth.
using Forward = std::function<std::vector<float>(Run&, const std::vector<float>&)>;

void check(const std::string& what, const std::vector<float>& x, const std::vector<float>& gradient,
           const std::vector<float>& dout, const Forward& forward, double step = 1e-2) {
  Backend backend("cpu-reference");
  check_gradient(
      what, x, gradient,
      [&](const std::vector<float>& changed) {
        Run run(backend.handle);
        const std::vector<float> out = forward(run, changed);
        double total = 0;
        for (size_t i = 0; i < out.size(); i++) total += static_cast<double>(out[i]) * dout[i];
        return total;
      },
      step);
}

struct Inputs {
  explicit Inputs(uint64_t seed = 7) : random(seed) {}
  std::vector<float> make(int64_t count, float scale = 1, float shift = 0) {
    std::vector<float> host(count);
    for (float& value : host) value = static_cast<float>(shift + scale * (2 * random.uniform() - 1));
    return host;
  }
  Random random;
};

SOTTO_TEST(layer_norm_gradient) {
  constexpr int64_t kRows = 3, kChannels = 7;
  Inputs in;
  const auto x = in.make(kRows * kChannels, 2), gamma = in.make(kChannels), beta = in.make(kChannels);
  const auto dout = in.make(kRows * kChannels);
  Backend backend("cpu-reference");
  Run run(backend.handle);
  const auto forward = [&](Run& r, const std::vector<float>& xs, const std::vector<float>& g,
                           const std::vector<float>& b, float* mean, float* rstd) {
    float* out = r.zeros(kRows * kChannels);
    r.ok(sotto_layer_norm_forward(r.backend,
                                  {kRows, kChannels, 1e-5f, r.upload(xs), r.upload(g), r.upload(b), out, mean, rstd}));
    return r.download(out, kRows * kChannels);
  };
  float* mean = run.zeros(kRows);
  float* rstd = run.zeros(kRows);
  forward(run, x, gamma, beta, mean, rstd);
  float* dx = run.zeros(kRows * kChannels);
  float* dgamma = run.zeros(kChannels);
  float* dbeta = run.zeros(kChannels);
  run.ok(sotto_layer_norm_backward(run.backend, {kRows, kChannels, run.upload(dout), run.upload(x), run.upload(gamma),
                                                 mean, rstd, dx, dgamma, dbeta}));
  check("dx", x, run.download(dx, kRows * kChannels), dout, [&](Run& r, const std::vector<float>& v) {
    return forward(r, v, gamma, beta, r.zeros(kRows), r.zeros(kRows));
  });
  check("dgamma", gamma, run.download(dgamma, kChannels), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, x, v, beta, r.zeros(kRows), r.zeros(kRows)); });
  check("dbeta", beta, run.download(dbeta, kChannels), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, x, gamma, v, r.zeros(kRows), r.zeros(kRows)); });
}

// Two heads in a row of 17 floats; heads = 1 is the norm of a row.
SOTTO_TEST(rms_norm_gradient) {
  constexpr int64_t kRows = 3, kHeads = 2, kChannels = 7, kLd = 17, kSize = kRows * kLd;
  Inputs in;
  const auto x = in.make(kSize, 2), gamma = in.make(kChannels), dout = in.make(kSize);
  Backend backend("cpu-reference");
  Run run(backend.handle);
  const auto forward = [&](Run& r, const std::vector<float>& xs, const std::vector<float>& g, float* rstd) {
    float* out = r.zeros(kSize);
    r.ok(sotto_rms_norm_forward(r.backend,
                                {kRows, kHeads, kChannels, 1e-5f, r.upload(xs), kLd, r.upload(g), out, kLd, rstd}));
    return r.download(out, kSize);
  };
  float* rstd = run.zeros(kRows * kHeads);
  forward(run, x, gamma, rstd);
  float* dx = run.zeros(kSize);
  float* dgamma = run.zeros(kChannels);
  run.ok(sotto_rms_norm_backward(run.backend, {kRows, kHeads, kChannels, run.upload(dout), kLd, run.upload(x), kLd,
                                               run.upload(gamma), rstd, dx, kLd, dgamma}));
  check("dx", x, run.download(dx, kSize), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, v, gamma, r.zeros(kRows * kHeads)); });
  check("dgamma", gamma, run.download(dgamma, kChannels), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, x, v, r.zeros(kRows * kHeads)); });
}

// gate and up side by side in rows, as their gradients are.
SOTTO_TEST(activation_gradient) {
  for (const auto kind : {SOTTO_GELU_TANH, SOTTO_GELU_ERF, SOTTO_SILU, SOTTO_RELU, SOTTO_TANH}) {
    constexpr int64_t kRows = 5, kChannels = 6, kCount = kRows * kChannels, kLd = 2 * kChannels + 1;
    Inputs in;
    auto x = in.make(kCount, 4), both = in.make(kRows * kLd, 4);
    const auto dout = in.make(kCount);
    if (kind == SOTTO_RELU) {  // away from its corner, which a difference would cut
      for (std::vector<float>* values : {&x, &both}) {
        for (float& value : *values) value += value > 0 ? 0.1f : -0.1f;
      }
    }
    Backend backend("cpu-reference");
    Run run(backend.handle);
    float* dx = run.zeros(kCount);
    run.ok(sotto_activation_backward(run.backend, {kind, kCount, run.upload(x), run.upload(dout), dx}));
    const std::string name = "kind " + std::to_string(kind);
    check(name + " dx", x, run.download(dx, kCount), dout, [&](Run& r, const std::vector<float>& v) {
      float* out = r.zeros(kCount);
      r.ok(sotto_activation_forward(r.backend, {kind, kCount, r.upload(v), out}));
      return r.download(out, kCount);
    });
    const float* gate = run.upload(both);
    float* dgate = run.zeros(kRows * kLd);
    run.ok(sotto_gated_activation_backward(run.backend, {kind, kRows, kChannels, gate, gate + kChannels, kLd,
                                                         run.upload(dout), dgate, dgate + kChannels, kLd}));
    check(name + " gated", both, run.download(dgate, kRows * kLd), dout, [&](Run& r, const std::vector<float>& v) {
      const float* row = r.upload(v);
      float* out = r.zeros(kCount);
      r.ok(sotto_gated_activation_forward(r.backend, {kind, kRows, kChannels, row, row + kChannels, kLd, out}));
      return r.download(out, kCount);
    });
  }
}

// Of eight channels of a head six turn.
SOTTO_TEST(rope_inverse_is_the_gradient) {
  constexpr int64_t kRows = 3, kHeads = 2, kTurning = 6, kStride = 8, kLimit = 5, kSize = kRows * kHeads * kStride;
  Inputs in;
  const auto x = in.make(kSize), dout = in.make(kSize);
  std::vector<float> cosine, sine;
  for (const float angle : in.make(kLimit * kTurning / 2, 3)) {
    cosine.push_back(std::cos(angle));
    sine.push_back(std::sin(angle));
  }
  const auto rope = [&](Run& r, const std::vector<float>& v, int32_t inverse) {
    float* values = r.upload(v);
    r.ok(sotto_rope(r.backend,
                    {kRows, kHeads, kTurning, kStride, kLimit, inverse, r.upload(std::vector<int32_t>{4, 0, 2}),
                     r.upload(cosine), r.upload(sine), values, kHeads * kStride}));
    return r.download(values, kSize);
  };
  Backend backend("cpu-reference");
  Run run(backend.handle);
  check("dx", x, rope(run, dout, 1), dout, [&](Run& r, const std::vector<float>& v) { return rope(r, v, 0); });
}

SOTTO_TEST(embedding_gradient) {
  constexpr int64_t kRows = 6, kChannels = 3, kVocabulary = 4, kPositions = 5;
  Inputs in;
  const auto tokens = in.make(kVocabulary * kChannels), places = in.make(kPositions * kChannels);
  const auto dout = in.make(kRows * kChannels);
  const std::vector<int32_t> ids{0, 3, 3, 1, 0, 3}, positions{0, 1, 2, 0, 1, 4};
  const auto forward = [&](Run& r, const std::vector<float>& t, const std::vector<float>& p) {
    float* out = r.zeros(kRows * kChannels);
    r.ok(sotto_embedding_forward(r.backend, {kRows, kChannels, kVocabulary, kPositions, 2.5f, r.upload(ids),
                                             r.upload(positions), r.upload(t), r.upload(p), out}));
    return r.download(out, kRows * kChannels);
  };
  Backend backend("cpu-reference");
  Run run(backend.handle);
  float* dtokens = run.zeros(kVocabulary * kChannels);
  float* dplaces = run.zeros(kPositions * kChannels);
  run.ok(sotto_embedding_backward(run.backend, {kRows, kChannels, kVocabulary, kPositions, 2.5f, run.upload(ids),
                                                run.upload(positions), run.upload(dout), dtokens, dplaces}));
  check("tokens", tokens, run.download(dtokens, kVocabulary * kChannels), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, v, places); });
  check("positions", places, run.download(dplaces, kPositions * kChannels), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, tokens, v); });
}

void check_cross_entropy(float cap) {
  constexpr int64_t kRows = 4, kVocabulary = 6;
  Inputs in;
  const auto logits = in.make(kRows * kVocabulary, 2), weight = in.make(kRows);
  const std::vector<int32_t> targets{2, -1, 0, 5};
  Backend backend("cpu-reference");
  Run run(backend.handle);
  float* gradient = run.upload(logits);
  run.ok(sotto_cross_entropy(run.backend, {kRows, kVocabulary, cap, gradient, kVocabulary, run.upload(targets),
                                           run.upload(weight), 1, run.zeros(kRows)}));
  check("logits", logits, run.download(gradient, kRows * kVocabulary), weight,
        [&](Run& r, const std::vector<float>& v) {
          float* loss = r.zeros(kRows);
          r.ok(sotto_cross_entropy(
              r.backend, {kRows, kVocabulary, cap, r.upload(v), kVocabulary, r.upload(targets), nullptr, 0, loss}));
          return r.download(loss, kRows);
        });
}

SOTTO_TEST(cross_entropy_gradient) { check_cross_entropy(0); }
SOTTO_TEST(capped_cross_entropy_gradient) { check_cross_entropy(1.5f); }

// Logits three floats apart, of which the first is the row's.
SOTTO_TEST(squared_error_gradient) {
  constexpr int64_t kRows = 5, kLd = 3;
  Inputs in;
  const auto logits = in.make(kRows * kLd, 2), targets = in.make(kRows, 2), weight = in.make(kRows);
  Backend backend("cpu-reference");
  Run run(backend.handle);
  float* values = run.upload(logits);
  run.ok(sotto_squared_error(run.backend,
                             {kRows, values, kLd, run.upload(targets), run.upload(weight), 1, run.zeros(kRows)}));
  std::vector<float> gradient = run.download(values, kRows * kLd);
  for (size_t i = 0; i < gradient.size(); i++) {
    if (i % kLd == 0) continue;
    SOTTO_CHECK(gradient[i] == logits[i], "a float beside the logit became " << gradient[i]);
    gradient[i] = 0;
  }
  check("logits", logits, gradient, weight, [&](Run& r, const std::vector<float>& v) {
    float* loss = r.zeros(kRows);
    r.ok(sotto_squared_error(r.backend, {kRows, r.upload(v), kLd, r.upload(targets), nullptr, 0, loss}));
    return r.download(loss, kRows);
  });
}

SOTTO_TEST(pool_gradient) {
  constexpr int64_t kRows = 9, kChannels = 3, kSequences = 4;
  const std::vector<int64_t> lengths{5, 0, 1, 3};
  Inputs in;
  const auto x = in.make(kRows * kChannels), dout = in.make(kSequences * kChannels);
  for (const auto kind : {SOTTO_POOL_MEAN, SOTTO_POOL_FIRST, SOTTO_POOL_LAST}) {
    Backend backend("cpu-reference");
    Run run(backend.handle);
    float* dx = run.floats(kRows * kChannels);
    run.ok(sotto_pool_backward(run.backend,
                               {kind, kSequences, kRows, kChannels, run.starts(lengths), run.upload(dout), dx}));
    check("kind " + std::to_string(kind), x, run.download(dx, kRows * kChannels), dout,
          [&](Run& r, const std::vector<float>& v) {
            float* out = r.floats(kSequences * kChannels);
            r.ok(sotto_pool_forward(r.backend,
                                    {kind, kSequences, kRows, kChannels, r.starts(lengths), r.upload(v), out}));
            return r.download(out, kSequences * kChannels);
          });
  }
}

// Column sum is the gradient of a broadcast bias: the GEMM's bias argument is its forward.
SOTTO_TEST(bias_and_gemm_gradient) {
  constexpr int64_t kM = 3, kN = 4, kK = 5;
  Inputs in;
  const auto a = in.make(kM * kK), b = in.make(kK * kN), bias = in.make(kN), dout = in.make(kM * kN);
  const auto forward = [&](Run& r, const std::vector<float>& x, const std::vector<float>& w,
                           const std::vector<float>& z) {
    float* c = r.zeros(kM * kN);
    r.ok(sotto_gemm(r.backend, {0, 0, kM, kN, kK, 1, r.upload(x), kK, r.upload(w), kN, 0, c, kN, r.upload(z)}));
    return r.download(c, kM * kN);
  };
  Backend backend("cpu-reference");
  Run run(backend.handle);
  const float* dc = run.upload(dout);
  float* da = run.zeros(kM * kK);
  float* db = run.zeros(kK * kN);
  float* dbias = run.zeros(kN);
  run.ok(sotto_gemm(run.backend, {0, 1, kM, kK, kN, 1, dc, kN, run.upload(b), kN, 0, da, kK, nullptr}));
  run.ok(sotto_gemm(run.backend, {1, 0, kK, kN, kM, 1, run.upload(a), kK, dc, kN, 0, db, kN, nullptr}));
  run.ok(sotto_column_sum(run.backend, {kM, kN, dc, kN, dbias}));
  check("da", a, run.download(da, kM * kK), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, v, b, bias); });
  check("db", b, run.download(db, kK * kN), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, a, v, bias); });
  check("dbias", bias, run.download(dbias, kN), dout,
        [&](Run& r, const std::vector<float>& v) { return forward(r, a, b, v); });
}

// Heads stand 5 floats apart, of which 3 are theirs.
SOTTO_TEST(attention_gradient) {
  struct Case {
    int32_t causal;
    int64_t window;
    float cap;
  };
  for (const Case& c : {Case{1, 0, 0}, Case{0, 0, 0}, Case{1, 3, 0}, Case{0, 2, 0}, Case{1, 0, 0.8f}, Case{0, 2, 2}}) {
    constexpr int64_t kRows = 9, kHeads = 4, kKvHeads = 2, kDim = 3, kStride = 5, kWidth = kHeads * kDim;
    constexpr int64_t kQ = kHeads * kStride, kKv = kKvHeads * kStride;
    const sotto_attention_shape shape{kHeads, kKvHeads, kDim, kStride, c.causal, c.window, 0.6f, c.cap};
    const std::vector<int64_t> lengths{5, 0, 1, 3};
    Inputs in;
    const auto q = in.make(kRows * kQ, 1.5f), k = in.make(kRows * kKv, 1.5f), v = in.make(kRows * kKv);
    const auto dout = in.make(kRows * kWidth);
    const auto forward = [&](Run& r, const std::vector<float>& qs, const std::vector<float>& ks,
                             const std::vector<float>& vs, float* out, float* lse) {
      const int32_t* start = r.starts(lengths);
      r.ok(sotto_attention_forward(r.backend, {4, start, start, kRows, shape, r.upload(qs), kQ, r.upload(ks),
                                               r.upload(vs), kKv, out, kWidth, lse}));
      return r.download(out, kRows * kWidth);
    };
    Backend backend("cpu-reference");
    Run run(backend.handle);
    float* out = run.zeros(kRows * kWidth);
    float* lse = run.zeros(kRows * kHeads);
    forward(run, q, k, v, out, lse);
    float* dq = run.zeros(kRows * kQ);
    float* dk = run.zeros(kRows * kKv);
    float* dv = run.zeros(kRows * kKv);
    run.ok(sotto_attention_backward(
        run.backend, {4, run.starts(lengths), kRows, shape, run.upload(q), kQ, run.upload(k), run.upload(v), kKv, out,
                      run.upload(dout), kWidth, lse, run.zeros(kRows * kHeads), dq, kQ, dk, dv, kKv}));
    const std::string name =
        "causal " + std::to_string(c.causal) + " window " + std::to_string(c.window) + " cap " + std::to_string(c.cap);
    const auto again = [&](Run& r, const std::vector<float>& a, const std::vector<float>& b,
                           const std::vector<float>& d) {
      return forward(r, a, b, d, r.zeros(kRows * kWidth), r.zeros(kRows * kHeads));
    };
    check(name + " dq", q, run.download(dq, kRows * kQ), dout,
          [&](Run& r, const std::vector<float>& x) { return again(r, x, k, v); });
    check(name + " dk", k, run.download(dk, kRows * kKv), dout,
          [&](Run& r, const std::vector<float>& x) { return again(r, q, x, v); });
    check(name + " dv", v, run.download(dv, kRows * kKv), dout,
          [&](Run& r, const std::vector<float>& x) { return again(r, q, k, x); });
  }
}

}  // namespace
}  // namespace sotto::test
