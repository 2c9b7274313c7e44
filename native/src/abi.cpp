// The C ABI: backends, memory and dense algebra. abi_transformer.cpp and abi_private_path.cpp hold the rest.
//
// Each function checks shapes and pointers, then makes one indirect call. Contents of device memory (ids, starts) are
// not readable here for every backend; the CPU kernels check those themselves.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "abi_call.h"

using namespace sotto;  // NOLINT: this file is the bridge from C names to the namespace

namespace {

thread_local char last_error[1024] = "";

void check_product_sizes(int64_t m, int64_t n, int64_t k) {
  check::range("m", m, 0, INT32_MAX);
  check::range("n", n, 0, INT32_MAX);
  check::range("k", k, 0, INT32_MAX);
}

void check_product(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const void* a, int64_t lda,
                   const void* b, int64_t ldb, const void* c, int64_t ldc) {
  check::matrix("a", a, trans_a ? k : m, trans_a ? m : k, lda);
  check::matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb);
  check::matrix("c", c, m, n, ldc);
  check::range("lda", lda, 0, INT32_MAX);
  check::range("ldb", ldb, 0, INT32_MAX);
  check::range("ldc", ldc, 0, INT32_MAX);
}

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

sotto_status sotto_backend_open(const char* name, int32_t threads, sotto_purpose purpose, const char* blas_library,
                                const char* cuda_library, sotto_backend** out) {
  sotto_backend unused;  // guarded wants a live backend; there is none yet
  return guarded(__func__, &unused, [&] {
    check::pointer("name", name);
    check::pointer("out", out);
    check::range("threads", threads, 0, 1024);
    check::range("purpose", purpose, SOTTO_PRIVATE, SOTTO_PUBLIC);
    *out = nullptr;
    *out = create_backend(name, threads, purpose, blas_library, cuda_library).release();
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

sotto_status sotto_timer_start(sotto_backend* backend) {
  return guarded(__func__, backend, [&] { backend->device->start_timer(); });
}

sotto_status sotto_timer_stop(sotto_backend* backend, double* seconds) {
  return guarded(__func__, backend, [&] {
    check::pointer("seconds", seconds);
    *seconds = backend->device->stop_timer();
  });
}

sotto_status sotto_backend_rehearse(sotto_backend* backend, int32_t on) {
  return guarded(__func__, backend, [&] {
    backend->device->rehearse(on != 0);
    std::swap(backend->ops, backend->rehearsal);
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
    check_product_sizes(m, n, k);
    if (m == 0 || n == 0) return;
    check_product(trans_a != 0, trans_b != 0, m, n, k, a, lda, b, ldb, c, ldc);
    available(backend->ops.gemm)(*backend->device, trans_a != 0, trans_b != 0, m, n, k, alpha, a, lda, b, ldb, beta, c,
                                 ldc, bias);
  });
}

sotto_status sotto_gemm_bf16(sotto_backend* backend, int32_t trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                             const float* a, int64_t lda, const uint16_t* b, int64_t ldb, float beta, float* c,
                             int64_t ldc, const float* bias) {
  return guarded(__func__, backend, [&] {
    check_product_sizes(m, n, k);
    if (m == 0 || n == 0) return;
    check_product(false, trans_b != 0, m, n, k, a, lda, b, ldb, c, ldc);
    available(backend->ops.gemm_bf16)(*backend->device, trans_b != 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
                                      bias);
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

}  // extern "C"
