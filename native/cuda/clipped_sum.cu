// The sum of clipped per-sample gradients, exact on the grid and so, to the bit, the CPU's.
//
// What it computes. sum[p] += sum over units s with factor[s] != 0 of round_to_quantum(factor[s] * gradient[s][p]). A
// float times a float is exact in double and is rounded once, to a whole number of quanta; from there on every addition
// is exact, so no order of units and no split into calls can change a bit (src/cpu/clipped_sum.cpp tells why the
// guarantee needs this).
//
// Which bytes it moves. Every gradient once, 4 * units * P, and the sums once in and once out, 16 * P.
//
// Why this shape. A thread owns four neighbouring parameters and keeps their sums in registers while the units go by,
// eight at a time: eight independent 16-byte loads in flight a thread, 512 neighbouring bytes a warp and unit. No
// shared memory, no exchange. A unit of factor 0 is skipped, not multiplied: its gradient may hold infinities, and 0 *
// infinity is NaN. Factors are the same for all threads, so the branch never diverges.
//
// How close to the limit. A term is a conversion and three operations in double: with 16 conversions and 64 operations
// a multiprocessor and clock (H100) about 3e12 terms a second, where copying bandwidth feeds 0.8e12: bound by memory.
// Estimates; nothing has been measured yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "common/grid.h"
#include "four.cuh"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kUnitsAtOnce = 8;
constexpr int64_t kMostBlocks = 1 << 30;

template <bool kAligned>
__global__ void __launch_bounds__(kThreads)
    clipped_sum_kernel(int64_t units, int64_t parameters, const float* __restrict__ gradients, int64_t stride,
                       const float* __restrict__ factor, double quantum, double* __restrict__ sum) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads * 4;
  for (int64_t p = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * 4; p < parameters; p += step) {
    const int left = static_cast<int>(min(parameters - p, static_cast<int64_t>(4)));
    double total[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) total[i] = i < left ? sum[p + i] : 0;
    for (int64_t first = 0; first < units; first += kUnitsAtOnce) {
      float scale[kUnitsAtOnce];
      float gradient[kUnitsAtOnce][4];
#pragma unroll
      for (int s = 0; s < kUnitsAtOnce; ++s) {
        scale[s] = first + s < units ? factor[first + s] : 0.0f;
        load_four<kAligned>(gradients + (first + s) * stride + p, scale[s] != 0 ? left : 0, gradient[s]);
      }
#pragma unroll
      for (int s = 0; s < kUnitsAtOnce; ++s) {
        if (scale[s] == 0) continue;
        const double f = scale[s];
#pragma unroll
        for (int i = 0; i < 4; ++i) total[i] += round_to_quantum(f * gradient[s][i], quantum);
      }
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (i < left) sum[p + i] = total[i];
    }
  }
}

}  // namespace

void clipped_sum(Device&, const sotto_clipped_sum_request& args) {
  if (args.units == 0 || args.parameters == 0) return;
  const int64_t blocks = (args.parameters - 1) / (4 * kThreads) + 1;
  const unsigned grid = static_cast<unsigned>(std::min(blocks, kMostBlocks));
  if (four_aligned(args.gradients, args.gradient_stride)) {
    SOTTO_LAUNCH(clipped_sum_kernel<true>, grid, kThreads, 0, nullptr, args.units, args.parameters, args.gradients,
                 args.gradient_stride, args.factor, args.quantum, args.sum);
  } else {
    SOTTO_LAUNCH(clipped_sum_kernel<false>, grid, kThreads, 0, nullptr, args.units, args.parameters, args.gradients,
                 args.gradient_stride, args.factor, args.quantum, args.sum);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
