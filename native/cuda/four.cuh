// Four neighbouring floats: one 16-byte access where the address allows, single floats where it does not and at the
// end of a row. The values, and with them the bits of a result, are the same either way.
#pragma once

#include <cstdint>

#include "launch.cuh"

namespace sotto::cuda {

// Whether rows of a matrix can be read four floats at a time from any column divisible by four.
inline bool four_aligned(const void* data, int64_t ld) {
  return reinterpret_cast<uintptr_t>(data) % 16 == 0 && ld % 4 == 0;
}

// Elements i .. i+3 of a row of n elements, `beyond` where there are none. aligned: row + i is divisible by 16 bytes,
// as it is where four_aligned holds and i is a multiple of 4.
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

// The same as arrays, for loops that are unrolled over the four, with the alignment known when compiling: x[0..3] =
// at[0..3], zeros for the floats from `left` on.
template <bool kAligned>
__device__ __forceinline__ void load_four(const float* at, int left, float (&x)[4]) {
  const float4 v = load4(at, 0, left, kAligned);
  x[0] = v.x;
  x[1] = v.y;
  x[2] = v.z;
  x[3] = v.w;
}

// at[0..3] = x[0..3], the first `left` of them.
template <bool kAligned>
__device__ __forceinline__ void store_four(float* at, int left, const float (&x)[4]) {
  store4(at, 0, left, kAligned, make_float4(x[0], x[1], x[2], x[3]));
}

}  // namespace sotto::cuda
