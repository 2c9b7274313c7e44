// Sums and maxima over the threads of a warp and of a block.
//
// The order is fixed: a butterfly over the warp (lane i takes in lane i ^ 16, then ^ 8, 4, 2, 1; as a + b = b + a every
// lane ends with the same bits), then the same over the warps' results. With a thread's own terms in a fixed order
// before it, a sum depends on the number of its terms alone, never on their address or on other rows: a row's result is
// the same in any batch.
#pragma once

#include <cfloat>

#include "launch.cuh"

namespace sotto::cuda {

struct Sum {
  static constexpr float kNeutral = 0.0f;
  template <typename T>
  __device__ __forceinline__ static T of(T a, T b) {
    return a + b;
  }
};

// Drops NaN: whoever needs a NaN kept sees it elsewhere.
struct Maximum {
  static constexpr float kNeutral = -FLT_MAX;
  __device__ __forceinline__ static float of(float a, float b) { return fmaxf(a, b); }
};

// Reduces value over each group of kLanes neighbouring lanes; all of them get the result.
template <typename Reduction, int kLanes = 32, typename T>
__device__ __forceinline__ T over_lanes(T value) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    value = Reduction::of(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

// Reduces each of a thread's kValues values over a block of kThreads threads; all of them call it and get the results.
// threadIdx is one-dimensional.
template <typename Reduction, int kThreads, typename T, int kValues>
__device__ __forceinline__ void over_block(T (&value)[kValues]) {
  static_assert(kThreads % 32 == 0, "whole warps");
#pragma unroll
  for (int v = 0; v < kValues; ++v) value[v] = over_lanes<Reduction>(value[v]);
  if constexpr (kThreads > 32) {
    constexpr int kWarps = kThreads / 32;
    SOTTO_SHARED(T, part, [kValues][kWarps]);
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    if (lane == 0) {
#pragma unroll
      for (int v = 0; v < kValues; ++v) part[v][warp] = value[v];
    }
    __syncthreads();
#pragma unroll
    for (int v = 0; v < kValues; ++v) {
      value[v] = over_lanes<Reduction>(lane < kWarps ? part[v][lane] : static_cast<T>(Reduction::kNeutral));
    }
    __syncthreads();  // part may be written again
  }
}

}  // namespace sotto::cuda
