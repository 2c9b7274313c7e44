// General matrix products: by our own tiles (tiled_gemm.cuh), or by cuBLAS where one is to be used (cublas.cu).
//
// What it computes. C = alpha * op(A) op(B) + beta * C + bias, row-major, f32 throughout. cuBLAS thinks in columns: a
// row-major matrix is its transpose there, so it is asked for C^T = op(B)^T op(A)^T, and nothing is moved.
//
// Rows that do not depend on m. The privacy of a unit rests on its gradient being the same in any batch, so a row of C
// (with trans_a unset) must not change its bits with the number of rows. Our tiles have that property by construction,
// and the private path takes them unless SOTTO_CUBLAS names a library. cuBLAS documents no such thing: it picks a
// kernel, and with it the order of a sum over k, by the sizes and the alignment of a call. So on the private path it is
// always asked the same question: a block of rows whose number depends on n and the GPU alone, in scratch memory at the
// same alignment and strides, filled up with zeros; alpha, beta and bias are applied by our own kernel. That the rows
// of this one question are treated alike is tested for each matrix before its first product (common/row_self_test.h),
// and a library that fails is refused. On public data cuBLAS gets products whole.
//
// B in bf16 (frozen weights). A is rounded to bf16, a product of two such numbers is exact in f32, and sums are in f32:
// what the tensor cores do. cuBLAS gets a copy of A in bf16 in scratch memory and B where it stands. Our tiles round A
// and widen both on the way into shared memory.
//
// Which bytes it moves. 4 (M K + K N + M N) at least, with B in bf16 4 M (K + N) + 2 K N. With cuBLAS on the private
// path 8 M K more for the copy of A and 12 M N more for the product in scratch memory, and the product of up to one
// block more; on public data 8 M N for a bias and, with B in bf16, 4 M K for the copy of A.
//
// How close to the limit. cuBLAS's own, less the filling and the passes; in f32 without tensor cores. Nothing has been
// measured yet.
#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "check.cuh"
#include "common/row_self_test.h"
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
template <bool kAligned>
__device__ __forceinline__ void put_four(float* to, int left, const float (&value)[4]) {
  store_four<kAligned>(to, left, value);
}

// The same, rounded; `to` has room for all four.
template <bool>
__device__ __forceinline__ void put_four(uint16_t* to, int, const float (&value)[4]) {
  uint64_t four = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) four |= static_cast<uint64_t>(narrowed(value[i])) << (16 * i);
  *reinterpret_cast<uint64_t*>(to) = four;
}

