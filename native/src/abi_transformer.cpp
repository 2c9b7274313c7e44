// The C ABI of the transformer ops.
#include "abi_call.h"

using namespace sotto;  // NOLINT: this file is the bridge from C names to the namespace

namespace {

void check_heads(int64_t heads, int64_t kv_heads, int64_t head_dim) {
  check::range("heads", heads, 1, 1 << 20);
  check::range("kv_heads", kv_heads, 1, heads);
  check::range("head_dim", head_dim, 1, 1 << 16);
  if (heads % kv_heads != 0) {
    check::fail("heads is " + std::to_string(heads) + ", must be a multiple of kv_heads = " + std::to_string(kv_heads));
  }
}

void check_activation(sotto_activation kind) { check::range("kind", kind, SOTTO_GELU_TANH, SOTTO_SILU); }

void check_epsilon(float epsilon) { check::require(epsilon >= 0 && epsilon < 1, "epsilon must be in [0, 1)"); }

}  // namespace

extern "C" {

sotto_status sotto_embedding_forward(sotto_backend* backend, int64_t rows, int64_t channels, int64_t vocabulary,
                                     int64_t max_positions, const int32_t* ids, const int32_t* positions,
                                     const float* token_table, const float* position_table, float* out) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("out", rows, channels);
    check::product("token_table", vocabulary, channels);
    check::product("position_table", max_positions, channels);
    check::pointer("ids", ids, rows);
    check::pointer("token_table", token_table, elements);
    if (position_table != nullptr) check::pointer("positions", positions, rows);
    check::pointer("out", out, elements);
    available(backend->ops.embedding_forward)(*backend->device, rows, channels, vocabulary, max_positions, ids,
                                              positions, token_table, position_table, out);
  });
}

sotto_status sotto_embedding_backward(sotto_backend* backend, int64_t rows, int64_t channels, int64_t vocabulary,
                                      int64_t max_positions, const int32_t* ids, const int32_t* positions,
                                      const float* dout, float* token_gradient, float* position_gradient) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("dout", rows, channels);
    check::product("token_gradient", vocabulary, channels);
    check::product("position_gradient", max_positions, channels);
    if (token_gradient != nullptr) check::pointer("ids", ids, rows);
    if (position_gradient != nullptr) check::pointer("positions", positions, rows);
    check::pointer("dout", dout, elements);
    available(backend->ops.embedding_backward)(*backend->device, rows, channels, vocabulary, max_positions, ids,
                                               positions, dout, token_gradient, position_gradient);
  });
}

sotto_status sotto_layer_norm_forward(sotto_backend* backend, int64_t rows, int64_t channels, float epsilon,
                                      const float* x, const float* gamma, const float* beta, float* out, float* mean,
                                      float* rstd) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("x", rows, channels);
    check_epsilon(epsilon);
    check::pointer("x", x, elements);
    check::pointer("gamma", gamma, elements);
    check::pointer("beta", beta, elements);
    check::pointer("out", out, elements);
    check::pointer("mean", mean, elements);
    check::pointer("rstd", rstd, elements);
    available(backend->ops.layer_norm_forward)(*backend->device, rows, channels, epsilon, x, gamma, beta, out, mean,
                                               rstd);
  });
}

sotto_status sotto_layer_norm_backward(sotto_backend* backend, int64_t rows, int64_t channels, const float* dout,
                                       const float* x, const float* gamma, const float* mean, const float* rstd,
                                       float* dx, float* dgamma, float* dbeta) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("x", rows, channels);
    check::pointer("dout", dout, elements);
    check::pointer("x", x, elements);
    check::pointer("gamma", gamma, elements);
    check::pointer("mean", mean, elements);
    check::pointer("rstd", rstd, elements);
    check::pointer("dx", dx, elements);
    available(backend->ops.layer_norm_backward)(*backend->device, rows, channels, dout, x, gamma, mean, rstd, dx,
                                                dgamma, dbeta);
  });
}

