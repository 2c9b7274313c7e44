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
// B in bf16 (frozen weights). A is rounded to bf16, a product of two such numbers is exact in f32, and sums are in f32:
// what the tensor cores do. cuBLAS gets a copy of A in bf16 in scratch memory, whole and filled up to whole blocks of
// rows, and B where it stands. Our tiles round A and widen both on the way into shared memory.
//
// Which bytes it moves. 4 (M K + K N + M N) at least, with B in bf16 4 M (K + N) + 2 K N. Filling up the last block
// costs a copy of it and the product of up to one block more, bias with cuBLAS another pass over C (8 M N), and A in
// bf16 a copy and its being read again (4 M K): a few percent at 4096 rows in f32. On the tensor cores, at some ten
// times the rate, these passes weigh more, a copy of A about 3 K bytes a row against 2 N K operations.
//
// How close to the limit. cuBLAS's own, less the filling and the passes; in f32 without tensor cores. Nothing has been
// measured yet.
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

// to[i] = value[i] for the first `left` of four.
__device__ __forceinline__ void put_four(float* to, int left, const float (&value)[4]) {
  store_four<true>(to, left, value);
}

// The same, rounded; `to` has room for all four.
__device__ __forceinline__ void put_four(uint16_t* to, int, const float (&value)[4]) {
  uint64_t four = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) four |= static_cast<uint64_t>(narrowed(value[i])) << (16 * i);
  *reinterpret_cast<uint64_t*>(to) = four;
}

// to[r][c] = from[r][c], or to[r][c] += from[c] where from is a bias (ld_from = 0).
template <bool kAdd, typename To>
__global__ void __launch_bounds__(kThreads) rows_kernel(int64_t rows, int64_t columns, const float* __restrict__ from,
                                                        int64_t ld_from, To* __restrict__ to, int64_t ld_to) {
  const int64_t c = 4 * (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  const int left = static_cast<int>(min(columns - c, static_cast<int64_t>(4)));
  if (left <= 0) return;
  for (int64_t r = blockIdx.y; r < rows; r += gridDim.y) {
    float value[4];
    load_four<true>(from + r * ld_from + c, left, value);
    if constexpr (kAdd) {
      float old[4];
      load_four<true>(to + r * ld_to + c, left, old);
#pragma unroll
      for (int i = 0; i < 4; ++i) value[i] += old[i];
    }
    put_four(to + r * ld_to + c, left, value);
  }
}

// Both matrices are aligned (four_aligned); one in bf16 has a leading dimension divisible by four.
template <bool kAdd, typename To>
void launch_rows(int64_t rows, int64_t columns, const float* from, int64_t ld_from, To* to, int64_t ld_to) {
  const dim3 grid(static_cast<unsigned>((columns - 1) / (4 * kThreads) + 1),
                  static_cast<unsigned>(std::min<int64_t>(rows, kMostRows)));
  SOTTO_LAUNCH((rows_kernel<kAdd, To>), grid, kThreads, 0, nullptr, rows, columns, from, ld_from, to, ld_to);
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

template <typename T>
void by_cublas(const Cublas& cublas, bool trans_a, bool trans_b, const Product<T>& p) {
  if (rehearsing) return;
  cublas.gemm(trans_b, trans_a, p.n, p.m, p.k, p.alpha, p.b, p.ldb, p.a, p.lda, p.beta, p.c, p.ldc);
}

// In blocks of equally many rows. The last one is filled up: last_a holds its rows of A with room for a whole block,
// last_c is room for a block of C. What fills it up is whatever stood there: each row of a product is computed from its
// own row of A, so it spoils nothing.
template <typename T>
void by_cublas_in_blocks(const Cublas& cublas, int64_t rows, bool trans_b, const Product<T>& p, const T* last_a,
                         float* last_c) {
  Product<T> block = p;
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
  if (p.beta != 0) launch_rows<false>(left, p.n, p.c + done * p.ldc, p.ldc, last_c, p.ldc);
  block.a = last_a;
  block.c = last_c;
  by_cublas(cublas, false, trans_b, block);
  launch_rows<false>(left, p.n, last_c, p.ldc, p.c + done * p.ldc, p.ldc);
}

// Whether rows can be copied four floats at a time, and cuBLAS asked the same question for each block.
bool aligned(const float* a, int64_t lda, const float* c, int64_t ldc, const float* bias) {
  return four_aligned(a, lda) && four_aligned(c, ldc) && four_aligned(bias, 0);
}

}  // namespace

void gemm(Device& device, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  Context& ctx = context(device);
  const Product<> product{m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias};
  if (ctx.cublas() == nullptr || k == 0 || !aligned(a, lda, c, ldc, bias) || !four_aligned(b, ldb)) {
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
    // As much scratch memory when no block has to be filled up: the need must not fall with more rows (context.cuh).
    const int64_t rows = rows_of_a_call(n, ctx.multiprocessors()), whole = m / rows * rows;
    float* last_a = static_cast<float*>(ctx.scratch(rows * (lda + ldc) * static_cast<int64_t>(sizeof(float))));
    if (whole < m) launch_rows<false>(m - whole, k, a + whole * lda, lda, last_a, lda);
    by_cublas_in_blocks(*ctx.cublas(), rows, trans_b, product, last_a, last_a + rows * lda);
  }
  if (bias != nullptr) launch_rows<true>(m, n, bias, 0, c, ldc);
}

void gemm_bf16(Device& device, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
               const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias) {
  if (m == 0 || n == 0) return;
  Context& ctx = context(device);
  const bool b_aligned = reinterpret_cast<uintptr_t>(b) % 16 == 0 && ldb % 8 == 0;
  if (ctx.cublas() == nullptr || k == 0 || !aligned(a, lda, c, ldc, bias) || !b_aligned) {
    tiled_gemm<false>(ctx.multiprocessors(), trans_b,
                      Product<float, uint16_t>{m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias});
    return;
  }
  const int64_t rows = rows_of_a_call(n, ctx.multiprocessors()), whole = m / rows * rows;
  const int64_t ld = (k + 7) / 8 * 8, values = ((m - 1) / rows + 1) * rows * ld;  // of A in bf16
  uint16_t* narrow_a = static_cast<uint16_t*>(
      ctx.scratch(values * static_cast<int64_t>(sizeof(uint16_t)) + rows * ldc * static_cast<int64_t>(sizeof(float))));
  launch_rows<false>(m, k, a, lda, narrow_a, ld);
  const Product<uint16_t> product{m, n, k, alpha, narrow_a, ld, b, ldb, beta, c, ldc, bias};
  by_cublas_in_blocks(*ctx.cublas(), rows, trans_b, product, narrow_a + whole * ld,
                      reinterpret_cast<float*>(narrow_a + values));
  if (bias != nullptr) launch_rows<true>(m, n, bias, 0, c, ldc);
}

}  // namespace sotto::cuda
