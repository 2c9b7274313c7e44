// GEMM: through the BLAS library if there is one and the product is large, else with the built-in kernel.
//
// Both promise that with trans_a unset a row of C has the same bits whatever M is and whichever thread computes it.
// The built-in kernel has that by construction (tile.h). For the BLAS we rely on two facts, checked by the contract
// tests on the library in use: a row's bits do not depend on its place in a call, and not on M as long as M is a
// multiple of 16 and the product is too large for the library's separate small-matrix path. So the last M mod 16 rows
// are padded with zeros to 16, and the choice between BLAS and built-in looks at N and K only.
//
// With B in bf16 the products are those of A rounded to bf16: a product of two such numbers is exact in f32, so what is
// left is gemm on the rounded and the widened matrix, to the bit. The built-in kernel widens and rounds where it copies
// anyway, while packing. A BLAS wants both matrices in f32, so each thread prepares the rows and columns of its task in
// scratch memory.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "pack.h"
#include "tile.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

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
void pack_b(const Product& p, const B* b, int64_t depth, int64_t columns, float* panel, int64_t width) {
  if (p.trans_b) {
    pack_transposed(b, p.ldb, depth, columns, panel, width, width);
  } else {
    pack_rows(b, p.ldb, depth, columns, panel, width);
  }
}

// Rounds to the numbers of bf16.
void round_to_bf16(float* x, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] = widened(narrowed(x[i]));
}

// ---- built-in: B in L2 (kDepth x kColumns = 512 KiB), one panel of A in L1, C through registers.

constexpr int64_t kDepth = 256;
constexpr int64_t kColumns = 512;
constexpr int64_t kPackRows = 8 * kTileRows;

// Rows of one task: enough tasks to balance any number of threads, else as many rows as pay for packing B once. It may
// depend on the shape, never on the number of threads; a row's bits do not depend on it.
int64_t task_rows(int64_t m, int64_t column_tasks, int64_t unit) {
  constexpr int64_t kTasks = 16;
  constexpr int64_t kMostUnits = 4;
  return unit * std::clamp<int64_t>(m * column_tasks / (kTasks * unit), 1, kMostUnits);
}

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

// ---- BLAS

constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
constexpr int kTranspose = 112;
constexpr int64_t kBlasRows = 96;
constexpr int64_t kPadRows = 16;
// N * K from which even 16 rows exceed the 10^6 multiplications below which OpenBLAS takes its small-matrix path.
constexpr int64_t kBlasSize = 1 << 16;

// b: the first of the block's columns.
void blas_block(SgemmFunction sgemm, const Product& p, int64_t rows, const float* a, int64_t lda, const float* b,
                float* c, int64_t ldc, int64_t column, int64_t columns) {
  sgemm(kRowMajor, p.trans_a ? kTranspose : kNoTranspose, p.trans_b ? kTranspose : kNoTranspose, static_cast<int>(rows),
        static_cast<int>(columns), static_cast<int>(p.k), p.alpha, a, static_cast<int>(lda), b, static_cast<int>(p.ldb),
        p.beta, c, static_cast<int>(ldc));
  if (p.bias == nullptr) return;
  for (int64_t r = 0; r < rows; r++) {
    each_vector(0, columns, [&](int64_t j, auto part) {
      store(c + r * ldc + j, load(c + r * ldc + j, part) + load(p.bias + column + j, part), part);
    });
  }
}

// The last rows, fewer than kPadRows: through copies padded with zeros.
void blas_tail(SgemmFunction sgemm, const Product& p, int64_t row, const float* b, int64_t column, int64_t columns,
               float* scratch) {
  float* a = scratch;
  float* c = scratch + kPadRows * p.k;
  const int64_t rows = p.m - row;
  std::fill(a, c + kPadRows * columns, 0.0f);
  for (int64_t r = 0; r < rows; r++) {
    std::copy_n(p.a + (row + r) * p.lda, p.k, a + r * p.k);
    if (p.beta != 0) std::copy_n(p.c + (row + r) * p.ldc + column, columns, c + r * columns);
  }
  if (p.b_bf16 != nullptr) round_to_bf16(a, rows * p.k);
  blas_block(sgemm, p, kPadRows, a, p.k, b, c, columns, column, columns);
  for (int64_t r = 0; r < rows; r++) std::copy_n(c + r * columns, columns, p.c + (row + r) * p.ldc + column);
}

