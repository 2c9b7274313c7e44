// General matrix products: by cuBLAS where one was found (cublas.cu), else by our own tiles (tiled_gemm.cuh).
//
// What it computes. C = alpha * op(A) op(B) + beta * C + bias, row-major, f32 throughout. cuBLAS thinks in columns: a
// row-major matrix is its transpose there, so it is asked for C^T = op(B)^T op(A)^T, and nothing is moved.
//
// Rows that do not depend on m. The privacy of a unit rests on its gradient being the same in any batch, so a row of C
// (with trans_a unset) must not change its bits with the number of rows. Our tiles have that property by construction.
// cuBLAS documents no such thing: it picks a kernel, and with it the order of a sum over k, by the sizes and the
// alignment of a call. What is known: the same call gives the same bits, on the same GPU and version. So cuBLAS is
// always asked the same question: rows go through it in blocks whose size depends on n and the GPU alone, the last
// block is filled up in scratch memory, and matrices that are not aligned to 16 bytes, row by row, go to our tiles.
// What remains assumed is that within one call a row's sum over k does not depend on the row's place; every blocked
// kernel has that property, and the test gemm_rows_do_not_depend_on_m checks it with the library in use, to the bit.
// With trans_a set (gradients of weights) rows are not the batch's, and cuBLAS gets the product whole.
//
// B in bf16 (frozen weights) is widened to f32, which is exact: by our tiles on the way into shared memory; for cuBLAS,
// which multiplies no f32 by bf16, the whole matrix into scratch memory. Either way the arithmetic, and so every bit,
// is that of gemm on the widened matrix. Weights then take half the memory but for the largest one's f32 copy; the copy
// moves 10 bytes a weight where f32 weights are 4, against 2 M operations: little at thousands of rows, the larger part
// when generating one row at a time. The tensor cores would multiply bf16 by bf16 with f32 sums at about ten times the
// f32 rate, but they need A rounded to bf16 as well: another result, and another promise, than every other backend's.
//
// Which bytes it moves. 4 (M K + K N + M N) at least. Filling up the last block costs a copy of it and the product of
// up to one block more, and bias with cuBLAS another pass over C (8 M N): a few percent at 4096 rows.
//
// How close to the limit. cuBLAS's own in f32 without tensor cores, less the filling. Nothing has been measured yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "context.cuh"
#include "four.cuh"
#include "launch.cuh"
#include "ops.h"
#include "tiled_gemm.cuh"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 256;
constexpr unsigned kMostRows = 65535;  // of a grid
constexpr int64_t kTile = 128;         // of C, assumed of cuBLAS's kernels for large matrices
constexpr int64_t kMostRowTiles = 16;

// to[r][c] = from[r][c], or to[r][c] += from[c] where from is a bias (ld_from = 0).
template <bool kAdd>
__global__ void __launch_bounds__(kThreads) rows_kernel(int64_t rows, int64_t columns, const float* __restrict__ from,
                                                        int64_t ld_from, float* __restrict__ to, int64_t ld_to) {
  const int64_t c = 4 * (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  const int left = static_cast<int>(min(columns - c, static_cast<int64_t>(4)));
  if (left <= 0) return;
  for (int64_t r = blockIdx.y; r < rows; r += gridDim.y) {
    float value[4];
    load_four<true>(from + r * ld_from + c, left, value);
    if (kAdd) {
      float old[4];
      load_four<true>(to + r * ld_to + c, left, old);
#pragma unroll
      for (int i = 0; i < 4; ++i) value[i] += old[i];
    }
    store_four<true>(to + r * ld_to + c, left, value);
  }
}

// Both matrices are aligned (four_aligned).
template <bool kAdd>
void launch_rows(int64_t rows, int64_t columns, const float* from, int64_t ld_from, float* to, int64_t ld_to) {
  const dim3 grid(static_cast<unsigned>((columns - 1) / (4 * kThreads) + 1),
                  static_cast<unsigned>(std::min<int64_t>(rows, kMostRows)));
  SOTTO_LAUNCH(rows_kernel<kAdd>, grid, kThreads, 0, nullptr, rows, columns, from, ld_from, to, ld_to);
  SOTTO_CUDA_CHECK_LAUNCH();
}

// How many rows cuBLAS gets at a time: as few tiles of rows as keep at least nine tenths of the GPU busy, or else the
// number that keeps most of it busy.
int64_t rows_of_a_call(int64_t n, int multiprocessors) {
  const int64_t across = (n - 1) / kTile + 1;
  int64_t best = 1;
  double most = 0;
  for (int64_t down = 1; down <= kMostRowTiles && most < 0.9; ++down) {
    const int64_t tiles = down * across, waves = (tiles - 1) / multiprocessors + 1;
    const double busy = static_cast<double>(tiles) / static_cast<double>(waves * multiprocessors);
    if (busy > most) {
      most = busy;
      best = down;
    }
  }
  return best * kTile;
}

// to[i] = from[i] in f32. `to` is divisible by 16 bytes, `from` by 8 if aligned.
__global__ void __launch_bounds__(kThreads)
    widen_kernel(int64_t count, bool aligned, const uint16_t* __restrict__ from, float* __restrict__ to) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads * 4;
  for (int64_t i = 4 * (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x); i < count; i += step) {
    const int left = static_cast<int>(min(count - i, static_cast<int64_t>(4)));
    float value[4];
    if (aligned && left == 4) {
      const uint64_t four = *reinterpret_cast<const uint64_t*>(from + i);
#pragma unroll
      for (int j = 0; j < 4; ++j) value[j] = widened(static_cast<uint16_t>(four >> (16 * j)));
    } else {
#pragma unroll
      for (int j = 0; j < 4; ++j) value[j] = j < left ? widened(from[i + j]) : 0.0f;
    }
    store_four<true>(to + i, left, value);
  }
}

