// How the ops on rows keep units apart: products, norms, rotary embedding, attention, activations, losses.
#include <limits>

#include "units.h"

namespace sotto::test {
namespace {

// n, k and the form of a product: small enough for the built-in kernel alone, and large enough for a BLAS.
UnitOp product(int64_t n, int64_t k, bool trans_b, bool bf16) {
  const std::string name = "gemm" + std::string(bf16 ? "_bf16" : "") + text_of({n, k, trans_b});
  return {name, {bf16 ? "gemm_bf16" : "gemm"}, [=](UnitRun& run) {
            const int64_t lda = k + 4, ldb = (trans_b ? k : n) + 8, ldc = n + 4;
            const float* a = run.floats(lda);
            const float* b = run.weights((trans_b ? n : k) * ldb);
            std::vector<uint16_t> halves(static_cast<size_t>((trans_b ? n : k) * ldb));
            Random random(11);
            for (uint16_t& half : halves)
              half = static_cast<uint16_t>(0x3f00 + random.below(256) + random.below(2) * 0x8000);
            const uint16_t* narrow = run.upload(halves);
            const float* bias = run.weights(n);
            float* plain = run.zeros(run.rows() * n);
            float* c = run.floats(ldc);
            const auto multiply = [&](float beta, float* out, int64_t ld, const float* with) {
              run.ok(bf16 ? sotto_gemm_bf16(run.backend, {trans_b, run.rows(), n, k, 0.75f, a, lda, narrow, ldb, beta,
                                                          out, ld, with})
                          : sotto_gemm(run.backend,
                                       {0, trans_b, run.rows(), n, k, 0.75f, a, lda, b, ldb, beta, out, ld, with}));
            };
            multiply(0, plain, n, nullptr);
            multiply(0.5f, c, ldc, bias);
            run.rows_of(plain, n);
            run.rows_of(c, ldc);
          }};
}

const UnitOp kProducts[] = {product(33, 40, false, false),   product(65, 37, true, false),
                            product(33, 40, true, true),     product(65, 37, false, true),
                            product(300, 300, false, false), product(132, 520, true, false),
                            product(300, 300, true, true),   product(132, 520, false, true)};

const UnitOp kAdd{"add", {"add"}, [](UnitRun& run) {
                    float* x = run.floats(13);
                    run.ok(sotto_add(run.backend, {run.rows() * 13, x, run.floats(13), x}));
                    run.rows_of(x, 13);
                  }};

const UnitOp kConvert{"convert_to_f32", {"convert_to_f32"}, [](UnitRun& run) {
                        const std::vector<float> host = run.host_floats(13);
                        std::vector<uint16_t> halves;
                        for (const float x : host) {  // 0x7e00 is NaN in f16
                          halves.push_back(std::isnan(x) ? 0x7e00 : static_cast<uint16_t>(std::abs(x) * 30000));
                        }
                        float* out = run.zeros(run.rows() * 13);
                        for (const auto type : {SOTTO_F16, SOTTO_BF16}) {
                          run.ok(sotto_convert_to_f32(run.backend, {type, run.rows() * 13, halves.data(), out}));
                          run.rows_of(out, 13);
                        }
                        run.ok(sotto_convert_to_f32(run.backend, {SOTTO_F32, run.rows() * 13, host.data(), out}));
                        run.rows_of(out, 13);
                      }};

const UnitOp kCountNonfinite{"count_nonfinite", {"count_nonfinite"}, [](UnitRun& run) {
                               std::vector<float> host = run.host_floats(13);
                               for (float& x : host) x = x > 0.5f ? std::numeric_limits<float>::infinity() : x;
                               int64_t found = 0;
                               run.ok(sotto_count_nonfinite(run.backend, {run.rows() * 13, run.upload(host), &found}));
                               run.sum_of(static_cast<double>(found));
                             }};

const UnitOp kEmbedding{"embedding_forward", {"embedding_forward"}, [](UnitRun& run) {
                          constexpr int64_t kChannels = 37, kVocabulary = 11, kPositions = 9;
                          const float* tokens = run.weights(kVocabulary * kChannels);
                          const float* table = run.weights(kPositions * kChannels);
                          float* out = run.zeros(run.rows() * kChannels);
                          const int32_t* ids = run.ids(0, kVocabulary);
                          const int32_t* positions = run.ids(0, kPositions);
                          for (const float* places : {table, static_cast<const float*>(nullptr)}) {
                            run.ok(sotto_embedding_forward(run.backend, {run.rows(), kChannels, kVocabulary, kPositions,
                                                                         1.5f, ids, positions, tokens, places, out}));
                            run.rows_of(out, kChannels);
                          }
                        }};

// Gradients of gamma and beta are sums over all rows in f32; the private path does not ask for them.
UnitOp layer_norm(int64_t channels) {
  return {
      "layer_norm" + text_of({channels}), {"layer_norm_forward", "layer_norm_backward"}, [=](UnitRun& run) {
        const float* x = run.floats(channels, 2, 3);
        const float* gamma = run.weights(channels, 1, 1);
        const float* beta = run.weights(channels);
        const float* dout = run.floats(channels);
        float* out = run.zeros(run.rows() * channels);
        float* mean = run.zeros(run.rows());
        float* rstd = run.zeros(run.rows());
        float* dx = run.floats(channels);
        run.ok(sotto_layer_norm_forward(run.backend, {run.rows(), channels, 1e-5f, x, gamma, beta, out, mean, rstd}));
        run.ok(sotto_layer_norm_backward(run.backend,
                                         {run.rows(), channels, dout, x, gamma, mean, rstd, dx, nullptr, nullptr}));
        run.rows_of(out, channels);
        run.rows_of(mean, 1);
        run.rows_of(rstd, 1);
        run.rows_of(dx, channels);
      }};
}

UnitOp rms_norm(int64_t heads, int64_t channels) {
  return {
      "rms_norm" + text_of({heads, channels}), {"rms_norm_forward", "rms_norm_backward"}, [=](UnitRun& run) {
        const int64_t ld = heads * channels + (heads > 1 ? 5 : 0);
        const float* x = run.floats(ld, 2, 1);
        const float* gamma = run.weights(channels, 1, 1);
        const float* dout = run.floats(ld);
        float* out = run.zeros(run.rows() * ld);
        float* rstd = run.zeros(run.rows() * heads);
        float* dx = run.floats(ld);
        run.ok(sotto_rms_norm_forward(run.backend, {run.rows(), heads, channels, 1e-5f, x, ld, gamma, out, ld, rstd}));
        run.ok(sotto_rms_norm_backward(run.backend,
                                       {run.rows(), heads, channels, dout, ld, x, ld, gamma, rstd, dx, ld, nullptr}));
        run.rows_of(out, ld);
        run.rows_of(rstd, heads);
        run.rows_of(dx, ld);
      }};
}

const UnitOp kNorms[] = {layer_norm(33), layer_norm(257), rms_norm(1, 33), rms_norm(1, 257), rms_norm(3, 20)};

const UnitOp kRope{"rope", {"rope"}, [](UnitRun& run) {
                     constexpr int64_t kHeads = 3, kDim = 22, kStride = 27, kPositions = 17, kLd = kHeads * kStride + 3;
                     const float* cosine = run.weights(kPositions * kDim / 2);
                     const float* sine = run.weights(kPositions * kDim / 2);
                     const int32_t* positions = run.ids(0, kPositions);
                     float* x = run.floats(kLd);
                     for (const int32_t inverse : {0, 1}) {
                       run.ok(sotto_rope(run.backend, {run.rows(), kHeads, kDim, kStride, kPositions, inverse,
                                                       positions, cosine, sine, x, kLd}));
                       run.rows_of(x, kLd);
                     }
                   }};

// A sequence a unit: causal, with a window, seeing all, and with heads apart whose scores have a cap.
UnitOp attention(bool causal, int64_t window, int64_t gap = 0) {
  return {"attention" + text_of({causal, window, gap}), {"attention_forward", "attention_backward"}, [=](UnitRun& run) {
            constexpr int64_t kHeads = 4, kKvHeads = 2, kDim = 19, kOut = kHeads * kDim;
            const int64_t stride = kDim + gap, kQ = kHeads * stride, kKv = kKvHeads * stride;
            const sotto_attention_shape shape{kHeads, kKvHeads, kDim, stride, causal, window, 0.3f, gap > 0 ? 1.5f : 0};
            const float* q = run.floats(kQ);
            const float* k = run.floats(kKv);
            const float* v = run.floats(kKv);
            const float* dout = run.floats(kOut);
            float* out = run.zeros(run.rows() * kOut);
            float* lse = run.zeros(kHeads * run.rows());
            float* delta = run.zeros(kHeads * run.rows());
            float* dq = run.zeros(run.rows() * kQ);
            float* dk = run.zeros(run.rows() * kKv);
            float* dv = run.zeros(run.rows() * kKv);
            run.ok(sotto_attention_forward(run.backend, {run.units(), run.starts(), run.starts(), run.rows(), shape, q,
                                                         kQ, k, v, kKv, out, kOut, lse}));
            run.ok(sotto_attention_backward(run.backend, {run.units(), run.starts(), run.rows(), shape, q, kQ, k, v,
                                                          kKv, out, dout, kOut, lse, delta, dq, kQ, dk, dv, kKv}));
            run.rows_of(out, kOut);
            run.rows_of(lse, 1, kHeads);
            run.rows_of(dq, kQ);
            run.rows_of(dk, kKv);
            run.rows_of(dv, kKv);
          }};
}

const UnitOp kAttention[] = {attention(true, 0), attention(true, 7), attention(false, 0), attention(true, 7, 38)};

UnitOp activation(sotto_activation kind) {
  return {"activation" + text_of({kind}),
          {"activation_forward", "activation_backward", "gated_activation_forward", "gated_activation_backward"},
          [=](UnitRun& run) {
            constexpr int64_t kWidth = 13;  // so that rows begin anywhere in a vector
            const int64_t count = run.rows() * kWidth;
            const float* x = run.floats(kWidth, 6);
            const float* up = run.floats(kWidth);
            const float* dout = run.floats(kWidth);
            float* out = run.zeros(count);
            float* dx = run.zeros(count);
            float* gated = run.zeros(count);
            float* dgate = run.zeros(count);
            float* dup = run.zeros(count);
            run.ok(sotto_activation_forward(run.backend, {kind, count, x, out}));
            run.ok(sotto_activation_backward(run.backend, {kind, count, x, dout, dx}));
            run.ok(sotto_gated_activation_forward(run.backend, {kind, run.rows(), kWidth, x, up, kWidth, gated}));
            run.ok(sotto_gated_activation_backward(
                run.backend, {kind, run.rows(), kWidth, x, up, kWidth, dout, dgate, dup, kWidth}));
            for (const float* result : {out, dx, gated, dgate, dup}) run.rows_of(result, kWidth);
            // Gate and up side by side in a row.
            constexpr int64_t kLd = 2 * kWidth + 3;
            const float* both = run.floats(kLd, 6);
            float* dboth = run.zeros(run.rows() * kLd);
            run.ok(sotto_gated_activation_forward(run.backend,
                                                  {kind, run.rows(), kWidth, both, both + kWidth, kLd, gated}));
            run.ok(sotto_gated_activation_backward(
                run.backend, {kind, run.rows(), kWidth, both, both + kWidth, kLd, dout, dboth, dboth + kWidth, kLd}));
            run.rows_of(gated, kWidth);
            run.rows_of(dboth, kLd);
          }};
}

const UnitOp kActivations[] = {activation(SOTTO_GELU_TANH), activation(SOTTO_GELU_ERF), activation(SOTTO_SILU),
                               activation(SOTTO_RELU), activation(SOTTO_TANH)};

// The row losses are what a unit's mean loss, a released statistic, is made of.
UnitOp cross_entropy(int64_t vocabulary, bool gradient, int64_t cap = 0) {
  return {"cross_entropy" + text_of({vocabulary, gradient, cap}), {"cross_entropy"}, [=](UnitRun& run) {
            const int64_t ld = vocabulary + 3;
            float* logits = run.floats(ld, 20);
            const int32_t* targets = run.ids(-vocabulary / 2, vocabulary);
            const float* weight = run.floats(1);
            float* loss = run.zeros(run.rows());
            run.ok(sotto_cross_entropy(run.backend, {run.rows(), vocabulary, static_cast<float>(cap), logits, ld,
                                                     targets, weight, gradient, loss}));
            run.rows_of(loss, 1);
            run.rows_of(logits, ld);
          }};
}

const UnitOp kLosses[] = {cross_entropy(37, true), cross_entropy(1100, true), cross_entropy(1100, false),
                          cross_entropy(37, true, 9), cross_entropy(1100, false, 9)};

const UnitOp kSquaredError{
    "squared_error", {"squared_error"}, [](UnitRun& run) {
      constexpr int64_t kLd = 3;
      float* logits = run.floats(kLd, 2);
      const float* targets = run.floats(1);
      const float* weight = run.floats(1);
      float* loss = run.zeros(run.rows());
      for (const int32_t gradient : {0, 1}) {
        run.ok(sotto_squared_error(run.backend, {run.rows(), logits, kLd, targets, weight, gradient, loss}));
        run.rows_of(loss, 1);
        run.rows_of(logits, kLd);
      }
    }};

// A sequence a unit.
UnitOp pool(sotto_pooling kind) {
  return {"pool" + text_of({kind}), {"pool_forward", "pool_backward"}, [=](UnitRun& run) {
            constexpr int64_t kChannels = 37;
            const float* x = run.floats(kChannels);
            float* out = run.zeros(run.units() * kChannels);
            float* dx = run.floats(kChannels);
            run.ok(sotto_pool_forward(run.backend, {kind, run.units(), run.rows(), kChannels, run.starts(), x, out}));
            run.ok(sotto_pool_backward(run.backend, {kind, run.units(), run.rows(), kChannels, run.starts(), out, dx}));
            run.units_of(out, kChannels);
            run.rows_of(dx, kChannels);
          }};
}

const UnitOp kPools[] = {pool(SOTTO_POOL_MEAN), pool(SOTTO_POOL_FIRST), pool(SOTTO_POOL_LAST)};

const MeetsNoUnit kSums[] = {
    {"column_sum", "adds up rows of all units in f32: gradients of biases, which only training on public data learns"},
    {"embedding_backward", "adds up rows of all units in f32: gradients of tables that only public training learns"},
    {"squared_norm", "the norm of a vector whole: of released gradients, weights and what is public"}};

}  // namespace
}  // namespace sotto::test
