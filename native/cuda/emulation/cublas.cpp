// A stand-in for cuBLAS: plain loops over the emulated device memory. With SOTTO_CUBLAS=emulated the tests of GEMM run
// through the code that calls cuBLAS (orders of storage, blocks of rows, padding), which no machine without a GPU could
// otherwise run. With SOTTO_CUBLAS=emulated-dependent it adds up every fourth row from the other end, as a kernel for
// the edge of a tile would: what the private path must refuse.
#include "cublas.cuh"

#include <cstdlib>
#include <cstring>

#include "common/bf16.h"

namespace sotto::cuda {

struct Cublas::Functions {
  bool dependent;
};

std::unique_ptr<Cublas> Cublas::find(sotto_purpose, std::string* why) {
  const char* named = std::getenv("SOTTO_CUBLAS");
  if (named == nullptr || std::strncmp(named, "emulated", 8) != 0) {
    *why = "emulated";
    return nullptr;
  }
  std::unique_ptr<Cublas> cublas(new Cublas);
  cublas->functions_ = std::make_unique<Functions>(Functions{std::strcmp(named, "emulated-dependent") == 0});
  cublas->description_ = std::string("cublas ") + named;
  return cublas;
}

Cublas::~Cublas() = default;

void Cublas::use_workspace(void*, size_t) {}

namespace {

template <typename T>
void product(bool dependent, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const T* a,
             int64_t lda, const T* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t i = 0; i < m; ++i) {
      float total = 0;
      for (int64_t step = 0; step < k; ++step) {
        const int64_t l = dependent && j % 4 == 3 ? k - 1 - step : step;  // column j here is row j of the caller
        total +=
            widened(trans_a ? a[i * lda + l] : a[l * lda + i]) * widened(trans_b ? b[l * ldb + j] : b[j * ldb + l]);
      }
      float& out = c[j * ldc + i];
      out = beta == 0 ? alpha * total : alpha * total + beta * out;
    }
  }
}

}  // namespace

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
                  const float* b, int64_t ldb, float beta, float* c, int64_t ldc) const {
  product(functions_->dependent, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const uint16_t* a,
                  int64_t lda, const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc) const {
  product(functions_->dependent, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace sotto::cuda
