// Ops that treat each element by itself: one kernel, with the op as a functor that turns the kIn values at an index
// into the kOut values at that index. Used by elementwise.cu, activation.cu and optimizer.cu.
//
// Such ops are bound by memory: a thread takes four neighbouring elements of every array, so that a load is 16 bytes
// and a warp's loads are 512 bytes in a row, the widest there are. All loads come before the first store, which keeps
// kIn loads a thread on their way and allows an output to be one of the inputs. Arrays that do not begin at a multiple
// of 16 bytes, and the last one to three elements, go one by one; an element's value does not depend on which.
#pragma once

#include <cstdint>

#include "check.cuh"
#include "four.cuh"
#include "launch.cuh"

namespace sotto::cuda {

template <int kIn, int kOut>
struct Arrays {
  const float* in[kIn];
  float* out[kOut];
};

constexpr int kPointwiseThreads = 256;
constexpr int64_t kMostPointwiseBlocks = 1 << 24;  // beyond it (1.7e10 elements) a thread takes several turns

template <typename Op, int kIn, int kOut>
__global__ void __launch_bounds__(kPointwiseThreads)
    pointwise_kernel(int64_t count, bool aligned, const Arrays<kIn, kOut> arrays, const Op op) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kPointwiseThreads * 4;
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kPointwiseThreads + threadIdx.x) * 4; i < count; i += step) {
    const bool whole = aligned && i + 4 <= count;
    float x[4][kIn];
    float y[4][kOut];
#pragma unroll
    for (int a = 0; a < kIn; ++a) {
      if (whole) {
        const float4 quad = *reinterpret_cast<const float4*>(arrays.in[a] + i);
        x[0][a] = quad.x;
        x[1][a] = quad.y;
        x[2][a] = quad.z;
        x[3][a] = quad.w;
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e) x[e][a] = i + e < count ? arrays.in[a][i + e] : 0.0f;
      }
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) op(x[e], y[e]);
#pragma unroll
    for (int a = 0; a < kOut; ++a) {
      if (whole) {
        *reinterpret_cast<float4*>(arrays.out[a] + i) = make_float4(y[0][a], y[1][a], y[2][a], y[3][a]);
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          if (i + e < count) arrays.out[a][i + e] = y[e][a];
        }
      }
    }
  }
}

// out[..][i] = op(in[..][i]) for i in [0, count). Op: void operator()(const float (&in)[kIn], float (&out)[kOut]).
template <int kIn, int kOut, typename Op>
void pointwise(int64_t count, const Arrays<kIn, kOut>& arrays, const Op& op) {
  if (count == 0) return;
  bool aligned = true;
  for (const float* in : arrays.in) aligned = aligned && four_aligned(in, 0);
  for (const float* out : arrays.out) aligned = aligned && four_aligned(out, 0);
  const int64_t blocks = (count - 1) / (4 * kPointwiseThreads) + 1;
  const unsigned grid = static_cast<unsigned>(blocks < kMostPointwiseBlocks ? blocks : kMostPointwiseBlocks);
  SOTTO_LAUNCH((pointwise_kernel<Op, kIn, kOut>), grid, kPointwiseThreads, 0, nullptr, count, aligned, arrays, op);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
