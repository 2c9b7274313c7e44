// One product of matrices, and what the built-in kernel and a BLAS share of it.
#pragma once

#include "context.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

struct Product {
  bool trans_a;
  bool trans_b;
  int64_t m;
  int64_t n;
  int64_t k;
  float alpha;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
  float beta;
  float* c;
  int64_t ldc;
  const float* bias;
  const uint16_t* b_bf16 = nullptr;  // in place of b

  const float* a_at(int64_t row, int64_t depth) const {
    return trans_a ? a + depth * lda + row : a + row * lda + depth;
  }
  int64_t place_in_b(int64_t depth, int64_t column) const {
    return trans_b ? column * ldb + depth : depth * ldb + column;
  }
};

// Whether a product goes through the BLAS: by the sizes of B alone, and on the private path only where its rows are
// those of units.
SOTTO_INLINE bool through_blas(const Context& cpu, const Product& p) {
  constexpr int64_t kWorthACall = 1 << 16;
  return cpu.sgemm != nullptr && p.n * p.k >= kWorthACall && !(p.trans_a && cpu.purpose() == SOTTO_PRIVATE);
}

// On the private path: throws DEPENDENT_ROWS where the BLAS fails its self-test. In a rehearsal that is all it does.
void by_blas(Context& cpu, const Product& p);

}  // namespace sotto::cpu::SOTTO_ISA
