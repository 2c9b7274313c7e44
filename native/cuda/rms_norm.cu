// RMSNorm on the GPU, forward and backward (Zhang & Sennrich 2019).
//
// What it computes, a row at a time:
//     n = x rstd;       out = n gamma;   rstd = 1 / sqrt(average(x^2) + epsilon)
//     g = dout gamma;   dx += rstd (g - n average(g n));   dgamma += sum over rows of dout n
//
// Which bytes it moves. Forward reads x and writes out, 8 a channel. Backward reads dout, x and dx and writes dx, 16 a
// channel; dgamma, when wanted, reads dout and x once more. gamma stays in the caches.
//
// Why this shape. That of layer_norm.cu with one sum the fewer: a row a block, read again from the first-level cache
// once its sum is known; rows up to 512 channels a block of one warp.
//
// How close to the limit. Memory binds; long rows should come near the speed of a copy. Nothing has been measured on a
// GPU yet.
#include <cstdint>

#include "check.cuh"
#include "column_sums.cuh"
#include "four.cuh"
#include "ops.h"
#include "reduce.cuh"

namespace sotto::cuda {
namespace {

constexpr int64_t kWarpChannels = 512;
constexpr int kBlockThreads = 256;

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(int64_t rows, int64_t channels, float epsilon, bool aligned, const float* __restrict__ x,
                   const float* __restrict__ gamma, float* __restrict__ out, float* __restrict__ rstd) {
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const float* row = x + r * channels;
    float squares[1] = {0.0f};
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 v = load4(row, c, channels, aligned);
      squares[0] += (v.x * v.x + v.y * v.y) + (v.z * v.z + v.w * v.w);
    }
    over_block<Sum, kThreads>(squares);
    const float s = 1.0f / sqrtf(squares[0] * per_channel + epsilon);
    if (threadIdx.x == 0) rstd[r] = s;
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 v = load4(row, c, channels, aligned);
      const float4 g = load4(gamma, c, channels, aligned);
      store4(out + r * channels, c, channels, aligned,
             make_float4(v.x * s * g.x, v.y * s * g.y, v.z * s * g.z, v.w * s * g.w));
    }
  }
}

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(int64_t rows, int64_t channels, bool aligned, const float* __restrict__ dout,
                    const float* __restrict__ x, const float* __restrict__ gamma, const float* __restrict__ rstd,
                    float* __restrict__ dx) {
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const float* gradient = dout + r * channels;
    const float* row = x + r * channels;
    const float s = rstd[r];
    float sum[1] = {0.0f};  // of g n
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 o = load4(gradient, c, channels, aligned);
      const float4 w = load4(gamma, c, channels, aligned);
      const float4 v = load4(row, c, channels, aligned);
      sum[0] += (o.x * w.x * (v.x * s) + o.y * w.y * (v.y * s)) + (o.z * w.z * (v.z * s) + o.w * w.w * (v.w * s));
    }
    over_block<Sum, kThreads>(sum);
    const float gn_mean = sum[0] * per_channel;
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 o = load4(gradient, c, channels, aligned);
      const float4 w = load4(gamma, c, channels, aligned);
      const float4 v = load4(row, c, channels, aligned);
      float4 d = load4(dx + r * channels, c, channels, aligned);
      d.x += s * (o.x * w.x - v.x * s * gn_mean);
      d.y += s * (o.y * w.y - v.y * s * gn_mean);
      d.z += s * (o.z * w.z - v.z * s * gn_mean);
      d.w += s * (o.w * w.w - v.w * s * gn_mean);
      store4(dx + r * channels, c, channels, aligned, d);
    }
  }
}

// What row r and channel c add to dgamma.
struct Terms {
  int64_t channels;
  const float *dout, *x, *rstd;
  __device__ void operator()(int64_t r, int64_t c, float (&term)[1]) const {
    term[0] = dout[r * channels + c] * (x[r * channels + c] * rstd[r]);
  }
};

}  // namespace

void rms_norm_forward(Device&, const sotto_rms_norm_forward_request& args) {
  if (args.rows == 0) return;
  const bool aligned = four_aligned(args.x, args.channels) && four_aligned(args.out, args.channels) &&
                       four_aligned(args.gamma, args.channels);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(forward_kernel<32>, row_blocks(args.rows), 32, 0, nullptr, args.rows, args.channels, args.epsilon,
                 aligned, args.x, args.gamma, args.out, args.rstd);
  } else {
    SOTTO_LAUNCH(forward_kernel<kBlockThreads>, row_blocks(args.rows), kBlockThreads, 0, nullptr, args.rows,
                 args.channels, args.epsilon, aligned, args.x, args.gamma, args.out, args.rstd);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

void rms_norm_backward(Device&, const sotto_rms_norm_backward_request& args) {
  if (args.rows == 0) return;
  const bool aligned = four_aligned(args.dout, args.channels) && four_aligned(args.x, args.channels) &&
                       four_aligned(args.gamma, args.channels) && four_aligned(args.dx, args.channels);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(backward_kernel<32>, row_blocks(args.rows), 32, 0, nullptr, args.rows, args.channels, aligned,
                 args.dout, args.x, args.gamma, args.rstd, args.dx);
  } else {
    SOTTO_LAUNCH(backward_kernel<kBlockThreads>, row_blocks(args.rows), kBlockThreads, 0, nullptr, args.rows,
                 args.channels, aligned, args.dout, args.x, args.gamma, args.rstd, args.dx);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
  if (args.dgamma == nullptr) return;
  column_sums<1>(args.rows, args.channels, Terms{args.channels, args.dout, args.x, args.rstd}, {{args.dgamma}});
}

}  // namespace sotto::cuda
