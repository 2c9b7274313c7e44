// The GEMM that needs no library: tiles in shared memory, blocks of outputs in registers.
//
// Why this shape. A block owns a tile of C. For every 8 steps of k it brings a slab of A and one of B into shared
// memory, both turned so that k is the slow index; a thread reads two or one groups of four neighbouring floats of each
// and multiplies them crosswise: 64 multiply-adds for 16 floats read (8 x 8 outputs a thread). While it computes
// on one slab, its share of the next is on the way from memory to registers, and there are two slabs in shared memory,
// so one barrier a slab is enough.
//
// Determinism. An output is one chain of multiply-adds over k = 0, 1, 2, ..., then one for alpha and one for beta and
// bias, whatever the tile it falls in: the bits of a row depend on that row alone, and large and small tiles give the
// same bits, so their choice may depend on m. With B in bf16, A is rounded to bf16 and both are widened on their way
// into shared memory; products of two such numbers are exact in f32.
//
// How close to the limit. Of 64 multiply-adds 16 floats are read from shared memory, four a lane and instruction: the
// multiply-adds are 16 times as many instructions, so arithmetic is the bound, and a GPU's f32 units could be 70 to 90%
// busy at full tiles. An estimate; nothing has been measured yet.
#pragma once

#include <cstdint>
#include <type_traits>

#include "check.cuh"
#include "common/bf16.h"
#include "launch.cuh"

namespace sotto::cuda {

// One product. op(A) is [m, k], op(B) [k, n]; sizes and leading dimensions fit 32 bits (sotto_gemm refuses others).
// What A and B hold: float or bf16 (uint16_t).
template <typename A = float, typename B = A>
struct Product {
  int64_t m, n, k;
  float alpha;
  const A* a;
  int64_t lda;
  const B* b;
  int64_t ldb;
  float beta;
  float* c;
  int64_t ldc;
  const float* bias;  // null: none
};

constexpr int kSlab = 8;  // steps of k in shared memory at a time

// A slab of one operand: kSlab steps of k by kWidth rows of A or columns of B, and a thread's share in bringing it.
//
// kKIsFast: neighbours along k are neighbours in memory. Neighbouring threads read neighbouring floats either way.
// kRound: its values are rounded to bf16.
template <int kWidth, int kThreads, bool kKIsFast, bool kRound, typename T = float>
struct Slab {
  static constexpr int kRow = kWidth + 4;  // padded, so that turning a slab meets no bank conflict
  static constexpr int kShare = kWidth * kSlab / kThreads;
  static constexpr int kStep = kThreads / (kKIsFast ? kSlab : kWidth);  // from one of a thread's floats to its next
  static_assert(kShare * kThreads == kWidth * kSlab && kStep > 0, "equal shares");

  const T* next;  // this thread's first value of the next slab
  int ld;
  int i, l;   // its place in the slab
  int width;  // rows or columns of the operand from the tile's first on

  __device__ __forceinline__ Slab(const T* operand, int64_t ld_of_operand, int64_t i0, int64_t all) {
    const int t = static_cast<int>(threadIdx.x);
    i = kKIsFast ? t / kSlab : t % kWidth;
    l = kKIsFast ? t % kSlab : t / kWidth;
    ld = static_cast<int>(ld_of_operand);
    width = static_cast<int>(min(all - i0, static_cast<int64_t>(kWidth)));
    next = operand + (kKIsFast ? (i0 + i) * ld_of_operand + l : l * ld_of_operand + i0 + i);
  }

  // Takes the share of the next slab, of which k_left steps exist; zeros beyond the operand.
  __device__ __forceinline__ void load(int k_left, float (&share)[kShare]) {
#pragma unroll
    for (int q = 0; q < kShare; ++q) {
      const bool there = kKIsFast ? i + q * kStep < width && l < k_left : i < width && l + q * kStep < k_left;
      const float value = there ? widened(next[static_cast<int64_t>(q * kStep) * ld]) : 0.0f;
      share[q] = kRound ? widened(narrowed(value)) : value;
    }
    next += kKIsFast ? kSlab : static_cast<int64_t>(kSlab) * ld;
  }

