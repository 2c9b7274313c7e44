// RMSNorm on the GPU, forward and backward (Zhang & Sennrich 2019).
//
// What it computes, a row at a time, or a head at a time where several stand side by side in a row:
//     n = x rstd;       out = n gamma;   rstd = 1 / sqrt(average(x^2) + epsilon)
//     g = dout gamma;   dx += rstd (g - n average(g n));   dgamma += sum over rows and heads of dout n
//
// Which bytes it moves. Forward reads x and writes out, 8 a channel. Backward reads dout, x and dx and writes dx, 16 a
// channel; dgamma, when wanted, reads dout and x once more, a launch a head. gamma stays in the caches.
//
// Why this shape. That of layer_norm.cu with one sum the fewer: a row (or head) a block, read again from the
// first-level cache once its sum is known; rows up to 512 channels a block of one warp.
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

// Head i, counted over all rows, of a matrix of that leading dimension.
struct Heads {
  int64_t rows, heads, channels;
  __host__ __device__ int64_t count() const { return rows * heads; }
  __device__ __forceinline__ int64_t offset(int64_t i, int64_t ld) const {
    return heads == 1 ? i * ld : i / heads * ld + i % heads * channels;
  }
  // Whether heads of this matrix can be read four floats at a time.
  bool aligned(const void* data, int64_t ld) const {
    return four_aligned(data, ld) && (heads == 1 || channels % 4 == 0);
  }
};

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const Heads place, float epsilon, bool aligned, const float* __restrict__ x, int64_t ldx,
                   const float* __restrict__ gamma, float* __restrict__ out, int64_t ldout, float* __restrict__ rstd) {
  const int64_t channels = place.channels;
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < place.count(); r += gridDim.x) {
    const float* row = x + place.offset(r, ldx);
    float* result = out + place.offset(r, ldout);
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
      store4(result, c, channels, aligned, make_float4(v.x * s * g.x, v.y * s * g.y, v.z * s * g.z, v.w * s * g.w));
    }
  }
}

template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(const Heads place, bool aligned, const float* __restrict__ dout, int64_t lddout,
                    const float* __restrict__ x, int64_t ldx, const float* __restrict__ gamma,
                    const float* __restrict__ rstd, float* __restrict__ dx, int64_t lddx) {
  const int64_t channels = place.channels;
  const float per_channel = 1.0f / static_cast<float>(channels);
  for (int64_t r = blockIdx.x; r < place.count(); r += gridDim.x) {
    const float* gradient = dout + place.offset(r, lddout);
    const float* row = x + place.offset(r, ldx);
    float* result = dx + place.offset(r, lddx);
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
      float4 d = load4(result, c, channels, aligned);
      d.x += s * (o.x * w.x - v.x * s * gn_mean);
      d.y += s * (o.y * w.y - v.y * s * gn_mean);
      d.z += s * (o.z * w.z - v.z * s * gn_mean);
      d.w += s * (o.w * w.w - v.w * s * gn_mean);
      store4(result, c, channels, aligned, d);
    }
  }
}

// What row r and channel c of one head add to dgamma.
struct Terms {
  const float* dout;
  int64_t lddout;
  const float* x;
  int64_t ldx;
  const float* rstd;
  int64_t heads;
  __device__ void operator()(int64_t r, int64_t c, float (&term)[1]) const {
    term[0] = dout[r * lddout + c] * (x[r * ldx + c] * rstd[r * heads]);
  }
};

}  // namespace

void rms_norm_forward(Device&, const sotto_rms_norm_forward_request& args) {
  if (args.rows == 0) return;
  const Heads place{args.rows, args.heads, args.channels};
  const bool aligned =
      place.aligned(args.x, args.ldx) && place.aligned(args.out, args.ldout) && four_aligned(args.gamma, 0);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(forward_kernel<32>, row_blocks(place.count()), 32, 0, nullptr, place, args.epsilon, aligned, args.x,
                 args.ldx, args.gamma, args.out, args.ldout, args.rstd);
  } else {
    SOTTO_LAUNCH(forward_kernel<kBlockThreads>, row_blocks(place.count()), kBlockThreads, 0, nullptr, place,
                 args.epsilon, aligned, args.x, args.ldx, args.gamma, args.out, args.ldout, args.rstd);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

void rms_norm_backward(Device&, const sotto_rms_norm_backward_request& args) {
  if (args.rows == 0) return;
  const Heads place{args.rows, args.heads, args.channels};
  const bool aligned = place.aligned(args.dout, args.lddout) && place.aligned(args.x, args.ldx) &&
                       four_aligned(args.gamma, 0) && place.aligned(args.dx, args.lddx);
  if (args.channels <= kWarpChannels) {
    SOTTO_LAUNCH(backward_kernel<32>, row_blocks(place.count()), 32, 0, nullptr, place, aligned, args.dout, args.lddout,
                 args.x, args.ldx, args.gamma, args.rstd, args.dx, args.lddx);
  } else {
    SOTTO_LAUNCH(backward_kernel<kBlockThreads>, row_blocks(place.count()), kBlockThreads, 0, nullptr, place, aligned,
                 args.dout, args.lddout, args.x, args.ldx, args.gamma, args.rstd, args.dx, args.lddx);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
  if (args.dgamma == nullptr) return;
  for (int64_t h = 0; h < args.heads; ++h) {
    const int64_t first = h * args.channels;
    column_sums<1>(args.rows, args.channels,
                   Terms{args.dout + first, args.lddout, args.x + first, args.ldx, args.rstd + h, args.heads},
                   {{args.dgamma}});
  }
}

}  // namespace sotto::cuda