// to[r][c] = from[r][c] for r < rows, 0 for the rest of `filled` rows. One row of blocks a row of the matrix, or of
// every gridDim.y-th.
template <bool kAligned, typename To>
__global__ void __launch_bounds__(kThreads)
    copy_kernel(int64_t rows, int64_t filled, int64_t columns, const float* __restrict__ from, int64_t ld_from, To* to,
                int64_t ld_to) {
  const int64_t c = 4 * (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  const int left = static_cast<int>(min(columns - c, static_cast<int64_t>(4)));
  if (left <= 0) return;
  for (int64_t r = blockIdx.y; r < filled; r += gridDim.y) {
    float value[4] = {};
    if (r < rows) load_four<kAligned>(from + r * ld_from + c, left, value);
    put_four<kAligned>(to + r * ld_to + c, left, value);
  }
}

// c = alpha * product + beta * c + bias; product may be c. Where beta is 0, c is not read.
template <bool kAligned>
__global__ void __launch_bounds__(kThreads)
    finish_kernel(int64_t rows, int64_t columns, float alpha, const float* product, int64_t ld_product, float beta,
                  const float* __restrict__ bias, float* c, int64_t ldc) {
  const int64_t j = 4 * (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  const int left = static_cast<int>(min(columns - j, static_cast<int64_t>(4)));
  if (left <= 0) return;
  float added[4] = {};
  if (bias != nullptr) load_four<false>(bias + j, left, added);
  for (int64_t r = blockIdx.y; r < rows; r += gridDim.y) {
    float value[4], old[4] = {};
    load_four<kAligned>(product + r * ld_product + j, left, value);
    if (beta != 0) load_four<kAligned>(c + r * ldc + j, left, old);
#pragma unroll
    for (int i = 0; i < 4; ++i) value[i] = fmaf(alpha, value[i], fmaf(beta, old[i], added[i]));
    store_four<kAligned>(c + r * ldc + j, left, value);
  }
}

dim3 grid_of(int64_t rows, int64_t columns) {
  return {static_cast<unsigned>((columns - 1) / (4 * kThreads) + 1),
          static_cast<unsigned>(std::min<int64_t>(rows, kMostRows))};
}

// `to` is aligned as four_aligned says, or in bf16 with a leading dimension divisible by four.
template <typename To>
void copy_rows(int64_t rows, int64_t filled, int64_t columns, const float* from, int64_t ld_from, To* to,
               int64_t ld_to) {
  const dim3 grid = grid_of(filled, columns);
  if (four_aligned(from, ld_from)) {
    SOTTO_LAUNCH((copy_kernel<true, To>), grid, kThreads, 0, nullptr, rows, filled, columns, from, ld_from, to, ld_to);
  } else {
    SOTTO_LAUNCH((copy_kernel<false, To>), grid, kThreads, 0, nullptr, rows, filled, columns, from, ld_from, to, ld_to);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

void finish(int64_t rows, int64_t columns, float alpha, const float* product, int64_t ld_product, float beta,
            const float* bias, float* c, int64_t ldc) {
  const dim3 grid = grid_of(rows, columns);
  if (four_aligned(product, ld_product) && four_aligned(c, ldc)) {
    SOTTO_LAUNCH(finish_kernel<true>, grid, kThreads, 0, nullptr, rows, columns, alpha, product, ld_product, beta, bias,
                 c, ldc);
  } else {
    SOTTO_LAUNCH(finish_kernel<false>, grid, kThreads, 0, nullptr, rows, columns, alpha, product, ld_product, beta,
                 bias, c, ldc);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

// How many rows cuBLAS gets at a time on the private path: as few tiles of rows as keep at least nine tenths of the GPU
// busy, or else the number that keeps most of it busy.
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

int64_t rounded_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// A block of rows in scratch memory, and the product that cuBLAS makes of it: sizes, strides and alignment are the same
// for every block of a matrix B.
template <typename T>
struct Block {
  int64_t rows, lda, ldc;
  T* a;
  float* c;

  Block(int64_t rows_of_call, int64_t n, int64_t k)
      : rows(rows_of_call), lda(rounded_up(k, 8)), ldc(rounded_up(n, 4)) {}
  int64_t bytes_of_a() const { return rounded_up(rows * lda * static_cast<int64_t>(sizeof(T)), 256); }
  int64_t bytes() const { return bytes_of_a() + rows * ldc * static_cast<int64_t>(sizeof(float)); }
  void place(void* memory) {
    a = static_cast<T*>(memory);
    c = reinterpret_cast<float*>(static_cast<char*>(memory) + bytes_of_a());
  }
};

template <typename B, typename T>
void ask(const Cublas& cublas, bool trans_b, const Product<float, B>& p, const Block<T>& block) {
  cublas.gemm(trans_b, false, p.n, block.rows, p.k, 1.0f, p.b, p.ldb, block.a, block.lda, 0.0f, block.c, block.ldc);
}

// Device memory for the length of a scope, also in a rehearsal.
class Passing {
 public:
  explicit Passing(int64_t bytes) {
    SOTTO_CUDA_CHECK(cudaMalloc(&memory_, static_cast<size_t>(bytes)));
    const cudaError_t zeroed = cudaMemset(memory_, 0, static_cast<size_t>(bytes));
    if (zeroed != cudaSuccess) cudaFree(memory_);
    SOTTO_CUDA_CHECK(zeroed);
  }
  ~Passing() { cudaFree(memory_); }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  void* get() const { return memory_; }

 private:
  void* memory_ = nullptr;
};

// Throws DEPENDENT_ROWS unless cuBLAS treats the rows of a block alike. In a rehearsal this alone is carried out.
template <typename B, typename T>
void test_rows(const Cublas& cublas, bool trans_b, const Product<float, B>& p, Block<T> block) {
  struct Awake {
    const bool was = rehearsing;
    Awake() { rehearsing = false; }
    ~Awake() { rehearsing = was; }
  } const awake;
  const size_t of_a = static_cast<size_t>(block.rows * block.lda), of_c = static_cast<size_t>(block.rows * block.ldc);
  std::vector<float> source(of_a), a(of_a), expected(of_c), c(of_c);
  const Passing memory(block.bytes()), upload(static_cast<int64_t>(of_a * sizeof(float)));
  block.place(memory.get());
  const float* uploaded = static_cast<const float*>(upload.get());
  const auto multiply = [&](const float* rows, float* out) {
    SOTTO_CUDA_CHECK(cudaMemcpy(upload.get(), rows, of_a * sizeof(float), cudaMemcpyHostToDevice));
    copy_rows(block.rows, block.rows, block.lda, uploaded, block.lda, block.a, block.lda);
    ask(cublas, trans_b, p, block);
    SOTTO_CUDA_CHECK(cudaMemcpy(out, block.c, of_c * sizeof(float), cudaMemcpyDeviceToHost));
  };
  // What lies between the rows of C is zero and stays so.
  const char* why =
      dependent_rows(block.rows, block.ldc, block.lda, source.data(), a.data(), expected.data(), c.data(), multiply);
  if (why == nullptr) return;
  throw Error(SOTTO_DEPENDENT_ROWS, "cuBLAS cannot serve private training, which a record's protection rests on: in " +
                                        std::to_string(block.rows) + " rows by a matrix of n = " + std::to_string(p.n) +
                                        ", k = " + std::to_string(p.k) + " " + why + "; use the built-in GEMM (" +
                                        cublas.description() + ")");
}

// The private path: equal blocks of rows.
template <typename T, typename B>
void in_equal_blocks(Context& ctx, bool trans_b, const Product<float, B>& p) {
  const Cublas& cublas = *ctx.cublas();
  Block<T> block(rows_of_a_call(p.n, ctx.multiprocessors()), p.n, p.k);
  const auto matrix = std::make_tuple(static_cast<const void*>(p.b), trans_b, p.n, p.k, p.ldb);
  if (ctx.tested.count(matrix) == 0) {
    test_rows(cublas, trans_b, p, block);
    ctx.tested.insert(matrix);
  }
  block.place(ctx.scratch(block.bytes()));
  for (int64_t done = 0; done < p.m; done += block.rows) {
    const int64_t rows = std::min(block.rows, p.m - done);
    copy_rows(rows, block.rows, p.k, p.a + done * p.lda, p.lda, block.a, block.lda);
    if (!rehearsing) ask(cublas, trans_b, p, block);
    finish(rows, p.n, p.alpha, block.c, block.ldc, p.beta, p.bias, p.c + done * p.ldc, p.ldc);
  }
}

// Public data: the product whole. a: A as cuBLAS reads it, in the type of B.
template <typename B>
void whole(const Cublas& cublas, bool trans_a, bool trans_b, const Product<float, B>& p, const B* a, int64_t lda) {
  if (!rehearsing) {
    cublas.gemm(trans_b, trans_a, p.n, p.m, p.k, p.alpha, p.b, p.ldb, a, lda, p.beta, p.c, p.ldc);
  }
  if (p.bias != nullptr) finish(p.m, p.n, 1.0f, p.c, p.ldc, 0.0f, p.bias, p.c, p.ldc);
}

}  // namespace

void gemm(Device& device, const sotto_gemm_request& args) {
  if (args.m == 0 || args.n == 0) return;
  Context& ctx = context(device);
  const Product<> product{args.m, args.n,   args.k,    args.alpha, args.a,   args.lda,
                          args.b, args.ldb, args.beta, args.c,     args.ldc, args.bias};
  const bool any = ctx.cublas() != nullptr && args.k > 0 && four_aligned(args.b, args.ldb);
  if (any && ctx.purpose() == SOTTO_PRIVATE && !args.trans_a) {
    in_equal_blocks<float>(ctx, args.trans_b, product);
  } else if (any && ctx.purpose() == SOTTO_PUBLIC && four_aligned(args.a, args.lda) && four_aligned(args.c, args.ldc)) {
    whole(*ctx.cublas(), args.trans_a, args.trans_b, product, args.a, args.lda);
  } else if (args.trans_a) {
    tiled_gemm<true>(ctx.multiprocessors(), args.trans_b, product);
  } else {
    tiled_gemm<false>(ctx.multiprocessors(), args.trans_b, product);
  }
}

void gemm_bf16(Device& device, const sotto_gemm_bf16_request& args) {
  if (args.m == 0 || args.n == 0) return;
  Context& ctx = context(device);
  const Product<float, uint16_t> product{args.m, args.n,   args.k,    args.alpha, args.a,   args.lda,
                                         args.b, args.ldb, args.beta, args.c,     args.ldc, args.bias};
  const bool any =
      ctx.cublas() != nullptr && args.k > 0 && reinterpret_cast<uintptr_t>(args.b) % 16 == 0 && args.ldb % 8 == 0;
  if (any && ctx.purpose() == SOTTO_PRIVATE) {
    in_equal_blocks<uint16_t>(ctx, args.trans_b, product);
  } else if (any && four_aligned(args.c, args.ldc)) {
    const int64_t ld = rounded_up(args.k, 8);
    uint16_t* narrow = static_cast<uint16_t*>(ctx.scratch(args.m * ld * static_cast<int64_t>(sizeof(uint16_t))));
    copy_rows(args.m, args.m, args.k, args.a, args.lda, narrow, ld);
    whole(*ctx.cublas(), false, args.trans_b, product, narrow, ld);
  } else {
    tiled_gemm<false>(ctx.multiprocessors(), args.trans_b, product);
  }
}

}  // namespace sotto::cuda
