// One vector a sequence on the GPU: the mean, the first or the last of its rows; and the way back.
//
// What it computes. Forward: out[s] = the mean of x[start[s]] .. x[start[s+1] - 1], or the first or last of them, zeros
// where there is none. Backward: dx[r] = dout[s] / rows, or dout[s] in the one row that was taken and zeros elsewhere.
//
// Which bytes it moves. A mean reads x once, 4 a channel and row; the others read one row a sequence. Backward writes
// dx once and reads dout once a row, from the caches.
//
// Why this shape. A block owns 512 channels of one sequence, four neighbouring ones a thread, and walks over its rows
// in their order, runs of 64 apart first: one writer a sum, so a vector has the same bits whatever else is in the
// batch.
//
// How close to the limit. Bound by memory, and a thread has one load in flight for each row that the compiler unrolls;
// a batch of few long sequences leaves most of the GPU idle. It is a thousandth of a step. Nothing has been measured on
// a GPU yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "four.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int64_t kMostSequences = 1 << 30;
constexpr int64_t kMostStrips = 65535;

template <sotto_pooling kKind>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(int64_t sequences, int64_t channels, bool aligned, const int32_t* __restrict__ start,
                   const float* __restrict__ x, float* __restrict__ out) {
  constexpr int64_t kRun = 64;
  for (int64_t s = blockIdx.x; s < sequences; s += gridDim.x) {
    const int64_t first = start[s], end = start[s + 1];
    for (int64_t c = 4 * (static_cast<int64_t>(blockIdx.y) * kThreads + threadIdx.x); c < channels;
         c += 4 * static_cast<int64_t>(kThreads) * gridDim.y) {
      float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if constexpr (kKind == SOTTO_POOL_MEAN) {
        for (int64_t begin = first; begin < end; begin += kRun) {
          float4 run = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll 4
          for (int64_t r = begin; r < min(end, begin + kRun); ++r) {
            const float4 v = load4(x + r * channels, c, channels, aligned);
            run = make_float4(run.x + v.x, run.y + v.y, run.z + v.z, run.w + v.w);
          }
          value = make_float4(value.x + run.x, value.y + run.y, value.z + run.z, value.w + run.w);
        }
        const float count = end > first ? static_cast<float>(end - first) : 1.0f;
        value = make_float4(value.x / count, value.y / count, value.z / count, value.w / count);
      } else if (end > first) {
        value = load4(x + (kKind == SOTTO_POOL_FIRST ? first : end - 1) * channels, c, channels, aligned);
      }
      store4(out + s * channels, c, channels, aligned, value);
    }
  }
}

template <sotto_pooling kKind>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(int64_t sequences, int64_t channels, bool aligned, const int32_t* __restrict__ start,
                    const float* __restrict__ dout, float* __restrict__ dx) {
  for (int64_t s = blockIdx.x; s < sequences; s += gridDim.x) {
    const int64_t first = start[s], end = start[s + 1];
    for (int64_t c = 4 * (static_cast<int64_t>(blockIdx.y) * kThreads + threadIdx.x); c < channels;
         c += 4 * static_cast<int64_t>(kThreads) * gridDim.y) {
      float4 gradient = load4(dout + s * channels, c, channels, aligned);
      if constexpr (kKind == SOTTO_POOL_MEAN) {
        const float count = static_cast<float>(end - first);
        gradient = make_float4(gradient.x / count, gradient.y / count, gradient.z / count, gradient.w / count);
      }
      for (int64_t r = first; r < end; ++r) {
        const bool flows = kKind == SOTTO_POOL_MEAN || r == (kKind == SOTTO_POOL_FIRST ? first : end - 1);
        store4(dx + r * channels, c, channels, aligned, flows ? gradient : make_float4(0.0f, 0.0f, 0.0f, 0.0f));
      }
    }
  }
}

dim3 grid_of(int64_t sequences, int64_t channels) {
  return dim3(static_cast<unsigned>(std::min(sequences, kMostSequences)),
              static_cast<unsigned>(std::min((channels - 1) / (4 * kThreads) + 1, kMostStrips)));
}

template <sotto_pooling kKind>
void forward(const sotto_pool_forward_request& args) {
  const bool aligned = four_aligned(args.x, args.channels) && four_aligned(args.out, args.channels);
  SOTTO_LAUNCH(forward_kernel<kKind>, grid_of(args.sequences, args.channels), kThreads, 0, nullptr, args.sequences,
               args.channels, aligned, args.start, args.x, args.out);
}

template <sotto_pooling kKind>
void backward(const sotto_pool_backward_request& args) {
  const bool aligned = four_aligned(args.dout, args.channels) && four_aligned(args.dx, args.channels);
  SOTTO_LAUNCH(backward_kernel<kKind>, grid_of(args.sequences, args.channels), kThreads, 0, nullptr, args.sequences,
               args.channels, aligned, args.start, args.dout, args.dx);
}

}  // namespace

void pool_forward(Device&, const sotto_pool_forward_request& args) {
  if (args.sequences == 0 || args.channels == 0) return;
  if (args.kind == SOTTO_POOL_MEAN) {
    forward<SOTTO_POOL_MEAN>(args);
  } else if (args.kind == SOTTO_POOL_FIRST) {
    forward<SOTTO_POOL_FIRST>(args);
  } else {
    forward<SOTTO_POOL_LAST>(args);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

void pool_backward(Device&, const sotto_pool_backward_request& args) {
  if (args.sequences == 0 || args.channels == 0) return;
  if (args.kind == SOTTO_POOL_MEAN) {
    backward<SOTTO_POOL_MEAN>(args);
  } else if (args.kind == SOTTO_POOL_FIRST) {
    backward<SOTTO_POOL_FIRST>(args);
  } else {
    backward<SOTTO_POOL_LAST>(args);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
