// Sums over a warp and a block, in an order that the number of threads alone fixes.
#pragma once

#include "launch.cuh"

namespace sotto::cuda {

// The sum of the 32 lanes' values, the same bits in every lane: pairs 16 apart, then 8, 4, 2, 1.
template <typename T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int apart = 16; apart > 0; apart /= 2) value += __shfl_xor_sync(0xffffffffu, value, apart);
  return value;
}

// The sum of kThreads values, valid in thread 0: warp by warp, then the warps in order. Every thread of the block
// calls it; threadIdx is one-dimensional.
template <int kThreads>
__device__ __forceinline__ double block_sum(double value) {
  static_assert(kThreads % 32 == 0, "whole warps");
  SOTTO_SHARED(double, of_warp, [kThreads / 32]);
  value = warp_sum(value);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  double total = 0;
  if (threadIdx.x == 0) {
    for (int w = 0; w < kThreads / 32; ++w) total += of_warp[w];
  }
  __syncthreads();  // the next call writes of_warp again
  return total;
}

}  // namespace sotto::cuda
