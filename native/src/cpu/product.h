// One product of matrices, and what the built-in kernel and a BLAS share of it.
#pragma once

#include <algorithm>

#include "context.h"
#include "pack.h"

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

template <typename B>
SOTTO_INLINE void pack_b(const Product& p, const B* b, int64_t depth, int64_t columns, float* panel, int64_t width) {
  if (p.trans_b) {
    pack_transposed(b, p.ldb, depth, columns, panel, width, width);
  } else {
    pack_rows(b, p.ldb, depth, columns, panel, width);
  }
}

// Rounds to the numbers of bf16.
SOTTO_INLINE void round_to_bf16(float* x, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] = widened(narrowed(x[i]));
}

// Rows of one task: enough tasks to balance any number of threads, else as many rows as pay for packing B once. It may
// depend on the shape, never on the number of threads; a row's bits do not depend on it.
SOTTO_INLINE int64_t task_rows(int64_t m, int64_t column_tasks, int64_t unit) {
  constexpr int64_t kTasks = 16;
  constexpr int64_t kMostUnits = 4;
  return unit * std::clamp<int64_t>(m * column_tasks / (kTasks * unit), 1, kMostUnits);
}

// Whether a product goes through the BLAS: by the sizes of B alone, and on the private path only where its rows are
// those of units.
SOTTO_INLINE bool through_blas(const Context& cpu, const Product& p) {
  constexpr int64_t kWorthACall = 1 << 16;
  return cpu.sgemm != nullptr && p.n * p.k >= kWorthACall && !(p.trans_a && cpu.purpose() == SOTTO_PRIVATE);
}

// On the private path: throws DEPENDENT_ROWS where the BLAS fails its self-test. In a rehearsal that is all it does.
void by_blas(Context& cpu, const Product& p);

}  // namespace sotto::cpu::SOTTO_ISA