sotto_status sotto_rms_norm_forward(sotto_backend* backend, int64_t rows, int64_t channels, float epsilon,
                                    const float* x, const float* gamma, float* out, float* rstd) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("x", rows, channels);
    check_epsilon(epsilon);
    check::pointer("x", x, elements);
    check::pointer("gamma", gamma, elements);
    check::pointer("out", out, elements);
    check::pointer("rstd", rstd, elements);
    available(backend->ops.rms_norm_forward)(*backend->device, rows, channels, epsilon, x, gamma, out, rstd);
  });
}

sotto_status sotto_rms_norm_backward(sotto_backend* backend, int64_t rows, int64_t channels, const float* dout,
                                     const float* x, const float* gamma, const float* rstd, float* dx, float* dgamma) {
  return guarded(__func__, backend, [&] {
    const int64_t elements = check::product("x", rows, channels);
    check::pointer("dout", dout, elements);
    check::pointer("x", x, elements);
    check::pointer("gamma", gamma, elements);
    check::pointer("rstd", rstd, elements);
    check::pointer("dx", dx, elements);
    available(backend->ops.rms_norm_backward)(*backend->device, rows, channels, dout, x, gamma, rstd, dx, dgamma);
  });
}

sotto_status sotto_rope(sotto_backend* backend, int64_t rows, int64_t heads, int64_t head_dim, int64_t max_positions,
                        int32_t inverse, const int32_t* positions, const float* cosine, const float* sine, float* x,
                        int64_t ldx) {
  return guarded(__func__, backend, [&] {
    check_heads(heads, heads, head_dim);
    check::require(head_dim % 2 == 0, "head_dim must be even");
    check::matrix("x", x, rows, heads * head_dim, ldx);
    check::product("cosine", max_positions, head_dim / 2);
    check::pointer("positions", positions, rows);
    check::pointer("cosine", cosine, rows);
    check::pointer("sine", sine, rows);
    available(backend->ops.rope)(*backend->device, rows, heads, head_dim, max_positions, inverse != 0, positions,
                                 cosine, sine, x, ldx);
  });
}

sotto_status sotto_attention_forward(sotto_backend* backend, int64_t sequences, const int32_t* query_start,
                                     const int32_t* key_start, int64_t rows, int64_t heads, int64_t kv_heads,
                                     int64_t head_dim, int32_t causal, int64_t window, float scale, const float* q,
                                     int64_t ldq, const float* k, const float* v, int64_t ldkv, float* out,
                                     int64_t ldout, float* log_sum_exp) {
  return guarded(__func__, backend, [&] {
    check_heads(heads, kv_heads, head_dim);
    check::range("sequences", sequences, 0, INT32_MAX - 1);
    check::range("rows", rows, 0, INT32_MAX);
    check::count("window", window);
    check::pointer("query_start", query_start, sequences);
    check::pointer("key_start", key_start, sequences);
    check::matrix("q", q, rows, heads * head_dim, ldq);
    check::matrix("k", k, rows > 0 ? 1 : 0, kv_heads * head_dim, ldkv);
    check::matrix("v", v, rows > 0 ? 1 : 0, kv_heads * head_dim, ldkv);
    check::matrix("out", out, rows, heads * head_dim, ldout);
    check::pointer("log_sum_exp", log_sum_exp, rows);
    available(backend->ops.attention_forward)(*backend->device, sequences, query_start, key_start, rows, heads,
                                              kv_heads, head_dim, causal != 0, window, scale, q, ldq, k, v, ldkv, out,
                                              ldout, log_sum_exp);
  });
}

