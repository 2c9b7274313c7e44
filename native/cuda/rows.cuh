// Sums and maxima over the threads of a block, and reading a row four channels at a time.
//
// The order of a sum is fixed: a thread's own terms, then a butterfly over the warp (lane i adds lane i ^ 16, ^ 8, ...;
// as a + b = b + a every lane ends with the same bits), then the warps in order. It depends on the row's length and
// never on the row's address or on other rows, which is what makes a row's result the same in any batch.
#pragma once

#include <cfloat>
#include <cstdint>

#include "four.cuh"
#include "launch.cuh"

namespace sotto::cuda {

// Most blocks of a launch over rows; with more rows a block takes several.
constexpr int64_t kMostRowBlocks = 1 << 30;

inline unsigned row_blocks(int64_t rows) {
  return static_cast<unsigned>(rows < kMostRowBlocks ? rows : kMostRowBlocks);
}

struct Sum {
  static constexpr float kNeutral = 0.0f;
  __device__ __forceinline__ static float of(float a, float b) { return a + b; }
};

// Drops NaN: whoever needs a NaN kept sees it elsewhere.
struct Maximum {
  static constexpr float kNeutral = -FLT_MAX;
  __device__ __forceinline__ static float of(float a, float b) { return fmaxf(a, b); }
};

// Reduces value over each group of kLanes neighbouring lanes; all of them get the result.
template <typename Reduction, int kLanes = 32>
__device__ __forceinline__ float over_lanes(float value) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    value = Reduction::of(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

// Reduces each of a thread's kValues values over a block of kThreads threads; all of them get the results.
template <typename Reduction, int kThreads, int kValues>
__device__ __forceinline__ void over_block(float (&value)[kValues]) {
#pragma unroll
  for (int v = 0; v < kValues; ++v) value[v] = over_lanes<Reduction>(value[v]);
  if constexpr (kThreads > 32) {
    constexpr int kWarps = kThreads / 32;
    SOTTO_SHARED(float, part, [kValues][kWarps]);
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    if (lane == 0) {
#pragma unroll
      for (int v = 0; v < kValues; ++v) part[v][warp] = value[v];
    }
    __syncthreads();
#pragma unroll
    for (int v = 0; v < kValues; ++v) {
      value[v] = over_lanes<Reduction>(lane < kWarps ? part[v][lane] : Reduction::kNeutral);
    }
    __syncthreads();  // part may be written again
  }
}

// Elements i .. i+3 of a row of n elements, `beyond` where there are none; i is a multiple of 4. aligned: every row
// begins at a multiple of 16 bytes (four_aligned).
__device__ __forceinline__ float4 load4(const float* row, int64_t i, int64_t n, bool aligned, float beyond = 0.0f) {
  if (aligned && i + 4 <= n) return *reinterpret_cast<const float4*>(row + i);
  return make_float4(i < n ? row[i] : beyond, i + 1 < n ? row[i + 1] : beyond, i + 2 < n ? row[i + 2] : beyond,
                     i + 3 < n ? row[i + 3] : beyond);
}

__device__ __forceinline__ void store4(float* row, int64_t i, int64_t n, bool aligned, float4 value) {
  if (aligned && i + 4 <= n) {
    *reinterpret_cast<float4*>(row + i) = value;
    return;
  }
  if (i < n) row[i] = value.x;
  if (i + 1 < n) row[i + 1] = value.y;
  if (i + 2 < n) row[i + 2] = value.z;
  if (i + 3 < n) row[i + 3] = value.w;
}

}  // namespace sotto::cuda
