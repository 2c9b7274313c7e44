// Rotary embedding on the GPU, in place (Su et al. 2021, "RoFormer").
//
// What it computes. With half = rotary_dim / 2, the pair (a, b) = (x[i], x[i + half]) of each head of row r becomes
// (a c - b s, b c + a s), c and s the cosine and sine at [positions[r]][i]; the inverse turns by -s. An index outside
// the tables gives NaN and is not read.
//
// Which bytes it moves. 8 a channel: read and written once. The tables are small (half pairs a position) and stay in
// the caches; a thread keeps its c and s in registers for all the heads it serves.
//
// Why this shape. A block serves one row. A warp's 32 threads take 32 neighbouring pairs, so that both halves are read
// and written in runs of 128 bytes; its 8 warps take different heads. No memory is shared, nothing waits.
//
// How close to the limit. About 6 operations for 16 bytes: bound by memory, near the speed of a copy where a row has
// 8 heads or more; a rotary_dim below 64 leaves lanes idle. Nothing has been measured on a GPU yet.
#include <cmath>
#include <cstdint>

#include "check.cuh"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kPairs = 32;
constexpr int kHeads = 8;
constexpr int64_t kMostBlocks = 1 << 30;

__global__ void __launch_bounds__(kPairs* kHeads)
    rope_kernel(int64_t rows, int64_t heads, int64_t half, int64_t head_stride, int64_t max_positions, float direction,
                const int32_t* __restrict__ positions, const float* __restrict__ cosine, const float* __restrict__ sine,
                float* __restrict__ x, int64_t ldx) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const int64_t position = positions[r];
    const bool inside = position >= 0 && position < max_positions;
    for (int64_t i = threadIdx.x; i < half; i += kPairs) {
      const float c = inside ? cosine[position * half + i] : nanf("");
      const float s = inside ? sine[position * half + i] * direction : nanf("");
#pragma unroll 2
      for (int64_t h = threadIdx.y; h < heads; h += kHeads) {
        float* low = x + r * ldx + h * head_stride + i;
        float* high = low + half;
        const float a = *low, b = *high;
        *low = a * c - b * s;
        *high = b * c + a * s;
      }
    }
  }
}

}  // namespace

void rope(Device&, const sotto_rope_request& args) {
  if (args.rows == 0) return;
  const unsigned grid = static_cast<unsigned>(args.rows < kMostBlocks ? args.rows : kMostBlocks);
  SOTTO_LAUNCH(rope_kernel, grid, dim3(kPairs, kHeads), 0, nullptr, args.rows, args.heads, args.rotary_dim / 2,
               args.head_stride, args.max_positions, args.inverse ? -1.0f : 1.0f, args.positions, args.cosine,
               args.sine, args.x, args.ldx);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