  __device__ __forceinline__ void store(const float (&share)[kShare], float* slab) const {
#pragma unroll
    for (int q = 0; q < kShare; ++q) {
      slab[kKIsFast ? l * kRow + i + q * kStep : (l + q * kStep) * kRow + i] = share[q];
    }
  }
};

// x[4 g + i] = row[g * kApart + i].
template <int kCount, int kApart>
__device__ __forceinline__ void load_groups(const float* row, float (&x)[kCount]) {
#pragma unroll
  for (int g = 0; g < kCount / 4; ++g) {
    const float4 v = *reinterpret_cast<const float4*>(row + g * kApart);
    x[4 * g] = v.x;
    x[4 * g + 1] = v.y;
    x[4 * g + 2] = v.z;
    x[4 * g + 3] = v.w;
  }
}

// kTileM x kTileN outputs a block; kM x kN of them a thread, in groups of four neighbours.
template <int kTileM, int kTileN, int kM, int kN, bool kTransA, bool kTransB, typename T>
__global__ void __launch_bounds__(kTileM / kM * (kTileN / kN), 2) tiled_gemm_kernel(const Product<float, T> product) {
  constexpr int kThreadsM = kTileM / kM, kThreadsN = kTileN / kN, kThreads = kThreadsM * kThreadsN;
  using SlabA = Slab<kTileM, kThreads, !kTransA, !std::is_same_v<T, float>>;
  using SlabB = Slab<kTileN, kThreads, kTransB, false, T>;
  SOTTO_SHARED(float4, slabs_of_a, [2][kSlab * SlabA::kRow / 4]);
  SOTTO_SHARED(float4, slabs_of_b, [2][kSlab * SlabB::kRow / 4]);
  const int row = static_cast<int>(threadIdx.x) / kThreadsN * 4, column = static_cast<int>(threadIdx.x) % kThreadsN * 4;
  const int tiles_m = static_cast<int>((product.m - 1) / kTileM + 1), tile = static_cast<int>(blockIdx.x);
  const int64_t i0 = static_cast<int64_t>(tile % tiles_m) * kTileM, j0 = static_cast<int64_t>(tile / tiles_m) * kTileN;
  float sum[kM][kN] = {};
  float share_of_a[SlabA::kShare], share_of_b[SlabB::kShare];
  SlabA a_slab(product.a, product.lda, i0, product.m);
  SlabB b_slab(product.b, product.ldb, j0, product.n);
  const auto load = [&](int k_left) {
    a_slab.load(k_left, share_of_a);
    b_slab.load(k_left, share_of_b);
  };
  const auto store = [&](int which) {
    a_slab.store(share_of_a, reinterpret_cast<float*>(slabs_of_a[which]));
    b_slab.store(share_of_b, reinterpret_cast<float*>(slabs_of_b[which]));
  };
  load(static_cast<int>(product.k));
  store(0);
  __syncthreads();
  int current = 0;
  for (int k_left = static_cast<int>(product.k); k_left > 0; k_left -= kSlab) {
    const bool more = k_left > kSlab;
    if (more) load(k_left - kSlab);
    const float* slab_a = reinterpret_cast<const float*>(slabs_of_a[current]) + row;
    const float* slab_b = reinterpret_cast<const float*>(slabs_of_b[current]) + column;
#pragma unroll 2  // further unrolling costs more registers than a thread has
    for (int l = 0; l < kSlab; ++l) {
      float a[kM], b[kN];
      load_groups<kM, 4 * kThreadsM>(slab_a + l * SlabA::kRow, a);
      load_groups<kN, 4 * kThreadsN>(slab_b + l * SlabB::kRow, b);
#pragma unroll
      for (int i = 0; i < kM; ++i) {
#pragma unroll
        for (int j = 0; j < kN; ++j) sum[i][j] += a[i] * b[j];
      }
    }
    current ^= 1;
    if (more) store(current);
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kM; ++i) {
    const int64_t r = i0 + i / 4 * (4 * kThreadsM) + row + i % 4;
    if (r >= product.m) continue;
#pragma unroll
    for (int j = 0; j < kN; ++j) {
      const int64_t s = j0 + j / 4 * (4 * kThreadsN) + column + j % 4;
      if (s >= product.n) continue;
      float* out = product.c + r * product.ldc + s;
      const float bias = product.bias != nullptr ? product.bias[s] : 0.0f;
      *out = fmaf(product.alpha, sum[i][j], product.beta != 0 ? fmaf(product.beta, *out, bias) : bias);
    }
  }
}

template <int kTileM, int kTileN, int kM, int kN, bool kTransA, typename T>
void launch_tiles(bool trans_b, const Product<float, T>& product) {
  constexpr int kThreads = kTileM / kM * (kTileN / kN);
  const int64_t tiles = ((product.m - 1) / kTileM + 1) * ((product.n - 1) / kTileN + 1);
  if (tiles > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "gemm: too many outputs for one launch");
  const unsigned grid = static_cast<unsigned>(tiles);
  if (trans_b) {
    SOTTO_LAUNCH((tiled_gemm_kernel<kTileM, kTileN, kM, kN, kTransA, true, T>), grid, kThreads, 0, nullptr, product);
  } else {
    SOTTO_LAUNCH((tiled_gemm_kernel<kTileM, kTileN, kM, kN, kTransA, false, T>), grid, kThreads, 0, nullptr, product);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

// m and n at least 1. Large tiles where they are enough to occupy the GPU, small ones otherwise: the same bits.
template <bool kTransA, typename T>
void tiled_gemm(int multiprocessors, bool trans_b, const Product<float, T>& product) {
  const int64_t large_tiles = ((product.m - 1) / 128 + 1) * ((product.n - 1) / 128 + 1);
  if (large_tiles >= multiprocessors) {
    launch_tiles<128, 128, 8, 8, kTransA>(trans_b, product);
  } else {
    launch_tiles<32, 64, 4, 4, kTransA>(trans_b, product);
  }
}

}  // namespace sotto::cuda
