// The register tile under GEMM and attention: acc[r][j] += sum over k of a[r * a_row + k * a_step] * b[k * ldb + j].
//
// Each element is one chain of FMAs over k in order, so its bits depend on its own row and column only, not on the size
// of the tile that it falls into.
#pragma once

#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

// R x V accumulators must fit the registers with V vectors of b and one broadcast to spare.
#if defined(__AVX512F__)
constexpr int kTileRows = 12;  // 24 of 32 registers at two vectors
#elif defined(__AVX2__)
constexpr int kTileRows = 6;  // 12 of 16
#else
constexpr int kTileRows = 4;  // 8 of 16 (SSE2)
#endif
constexpr int kTileVectors = 2;
constexpr int kTileColumns = kTileVectors * kLanes;

template <int R, int V>
struct Tile {
  Vec value[R][V];

  SOTTO_INLINE void clear() {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) value[r][v] = Vec{};
    }
  }

  SOTTO_INLINE void multiply(int64_t depth, const float* a, int64_t a_row, int64_t a_step, const float* b,
                             int64_t ldb) {
    for (int64_t k = 0; k < depth; k++) {
      Vec column[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) column[v] = load(b + k * ldb + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        const Vec x = splat(a[r * a_row + k * a_step]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) value[r][v] = fma(x, column[v], value[r][v]);
      }
    }
  }
};

}  // namespace sotto::cpu::SOTTO_ISA