sotto_status sotto_attention_backward(sotto_backend* backend, int64_t sequences, const int32_t* start, int64_t rows,
                                      int64_t heads, int64_t kv_heads, int64_t head_dim, int32_t causal, int64_t window,
                                      float scale, const float* q, int64_t ldq, const float* k, const float* v,
                                      int64_t ldkv, const float* out, const float* dout, int64_t ldout,
                                      const float* log_sum_exp, float* delta, float* dq, int64_t lddq, float* dk,
                                      float* dv, int64_t lddkv) {
  return guarded(__func__, backend, [&] {
    check_heads(heads, kv_heads, head_dim);
    check::range("sequences", sequences, 0, INT32_MAX - 1);
    check::range("rows", rows, 0, INT32_MAX);
    check::count("window", window);
    check::pointer("start", start, sequences);
    check::matrix("q", q, rows, heads * head_dim, ldq);
    check::matrix("k", k, rows, kv_heads * head_dim, ldkv);
    check::matrix("v", v, rows, kv_heads * head_dim, ldkv);
    check::matrix("out", out, rows, heads * head_dim, ldout);
    check::matrix("dout", dout, rows, heads * head_dim, ldout);
    check::pointer("log_sum_exp", log_sum_exp, rows);
    check::pointer("delta", delta, rows);
    check::matrix("dq", dq, rows, heads * head_dim, lddq);
    check::matrix("dk", dk, rows, kv_heads * head_dim, lddkv);
    check::matrix("dv", dv, rows, kv_heads * head_dim, lddkv);
    available(backend->ops.attention_backward)(*backend->device, sequences, start, rows, heads, kv_heads, head_dim,
                                               causal != 0, window, scale, q, ldq, k, v, ldkv, out, dout, ldout,
                                               log_sum_exp, delta, dq, lddq, dk, dv, lddkv);
  });
}

sotto_status sotto_activation_forward(sotto_backend* backend, sotto_activation kind, int64_t count, const float* x,
                                      float* out) {
  return guarded(__func__, backend, [&] {
    check_activation(kind);
    check::count("count", count);
    check::pointer("x", x, count);
    check::pointer("out", out, count);
    available(backend->ops.activation_forward)(*backend->device, kind, count, x, out);
  });
}

sotto_status sotto_activation_backward(sotto_backend* backend, sotto_activation kind, int64_t count, const float* x,
                                       const float* dout, float* dx) {
  return guarded(__func__, backend, [&] {
    check_activation(kind);
    check::count("count", count);
    check::pointer("x", x, count);
    check::pointer("dout", dout, count);
    check::pointer("dx", dx, count);
    available(backend->ops.activation_backward)(*backend->device, kind, count, x, dout, dx);
  });
}

sotto_status sotto_gated_activation_forward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                            const float* gate, const float* up, float* out) {
  return guarded(__func__, backend, [&] {
    check_activation(kind);
    check::count("count", count);
    check::pointer("gate", gate, count);
    check::pointer("up", up, count);
    check::pointer("out", out, count);
    available(backend->ops.gated_activation_forward)(*backend->device, kind, count, gate, up, out);
  });
}

sotto_status sotto_gated_activation_backward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                             const float* gate, const float* up, const float* dout, float* dgate,
                                             float* dup) {
  return guarded(__func__, backend, [&] {
    check_activation(kind);
    check::count("count", count);
    check::pointer("gate", gate, count);
    check::pointer("up", up, count);
    check::pointer("dout", dout, count);
    check::pointer("dgate", dgate, count);
    check::pointer("dup", dup, count);
    available(backend->ops.gated_activation_backward)(*backend->device, kind, count, gate, up, dout, dgate, dup);
  });
}

sotto_status sotto_cross_entropy(sotto_backend* backend, int64_t rows, int64_t vocabulary, float* logits, int64_t ld,
                                 const int32_t* targets, const float* row_weight, int32_t gradient, float* row_loss) {
  return guarded(__func__, backend, [&] {
    check::range("vocabulary", vocabulary, rows > 0 ? 1 : 0, INT32_MAX);
    check::matrix("logits", logits, rows, vocabulary, ld);
    check::pointer("targets", targets, rows);
    if (gradient != 0) check::pointer("row_weight", row_weight, rows);
    check::pointer("row_loss", row_loss, rows);
    available(backend->ops.cross_entropy)(*backend->device, rows, vocabulary, logits, ld, targets, row_weight,
                                          gradient != 0, row_loss);
  });
}

}  // extern "C"
