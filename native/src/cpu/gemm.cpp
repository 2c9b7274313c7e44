// GEMM: with the built-in kernel, or through a BLAS library where there is one and the matrix is large (blas.cpp).
//
// With trans_a unset a row of C has the same bits whatever M is and whichever thread computes it: in the built-in
// kernel by construction (tile.h).
//
// With B in bf16 the products are those of A rounded to bf16: a product of two such numbers is exact in f32, so what is
// left is gemm on the rounded and the widened matrix, to the bit. The kernel widens and rounds where it copies anyway,
// while packing.
#include <algorithm>

#include "kernels.h"
#include "product.h"
#include "tile.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

// B in L2 (kDepth x kColumns = 512 KiB), one panel of A in L1, C through registers.

constexpr int64_t kDepth = 256;
constexpr int64_t kColumns = 512;
constexpr int64_t kPackRows = 8 * kTileRows;

// C[R', columns] of one tile, written back: alpha, beta at the first slice of k, bias at the last.
template <int R>
SOTTO_INLINE void run_tile(const Product& p, int64_t depth, const float* a, const float* b, int64_t row, int64_t column,
                           int64_t real_rows, bool first, bool last) {
  // The tile's part of C is asked for now and needed after the multiplication.
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    __builtin_prefetch(p.c + (row + r) * p.ldc + column, 1);
    __builtin_prefetch(p.c + (row + r) * p.ldc + column + kLanes, 1);
  }
  Tile<R, kTileVectors> tile;
  tile.clear();
  tile.multiply(depth, a, 1, kTileRows, b, kTileColumns);
  const int64_t columns = std::min<int64_t>(kTileColumns, p.n - column);
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    if (r >= real_rows) break;
    float* out = p.c + (row + r) * p.ldc + column;
#pragma GCC unroll 4
    for (int v = 0; v < kTileVectors; v++) {
      const int64_t left = columns - v * kLanes;
      if (left <= 0) break;
      const auto finish = [&](auto part) {
        float* target = out + v * kLanes;
        Vec value = tile.value[r][v] * p.alpha;
        if (!first) {
          value += load(target, part);
        } else if (p.beta != 0) {
          value = fma(splat(p.beta), load(target, part), value);
        }
        if (last && p.bias != nullptr) value += load(p.bias + column + v * kLanes, part);
        store(target, value, part);
      };
      if (left >= kLanes) {
        finish(Full{});
      } else {
        finish(Part{static_cast<int>(left)});
      }
    }
  }
}

void built_in_block(const Product& p, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end,
                    float* scratch) {
  float* packed_b = scratch;
  float* packed_a = scratch + kDepth * kColumns;
  for (int64_t k = 0; k < p.k || k == 0; k += kDepth) {
    const int64_t depth = std::min(kDepth, p.k - k);
    const bool first = k == 0;
    const bool last = k + kDepth >= p.k;
    for (int64_t j = column_begin; j < column_end; j += kTileColumns) {
      const int64_t columns = std::min<int64_t>(kTileColumns, column_end - j);
      float* panel = packed_b + (j - column_begin) * depth;
      if (p.b_bf16 != nullptr) {
        pack_b(p, p.b_bf16 + p.place_in_b(k, j), depth, columns, panel, kTileColumns);
      } else {
        pack_b(p, p.b + p.place_in_b(k, j), depth, columns, panel, kTileColumns);
      }
    }
    for (int64_t i = row_begin; i < row_end; i += kPackRows) {
      const int64_t rows = std::min(kPackRows, row_end - i);
      for (int64_t r = 0; r < rows; r += kTileRows) {
        const int64_t panel_rows = std::min<int64_t>(kTileRows, rows - r);
        if (p.trans_a) {
          pack_rows(p.a_at(i + r, k), p.lda, depth, panel_rows, packed_a + r * depth, kTileRows);
        } else {
          pack_transposed(p.a_at(i + r, k), p.lda, depth, panel_rows, packed_a + r * depth, kTileRows, kTileRows);
        }
        if (p.b_bf16 != nullptr) round_to_bf16(packed_a + r * depth, kTileRows * depth);
      }
      for (int64_t r = 0; r < rows; r += kTileRows) {
        const float* a = packed_a + r * depth;
        const int64_t left = rows - r;
        for (int64_t j = column_begin; j < column_end; j += kTileColumns) {
          const float* b = packed_b + (j - column_begin) * depth;
          if (left >= kTileRows) {
            run_tile<kTileRows>(p, depth, a, b, i + r, j, kTileRows, first, last);
          } else if (left == 1) {
            run_tile<1>(p, depth, a, b, i + r, j, 1, first, last);
          } else {
            run_tile<kTileRows>(p, depth, a, b, i + r, j, left, first, last);
          }
        }
      }
    }
  }
}

void built_in(Context& cpu, const Product& p) {
  cpu.reserve_scratch((kDepth * kColumns + kDepth * kPackRows) * static_cast<int64_t>(sizeof(float)));
  const int64_t column_tasks = (p.n + kColumns - 1) / kColumns;
  const int64_t rows = task_rows(p.m, column_tasks, kPackRows);
  const int64_t row_tasks = (p.m + rows - 1) / rows;
  cpu.parallel_for(row_tasks * column_tasks, [&](int64_t task, int thread) {
    const int64_t row = task % row_tasks * rows;
    const int64_t column = task / row_tasks * kColumns;
    built_in_block(p, row, std::min(p.m, row + rows), column, std::min(p.n, column + kColumns),
                   static_cast<float*>(cpu.scratch(thread)));
  });
}

void multiply(Context& cpu, const Product& product) {
  if (through_blas(cpu, product)) {
    by_blas(cpu, product);
  } else if (!cpu.rehearsing()) {
    built_in(cpu, product);
  }
}

}  // namespace

void gemm(Device& device, const sotto_gemm_request& args) {
  if (args.m == 0 || args.n == 0) return;
  multiply(context(device), {args.trans_a != 0, args.trans_b != 0, args.m, args.n, args.k, args.alpha, args.a, args.lda,
                             args.b, args.ldb, args.beta, args.c, args.ldc, args.bias});
}

void gemm_bf16(Device& device, const sotto_gemm_bf16_request& args) {
  if (args.m == 0 || args.n == 0) return;
  multiply(context(device), {false, args.trans_b != 0, args.m, args.n, args.k, args.alpha, args.a, args.lda, nullptr,
                             args.ldb, args.beta, args.c, args.ldc, args.bias, args.b});
}

}  // namespace sotto::cpu::SOTTO_ISA