// The block's columns of a B in bf16, as a matrix of its own without gaps.
void widen_columns(const Product& p, int64_t column, int64_t columns, float* out) {
  const int64_t rows = p.trans_b ? columns : p.k, width = p.trans_b ? p.k : columns;
  pack_rows(p.b_bf16 + p.place_in_b(0, column), p.ldb, rows, width, out, width);
}

// Rows of A in the numbers of bf16, without gaps.
void round_rows(const Product& p, int64_t row, int64_t rows, float* out) {
  for (int64_t r = 0; r < rows; r++) std::copy_n(p.a + (row + r) * p.lda, p.k, out + r * p.k);
  round_to_bf16(out, rows * p.k);
}

void blas(Context& cpu, const Product& p) {
  // Columns in fixed chunks, so that few rows still keep all threads busy; none so narrow that the product is small.
  const int64_t width = std::max<int64_t>(512, (2 * kBlasSize / p.k + 511) / 512 * 512);
  const int64_t column_tasks = std::max<int64_t>(1, (p.n + width / 2) / width);
  // With trans_a the sums run over rows of A and no promise about rows is made: the tail needs no padding.
  const int64_t padded_tail = p.trans_a ? 0 : p.m % kPadRows;
  const int64_t full_rows = p.m - padded_tail;
  const int64_t rows = task_rows(full_rows, column_tasks, kBlasRows);
  const int64_t row_tasks = (full_rows + rows - 1) / rows + (padded_tail > 0 ? 1 : 0);
  const int64_t widest = std::min(p.n, width + width / 2);
  const int64_t tail_floats = kPadRows * (p.k + widest);
  const int64_t widened_floats = p.b_bf16 != nullptr ? p.k * widest : 0;
  const int64_t rounded_floats = p.b_bf16 != nullptr ? p.k * std::min(rows, full_rows) : 0;
  cpu.reserve_scratch((tail_floats + widened_floats + rounded_floats) * static_cast<int64_t>(sizeof(float)));
  std::vector<int64_t> widened_chunk(static_cast<size_t>(cpu.threads()), -1);  // in each thread's scratch memory
  cpu.parallel_for(row_tasks * column_tasks, [&](int64_t task, int thread) {
    const int64_t row = task % row_tasks * rows;
    const int64_t chunk = task / row_tasks;
    const int64_t column = chunk * width;
    const int64_t columns = (chunk + 1 == column_tasks ? p.n : column + width) - column;
    float* scratch = static_cast<float*>(cpu.scratch(thread));
    Product part = p;
    const float* b = scratch + tail_floats;
    if (p.b_bf16 == nullptr) {
      b = p.b + p.place_in_b(0, column);
    } else {
      part.ldb = p.trans_b ? p.k : columns;
      if (widened_chunk[thread] != chunk) widen_columns(p, column, columns, scratch + tail_floats);
      widened_chunk[thread] = chunk;
    }
    if (padded_tail > 0 && task % row_tasks == row_tasks - 1) {
      blas_tail(cpu.sgemm, part, full_rows, b, column, columns, scratch);
    } else {
      const int64_t some = std::min(rows, full_rows - row);
      const float* a = p.a_at(row, 0);
      int64_t lda = p.lda;
      if (p.b_bf16 != nullptr) {
        float* rounded = scratch + tail_floats + widened_floats;
        round_rows(p, row, some, rounded);
        a = rounded;
        lda = p.k;
      }
      blas_block(cpu.sgemm, part, some, a, lda, b, p.c + row * p.ldc + column, p.ldc, column, columns);
    }
  });
}

void multiply(Context& cpu, const Product& product) {
  if (cpu.sgemm != nullptr && product.n * product.k >= kBlasSize) {
    blas(cpu, product);
  } else {
    built_in(cpu, product);
  }
}

}  // namespace

void gemm(Device& device, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  multiply(context(device), {trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias});
}

void gemm_bf16(Device& device, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
               const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  multiply(context(device), {false, trans_b, m, n, k, alpha, a, lda, nullptr, ldb, beta, c, ldc, bias, b});
}

}  // namespace sotto::cpu::SOTTO_ISA
