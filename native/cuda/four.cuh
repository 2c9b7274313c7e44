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

// x[0..3] = at[0..3]; zeros for the floats from `left` on. kAligned: `at` is divisible by 16 bytes.
template <bool kAligned>
__device__ __forceinline__ void load_four(const float* at, int left, float (&x)[4]) {
  if (kAligned && left >= 4) {
    const float4 v = *reinterpret_cast<const float4*>(at);
    x[0] = v.x;
    x[1] = v.y;
    x[2] = v.z;
    x[3] = v.w;
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i) x[i] = i < left ? at[i] : 0.0f;
  }
}

// at[0..3] = x[0..3], the first `left` of them.
template <bool kAligned>
__device__ __forceinline__ void store_four(float* at, int left, const float (&x)[4]) {
  if (kAligned && left >= 4) {
    *reinterpret_cast<float4*>(at) = make_float4(x[0], x[1], x[2], x[3]);
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (i < left) at[i] = x[i];
    }
  }
}

}  // namespace sotto::cuda
