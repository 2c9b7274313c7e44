// The C ABI: backends, memory, dense algebra and transformer ops. abi_private_path.cpp holds LoRA and what follows it.
//
// Each function checks shapes and pointers, then makes one indirect call. Contents of device memory (ids, starts) are
// not readable here for every backend; the CPU kernels check those themselves.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "abi_call.h"

using namespace sotto;  // NOLINT: this file is the bridge from C names to the namespace

namespace {

thread_local char last_error[1024] = "";

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

namespace sotto {

sotto_status report(sotto_status status, const char* function, const char* message) noexcept {
  std::snprintf(last_error, sizeof(last_error), "%s: %s", function, message);
  // One line: a message of a foreign library may hold line breaks.
  for (char* c = last_error; *c != 0; c++) {
    if (*c == '\n' || *c == '\r') *c = ' ';
  }
  return status;
}

void clear_last_error() noexcept { last_error[0] = 0; }

}  // namespace sotto

extern "C" {

const char* sotto_last_error(void) { return last_error; }

sotto_status sotto_backend_create(const char* name, int32_t threads, const char* blas_library, const char* cuda_library,
                                  sotto_backend** out) {
  sotto_backend unused;  // guarded wants a live backend; there is none yet
  return guarded(__func__, &unused, [&] {
    check::pointer("name", name);
    check::pointer("out", out);
    check::range("threads", threads, 0, 1024);
    *out = nullptr;
    *out = create_backend(name, threads, blas_library, cuda_library).release();
  });
}

void sotto_backend_destroy(sotto_backend* backend) { delete backend; }

sotto_status sotto_backend_describe(sotto_backend* backend, char* text, int64_t capacity) {
  return guarded(__func__, backend, [&] {
    check::pointer("text", text);
    check::range("capacity", capacity, 1, check::kMaxCount);
    const std::string line = backend->device->describe();
    const size_t length = std::min<size_t>(line.size(), static_cast<size_t>(capacity) - 1);
    std::memcpy(text, line.data(), length);
    text[length] = 0;
  });
}

sotto_status sotto_alloc(sotto_backend* backend, int64_t bytes, void** out) {
  return guarded(__func__, backend, [&] {
    check::pointer("out", out);
    *out = nullptr;
    check::count("bytes", bytes);
    *out = backend->device->allocate(bytes);
  });
}

sotto_status sotto_free(sotto_backend* backend, void* memory) {
  return guarded(__func__, backend, [&] { backend->device->release(memory); });
}

sotto_status sotto_upload(sotto_backend* backend, void* device, const void* host, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    check::pointer("host", host, bytes);
    if (bytes > 0) backend->device->upload(device, host, bytes);
  });
}

sotto_status sotto_download(sotto_backend* backend, void* host, const void* device, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    check::pointer("host", host, bytes);
    if (bytes > 0) backend->device->download(host, device, bytes);
  });
}

sotto_status sotto_zero(sotto_backend* backend, void* device, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    if (bytes > 0) backend->device->zero(device, bytes);
  });
}

sotto_status sotto_convert_to_f32(sotto_backend* backend, sotto_dtype dtype, int64_t count, const void* source,
                                  float* out) {
  return guarded(__func__, backend, [&] {
    check::range("dtype", dtype, SOTTO_F32, SOTTO_BF16);
    check::count("count", count);
    check::pointer("source", source, count);
    check::pointer("out", out, count);
    available(backend->ops.convert_to_f32)(*backend->device, dtype, count, source, out);
  });
}

sotto_status sotto_memory_stats(sotto_backend* backend, int64_t* allocations, int64_t* live_bytes) {
  return guarded(__func__, backend, [&] {
    check::pointer("allocations", allocations);
    check::pointer("live_bytes", live_bytes);
    *allocations = backend->device->allocations;
    *live_bytes = backend->device->live_bytes;
  });
}

sotto_status sotto_count_nonfinite(sotto_backend* backend, int64_t count, const float* x, int64_t* out) {
  return guarded(__func__, backend, [&] {
    check::count("count", count);
    check::pointer("x", x, count);
    check::pointer("out", out);
    *out = available(backend->ops.count_nonfinite)(*backend->device, count, x);
  });
}

sotto_status sotto_gemm(sotto_backend* backend, int32_t trans_a, int32_t trans_b, int64_t m, int64_t n, int64_t k,
                        float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                        int64_t ldc, const float* bias) {
  return guarded(__func__, backend, [&] {
    check::range("m", m, 0, INT32_MAX);
    check::range("n", n, 0, INT32_MAX);
    check::range("k", k, 0, INT32_MAX);
    if (m == 0 || n == 0) return;
    check::matrix("a", a, trans_a ? k : m, trans_a ? m : k, lda);
    check::matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb);
    check::matrix("c", c, m, n, ldc);
    check::range("lda", lda, 0, INT32_MAX);
    check::range("ldb", ldb, 0, INT32_MAX);
    check::range("ldc", ldc, 0, INT32_MAX);
    available(backend->ops.gemm)(*backend->device, trans_a != 0, trans_b != 0, m, n, k, alpha, a, lda, b, ldb, beta, c,
                                 ldc, bias);
  });
}

sotto_status sotto_add(sotto_backend* backend, int64_t count, const float* a, const float* b, float* out) {
  return guarded(__func__, backend, [&] {
    check::count("count", count);
    check::pointer("a", a, count);
    check::pointer("b", b, count);
    check::pointer("out", out, count);
    available(backend->ops.add)(*backend->device, count, a, b, out);
  });
}

sotto_status sotto_column_sum(sotto_backend* backend, int64_t rows, int64_t channels, const float* x, int64_t ldx,
                              float* sum) {
  return guarded(__func__, backend, [&] {
    check::matrix("x", x, rows, channels, ldx);
    check::pointer("sum", sum, channels);
    available(backend->ops.column_sum)(*backend->device, rows, channels, x, ldx, sum);
  });
}

sotto_status sotto_squared_norm(sotto_backend* backend, int64_t count, const float* x, double* out) {
  return guarded(__func__, backend, [&] {
    check::count("count", count);
    check::pointer("x", x, count);
    check::pointer("out", out);
    available(backend->ops.squared_norm)(*backend->device, count, x, out);
  });
}

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