void launch_widen(int64_t count, const uint16_t* from, float* to) {
  const bool aligned = reinterpret_cast<uintptr_t>(from) % 8 == 0;
  const unsigned grid = static_cast<unsigned>(std::min<int64_t>((count - 1) / (4 * kThreads) + 1, 1 << 20));
  SOTTO_LAUNCH(widen_kernel, grid, kThreads, 0, nullptr, count, aligned, from, to);
  SOTTO_CUDA_CHECK_LAUNCH();
}

void by_cublas(const Cublas& cublas, bool trans_a, bool trans_b, const Product<>& p) {
  if (rehearsing) return;
  cublas.sgemm(trans_b, trans_a, p.n, p.m, p.k, p.alpha, p.b, p.ldb, p.a, p.lda, p.beta, p.c, p.ldc);
}

// Floats of scratch memory for the last block: a multiple of 512, and as many when no block has to be filled up, since
// the need must not fall with more rows (context.cuh).
int64_t floats_of_last_block(int64_t rows, const Product<>& p) { return rows * (p.lda + p.ldc); }

// In blocks of equally many rows, the last one filled up. Its other rows hold what scratch memory held: each row of a
// product is computed from its own row of A, so they spoil nothing. a: scratch memory of the last block.
void by_cublas_in_blocks(const Cublas& cublas, int64_t rows, bool trans_b, const Product<>& p, float* a) {
  Product<> block = p;
  block.m = rows;
  int64_t done = 0;
  for (; done + rows <= p.m; done += rows) {
    block.a = p.a + done * p.lda;
    block.c = p.c + done * p.ldc;
    by_cublas(cublas, false, trans_b, block);
  }
  const int64_t left = p.m - done;
  if (left == 0) return;
  // The copies keep the leading dimensions of the matrices: part of the question that cuBLAS is asked.
  float* c = a + rows * p.lda;
  launch_rows<false>(left, p.k, p.a + done * p.lda, p.lda, a, p.lda);
  if (p.beta != 0) launch_rows<false>(left, p.n, p.c + done * p.ldc, p.ldc, c, p.ldc);
  block.a = a;
  block.c = c;
  by_cublas(cublas, false, trans_b, block);
  launch_rows<false>(left, p.n, c, p.ldc, p.c + done * p.ldc, p.ldc);
}

float* scratch_floats(Context& ctx, int64_t count) {
  return static_cast<float*>(ctx.scratch(count * static_cast<int64_t>(sizeof(float))));
}

// Whether rows can be copied four floats at a time, and cuBLAS asked the same question for each block.
bool aligned(const float* a, int64_t lda, int64_t ldb, const float* c, int64_t ldc, const float* bias) {
  return four_aligned(a, lda) && ldb % 4 == 0 && four_aligned(c, ldc) && four_aligned(bias, 0);
}

}  // namespace

void gemm(Device& device, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  Context& ctx = context(device);
  const Product<> product{m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias};
  const bool tiles = ctx.cublas() == nullptr || k == 0 || !aligned(a, lda, ldb, c, ldc, bias) || !four_aligned(b, ldb);
  if (tiles) {
    if (trans_a) {
      tiled_gemm<true>(ctx.multiprocessors(), trans_b, product);
    } else {
      tiled_gemm<false>(ctx.multiprocessors(), trans_b, product);
    }
    return;
  }
  if (trans_a) {
    by_cublas(*ctx.cublas(), true, trans_b, product);
  } else {
    const int64_t rows = rows_of_a_call(n, ctx.multiprocessors());
    float* scratch = scratch_floats(ctx, floats_of_last_block(rows, product));
    by_cublas_in_blocks(*ctx.cublas(), rows, trans_b, product, scratch);
  }
  if (bias != nullptr) launch_rows<true>(m, n, bias, 0, c, ldc);
}

void gemm_bf16(Device& device, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
               const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  Context& ctx = context(device);
  if (ctx.cublas() == nullptr || k == 0 || !aligned(a, lda, ldb, c, ldc, bias)) {
    tiled_gemm<false>(ctx.multiprocessors(), trans_b,
                      Product<uint16_t>{m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias});
    return;
  }
  Product<> product{m, n, k, alpha, a, lda, nullptr, ldb, beta, c, ldc, bias};
  const int64_t rows = rows_of_a_call(n, ctx.multiprocessors()), last_block = floats_of_last_block(rows, product);
  const int64_t count = trans_b ? (n - 1) * ldb + k : (k - 1) * ldb + n;  // gaps between rows included
  float* scratch = scratch_floats(ctx, last_block + count);
  launch_widen(count, b, scratch + last_block);
  product.b = scratch + last_block;
  by_cublas_in_blocks(*ctx.cublas(), rows, trans_b, product, scratch);
  if (bias != nullptr) launch_rows<true>(m, n, bias, 0, c, ldc);
}

}  // namespace sotto::cuda
