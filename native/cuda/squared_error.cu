// Squared error of one logit a row on the GPU, and its gradient in place of the logit.
//
// What it computes. row_loss = (logit - target)^2; logit = 2 weight (logit - target), where asked. A row by itself.
//
// Which bytes it moves, a row: 12, with the gradient 20; a logit is a memory access of 32 bytes where logits are apart.
//
// Why this shape. A thread a row: a batch has a few rows, one a sequence, and the launch costs more than the work.
// Nothing has been measured on a GPU yet.
#include <cstdint>

#include "check.cuh"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads)
    squared_error_kernel(int64_t rows, float* __restrict__ logits, int64_t ld, const float* __restrict__ targets,
                         const float* __restrict__ row_weight, bool gradient, float* __restrict__ row_loss) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t r = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; r < rows; r += step) {
    const float difference = logits[r * ld] - targets[r];
    row_loss[r] = difference * difference;
    if (gradient) logits[r * ld] = row_weight[r] * 2.0f * difference;
  }
}

}  // namespace

void squared_error(Device&, const sotto_squared_error_request& args) {
  if (args.rows == 0) return;
  SOTTO_LAUNCH(squared_error_kernel, row_blocks((args.rows - 1) / kThreads + 1), kThreads, 0, nullptr, args.rows,
               args.logits, args.ld, args.targets, args.row_weight, args.gradient != 0, args.row_loss);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
