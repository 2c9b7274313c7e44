// The definition of GEMM.
#include "../common/bf16.h"
#include "kernels.h"

namespace sotto {

namespace {

// Sizes first: a product without rows or columns has no pointers to look at.
template <typename Request>
void check_product(const Request& args, bool trans_a) {
  check::range("m", args.m, 0, INT32_MAX);
  check::range("n", args.n, 0, INT32_MAX);
  check::range("k", args.k, 0, INT32_MAX);
  if (args.m == 0 || args.n == 0) return;
  const bool trans_b = args.trans_b != 0;
  check::matrix("a", args.a, trans_a ? args.k : args.m, trans_a ? args.m : args.k, args.lda);
  check::matrix("b", args.b, trans_b ? args.n : args.k, trans_b ? args.k : args.n, args.ldb);
  check::matrix("c", args.c, args.m, args.n, args.ldc);
  check::range("lda", args.lda, 0, INT32_MAX);
  check::range("ldb", args.ldb, 0, INT32_MAX);
  check::range("ldc", args.ldc, 0, INT32_MAX);
}

}  // namespace

void check_request(const sotto_gemm_request& args) { check_product(args, args.trans_a != 0); }
void check_request(const sotto_gemm_bf16_request& args) { check_product(args, false); }

}  // namespace sotto

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

void gemm(Device&, const sotto_gemm_request& args) {
  product(args.trans_a, args.trans_b, args.m, args.n, args.k, args.alpha, args.a, args.lda, args.b, args.ldb, args.beta,
          args.c, args.ldc, args.bias);
}

void gemm_bf16(Device&, const sotto_gemm_bf16_request& args) {
  product(false, args.trans_b, args.m, args.n, args.k, args.alpha, args.a, args.lda, args.b, args.ldb, args.beta,
          args.c, args.ldc, args.bias);
}

}  // namespace sotto::reference
