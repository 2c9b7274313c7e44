// Sums over all rows, a sum a column: the gradients of a bias and of a norm's scale and shift.
//
// A block owns 32 neighbouring columns. Its 16 warps take every 16th row each, a row being 128 bytes to a warp, and
// meet once at the end in shared memory. No block adds to another's sum, so nothing has to be atomic and the order is
// fixed. A warp adds runs of 64 rows by themselves first, which keeps the rounding error of long columns small.
//
// Few columns leave much of the GPU idle (768 columns are 24 blocks), and columns that are not a multiple of 32 wide
// waste lanes of the last block. Frozen biases and norms, the case of LoRA, never come here.
#pragma once

#include <cstdint>

#include "check.cuh"
#include "launch.cuh"

namespace sotto::cuda {

constexpr int kSumColumns = 32;
constexpr int kSumWarps = 16;

template <int kSums>
struct Sums {
  float* out[kSums];  // each may be null
};

template <typename Terms, int kSums>
__global__ void __launch_bounds__(kSumColumns* kSumWarps)
    column_sums_kernel(int64_t rows, int64_t channels, const Terms terms, const Sums<kSums> sums) {
  constexpr int kRun = 64;
  SOTTO_SHARED(float, part, [kSums][kSumWarps][kSumColumns]);
  const int64_t c = static_cast<int64_t>(blockIdx.x) * kSumColumns + threadIdx.x;
  float total[kSums] = {};
  for (int64_t first = threadIdx.y; c < channels && first < rows; first += kRun * kSumWarps) {
    float run[kSums] = {};
#pragma unroll 4
    for (int i = 0; i < kRun; ++i) {
      const int64_t r = first + static_cast<int64_t>(i) * kSumWarps;
      if (r >= rows) break;
      float term[kSums];
      terms(r, c, term);
#pragma unroll
      for (int s = 0; s < kSums; ++s) run[s] += term[s];
    }
#pragma unroll
    for (int s = 0; s < kSums; ++s) total[s] += run[s];
  }
#pragma unroll
  for (int s = 0; s < kSums; ++s) part[s][threadIdx.y][threadIdx.x] = total[s];
  __syncthreads();
  if (threadIdx.y != 0 || c >= channels) return;
#pragma unroll
  for (int s = 0; s < kSums; ++s) {
    float sum = 0.0f;
    for (int warp = 0; warp < kSumWarps; ++warp) sum += part[s][warp][threadIdx.x];
    if (sums.out[s] != nullptr) sums.out[s][c] += sum;
  }
}

// sums.out[s][c] += sum over r of terms(r, c)[s]. Terms: void operator()(int64_t r, int64_t c, float (&term)[kSums]).
template <int kSums, typename Terms>
void column_sums(int64_t rows, int64_t channels, const Terms& terms, const Sums<kSums>& sums) {
  if (rows == 0 || channels == 0) return;
  const unsigned grid = static_cast<unsigned>((channels + kSumColumns - 1) / kSumColumns);
  SOTTO_LAUNCH((column_sums_kernel<Terms, kSums>), grid, dim3(kSumColumns, kSumWarps), 0, nullptr, rows, channels,
               terms, sums);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
