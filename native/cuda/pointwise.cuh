// Ops that treat each element by itself: one kernel, with the op as a functor that turns the kIn values at an index
// into the kOut values at that index. Used by elementwise.cu, activation.cu and optimizer.cu.
//
// Such ops are bound by memory: a thread takes four neighbouring elements of every array, so that a load is 16 bytes
// and a warp's loads are 512 bytes in a row, the widest there are. All loads come before the first store, which keeps
// kIn loads a thread on their way and allows an output to be one of the inputs. Arrays that do not begin at a multiple
// of 16 bytes, and the last one to three elements, go one by one; an element's value does not depend on which.
// Rows with gaps between them take the second dimension of the grid; without gaps they are one long row.
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
  int64_t in_step[kIn] = {};  // floats from one row to the next; not read where there is one row
  int64_t out_step[kOut] = {};
};

constexpr int kPointwiseThreads = 256;
constexpr int64_t kMostPointwiseBlocks = 1 << 24;  // beyond it (1.7e10 elements) a thread takes several turns
constexpr int64_t kMostPointwiseRows = 65535;      // beyond it a block takes several rows

template <typename Op, int kIn, int kOut>
__global__ void __launch_bounds__(kPointwiseThreads)
    pointwise_kernel(int64_t rows, int64_t count, bool aligned, const Arrays<kIn, kOut> arrays, const Op op) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kPointwiseThreads * 4;
  for (int64_t r = blockIdx.y; r < rows; r += gridDim.y)
    for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kPointwiseThreads + threadIdx.x) * 4; i < count; i += step) {
      const bool whole = aligned && i + 4 <= count;
      float x[4][kIn];
      float y[4][kOut];
#pragma unroll
      for (int a = 0; a < kIn; ++a) {
        const float* in = arrays.in[a] + r * arrays.in_step[a] + i;
        if (whole) {
          const float4 quad = *reinterpret_cast<const float4*>(in);
          x[0][a] = quad.x;
          x[1][a] = quad.y;
          x[2][a] = quad.z;
          x[3][a] = quad.w;
        } else {
#pragma unroll
          for (int e = 0; e < 4; ++e) x[e][a] = i + e < count ? in[e] : 0.0f;
        }
      }
#pragma unroll
      for (int e = 0; e < 4; ++e) op(x[e], y[e]);
#pragma unroll
      for (int a = 0; a < kOut; ++a) {
        float* out = arrays.out[a] + r * arrays.out_step[a] + i;
        if (whole) {
          *reinterpret_cast<float4*>(out) = make_float4(y[0][a], y[1][a], y[2][a], y[3][a]);
        } else {
#pragma unroll
          for (int e = 0; e < 4; ++e) {
            if (i + e < count) out[e] = y[e][a];
          }
        }
      }
    }
}

// out[..][r][c] = op(in[..][r][c]) for all channels c of all rows r.
// Op: void operator()(const float (&in)[kIn], float (&out)[kOut]).
template <int kIn, int kOut, typename Op>
void pointwise(int64_t rows, int64_t channels, const Arrays<kIn, kOut>& arrays, const Op& op) {
  if (rows == 0 || channels == 0) return;
  bool packed = true, aligned = true;
  for (int a = 0; a < kIn; ++a) {
    packed = packed && arrays.in_step[a] == channels;
    aligned = aligned && four_aligned(arrays.in[a], rows == 1 ? 0 : arrays.in_step[a]);
  }
  for (int a = 0; a < kOut; ++a) {
    packed = packed && arrays.out_step[a] == channels;
    aligned = aligned && four_aligned(arrays.out[a], rows == 1 ? 0 : arrays.out_step[a]);
  }
  if (packed && rows > 1) return pointwise(1, rows * channels, arrays, op);
  const int64_t blocks = (channels - 1) / (4 * kPointwiseThreads) + 1;
  const dim3 grid(static_cast<unsigned>(blocks < kMostPointwiseBlocks ? blocks : kMostPointwiseBlocks),
                  static_cast<unsigned>(rows < kMostPointwiseRows ? rows : kMostPointwiseRows));
  SOTTO_LAUNCH((pointwise_kernel<Op, kIn, kOut>), grid, kPointwiseThreads, 0, nullptr, rows, channels, aligned, arrays,
               op);
  SOTTO_CUDA_CHECK_LAUNCH();
}

// One row of `count` elements.
template <int kIn, int kOut, typename Op>
void pointwise(int64_t count, const Arrays<kIn, kOut>& arrays, const Op& op) {
  pointwise(1, count, arrays, op);
}

}  // namespace sotto::cuda
