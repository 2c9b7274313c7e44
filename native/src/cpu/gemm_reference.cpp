// The definition of GEMM.
#include "../common/bf16.h"
#include "kernels.h"

namespace sotto::reference {

namespace {

// A factor of a product with b: as it is for f32 weights, rounded to bf16 for weights in bf16.
double factor(float a, float) { return a; }
double factor(float a, uint16_t) { return widened(narrowed(a)); }

template <typename B>
void product(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
             const B* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      double total = 0;
      for (int64_t l = 0; l < k; l++) {
        const B y = trans_b ? b[j * ldb + l] : b[l * ldb + j];
        total += factor(trans_a ? a[l * lda + i] : a[i * lda + l], y) * widened(y);
      }
      total *= alpha;
      if (beta != 0) total += static_cast<double>(beta) * c[i * ldc + j];
      if (bias != nullptr) total += bias[j];
      c[i * ldc + j] = static_cast<float>(total);
    }
  }
}

}  // namespace

void gemm(Device&, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  product(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias);
}

void gemm_bf16(Device&, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
               const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  product(false, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias);
}

}  // namespace sotto::reference
