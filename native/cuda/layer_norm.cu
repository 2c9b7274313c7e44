// LayerNorm on the GPU, forward and backward (Ba et al. 2016).
//
// What it computes, a row at a time:
//     n = (x - mean) rstd;   out = n gamma + beta;   rstd = 1 / sqrt(variance + epsilon)
//     g = dout gamma;        dx += rstd (g - average(g) - n average(g n))
//     dgamma += sum over rows of dout n;   dbeta += sum over rows of dout
//
// Which bytes it moves. Forward reads x and writes out, 8 a channel. Backward reads dout, x and dx and writes dx, 16 a
// channel; dgamma and dbeta, when wanted, read dout and x once more. gamma and beta stay in the caches.
//
// Why this shape. A row is a block, so its sums need no other block. Reading the row again for the variance and for the
// output costs no bytes from memory: a row of 4096 channels is 16 KiB, and the rows a multiprocessor works on fit its
// first-level cache. The variance is the mean of squared differences from the mean, as the difference of two large
// sums would lose the digits that matter. Short rows take a block of one warp, which has no barrier to wait at; which
// of the two it is depends on the number of channels alone, for the sake of the bits.
//
// How close to the limit. 10 to 15 operations a channel for 8 or 16 bytes: memory binds. Long rows should come near the
// speed of a copy, a little less where the two or three sums of a row leave the loads of a block idle. Nothing has been
// measured on a GPU yet.
#include <cstdint>

#include "check.cuh"
#include "column_sums.cuh"
#include "four.cuh"
#include "ops.h"
#include "reduce.cuh"

namespace sotto::cuda {
namespace {

constexpr int64_t kWarpChannels = 512;  // rows up to here are a warp's work
constexpr int kBlockThreads = 256;

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(int64_t rows, int64_t channels, float epsilon, bool aligned, const float* __restrict__ x,
                   const float* __restrict__ gamma, const float* __restrict__ beta, float* __restrict__ out,
                   float* __restrict__ mean, float* __restrict__ rstd) {
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const float* row = x + r * channels;
    float sum[1] = {0.0f};
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 v = load4(row, c, channels, aligned);
      sum[0] += (v.x + v.y) + (v.z + v.w);
    }
    over_block<Sum, kThreads>(sum);
    const float m = sum[0] * per_channel;
    float squares[1] = {0.0f};
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 v = load4(row, c, channels, aligned, m);  // beyond the row: the mean, which adds nothing
      const float a = v.x - m, b = v.y - m, d = v.z - m, e = v.w - m;
      squares[0] += (a * a + b * b) + (d * d + e * e);
    }
    over_block<Sum, kThreads>(squares);
    const float s = 1.0f / sqrtf(squares[0] * per_channel + epsilon);
    if (threadIdx.x == 0) {
      mean[r] = m;
      rstd[r] = s;
    }
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 v = load4(row, c, channels, aligned);
      const float4 g = load4(gamma, c, channels, aligned);
      const float4 b = load4(beta, c, channels, aligned);
      store4(out + r * channels, c, channels, aligned,
             make_float4((v.x - m) * s * g.x + b.x, (v.y - m) * s * g.y + b.y, (v.z - m) * s * g.z + b.z,
                         (v.w - m) * s * g.w + b.w));
    }
  }
}

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(int64_t rows, int64_t channels, bool aligned, const float* __restrict__ dout,
                    const float* __restrict__ x, const float* __restrict__ gamma, const float* __restrict__ mean,
                    const float* __restrict__ rstd, float* __restrict__ dx) {
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const float* gradient = dout + r * channels;
    const float* row = x + r * channels;
    const float m = mean[r], s = rstd[r];
    float sum[2] = {0.0f, 0.0f};  // of g and of g n
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 o = load4(gradient, c, channels, aligned);
      const float4 w = load4(gamma, c, channels, aligned);
      const float4 v = load4(row, c, channels, aligned);
      const float4 g = make_float4(o.x * w.x, o.y * w.y, o.z * w.z, o.w * w.w);
      sum[0] += (g.x + g.y) + (g.z + g.w);
      sum[1] += (g.x * ((v.x - m) * s) + g.y * ((v.y - m) * s)) + (g.z * ((v.z - m) * s) + g.w * ((v.w - m) * s));
    }
    over_block<Sum, kThreads>(sum);
    const float g_mean = sum[0] * per_channel, gn_mean = sum[1] * per_channel;
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      const float4 o = load4(gradient, c, channels, aligned);
      const float4 w = load4(gamma, c, channels, aligned);
      const float4 v = load4(row, c, channels, aligned);
      float4 d = load4(dx + r * channels, c, channels, aligned);
      d.x += s * (o.x * w.x - g_mean - (v.x - m) * s * gn_mean);
      d.y += s * (o.y * w.y - g_mean - (v.y - m) * s * gn_mean);
      d.z += s * (o.z * w.z - g_mean - (v.z - m) * s * gn_mean);
      d.w += s * (o.w * w.w - g_mean - (v.w - m) * s * gn_mean);
      store4(dx + r * channels, c, channels, aligned, d);
    }
  }
}

// What row r and channel c add to dgamma and dbeta.
struct Terms {
  int64_t channels;
  const float *dout, *x, *mean, *rstd;
  __device__ void operator()(int64_t r, int64_t c, float (&term)[2]) const {
    const float gradient = dout[r * channels + c];
    term[0] = gradient * ((x[r * channels + c] - mean[r]) * rstd[r]);
    term[1] = gradient;
  }
};

}  // namespace

void layer_norm_forward(Device&, const sotto_layer_norm_forward_request& args) {
  if (args.rows == 0) return;
  const bool aligned = four_aligned(args.x, args.channels) && four_aligned(args.out, args.channels) &&
                       four_aligned(args.gamma, args.channels) && four_aligned(args.beta, args.channels);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(forward_kernel<32>, row_blocks(args.rows), 32, 0, nullptr, args.rows, args.channels, args.epsilon,
                 aligned, args.x, args.gamma, args.beta, args.out, args.mean, args.rstd);
  } else {
    SOTTO_LAUNCH(forward_kernel<kBlockThreads>, row_blocks(args.rows), kBlockThreads, 0, nullptr, args.rows,
                 args.channels, args.epsilon, aligned, args.x, args.gamma, args.beta, args.out, args.mean, args.rstd);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

void layer_norm_backward(Device&, const sotto_layer_norm_backward_request& args) {
  if (args.rows == 0) return;
  const bool aligned = four_aligned(args.dout, args.channels) && four_aligned(args.x, args.channels) &&
                       four_aligned(args.gamma, args.channels) && four_aligned(args.dx, args.channels);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(backward_kernel<32>, row_blocks(args.rows), 32, 0, nullptr, args.rows, args.channels, aligned,
                 args.dout, args.x, args.gamma, args.mean, args.rstd, args.dx);
  } else {
    SOTTO_LAUNCH(backward_kernel<kBlockThreads>, row_blocks(args.rows), kBlockThreads, 0, nullptr, args.rows,
                 args.channels, aligned, args.dout, args.x, args.gamma, args.mean, args.rstd, args.dx);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
  if (args.dgamma == nullptr && args.dbeta == nullptr) return;
  column_sums<2>(args.rows, args.channels, Terms{args.channels, args.dout, args.x, args.mean, args.rstd},
                 {{args.dgamma, args.dbeta}});
}

}  // namespace sotto::cuda
