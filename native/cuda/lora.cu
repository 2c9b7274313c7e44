// LoRA's low-rank path, forward and backward (Hu et al. 2022): two skinny matrix products a direction, in one kernel.
//
// What it computes. A row is squeezed to R numbers, and those are expanded onto a wide row:
//     forward    u = x A^T,          y  += (scale u) B^T
//     backward   du = scale * dy B,  dx += du A
//
// Which bytes it moves. The input and u once, the output in and out: 4 N (C + 2 C' + R). A and B come from the
// second-level cache, once for every 16 rows: at rank 8 half as many bytes as the input.
//
// Why this shape. A block takes 16 rows. To squeeze, a warp holds 4 rows x 8 ranks (16 for R > 8) of dot products a
// lane, each over the channels that the lane reads 16 bytes at a time; two warps share a group of four rows, each with
// every other stretch of 128 channels, so that a small batch still fills the GPU. The 32 lanes' sums of 32 dot products
// are added by a butterfly that halves the number of products a lane holds at each of its five steps: 31 exchanges
// instead of 160, and lane l ends with product l. Now u stands in shared memory and the block expands it: a thread owns
// four channels of eight rows in registers while the ranks go by, reads u as broadcasts, and touches the output
// once. B is stored [C', R] and A [R, C]: both are read as 4 x 4 pieces, four 16-byte loads whichever way they lie.
//
// Determinism. A dot product is a chain over its lane's channels, then the butterfly (16 apart, 8, 4, 2, 1), then the
// two warps: the same for every row wherever it stands, so a row's bits depend on that row alone.
//
// How close to the limit. 2 R FLOPs a float read or written: bound by memory up to rank 16 or so. A pair of GPT-2 at
// 4096 rows (768 + 768 channels, rank 8) moves 38 MB, 11 microseconds at an H100's 3.35 TB/s. At rank 64 the reads of
// A and B from the second-level cache, four times the input's, are the bound. Estimates; nothing has been measured yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "four.cuh"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kRowGroups = 4;  // of a block
constexpr int kRowsOfGroup = 4;
constexpr int kRows = kRowGroups * kRowsOfGroup;
constexpr int kParts = 2;  // warps that share a row group's channels
constexpr int kThreads = 32 * kRowGroups * kParts;
constexpr int kStretch = 128 * kParts;  // channels from one of a lane's reads to its next
constexpr int kRowsAtOnce = 8;          // of a thread that expands
constexpr int64_t kMostBlocks = 1 << 30;

// A as [rank, channels] or B as [channels, rank].
struct LowRank {
  const float* data;
  int64_t channels;
};

struct Pass {
  int64_t rows;
  int rank;
  const float* in;
  int64_t ld_in;
  LowRank squeeze;
  float squeeze_factor;
  float* narrow;  // u or du
  LowRank expand;
  float expand_factor;
  float* out;  // null: squeeze only
  int64_t ld_out;
};

// piece[q][j] = the entry of rank r + q and channel c + j; 0 beyond the last of either.
template <bool kChannelsFirst, bool kAligned>
__device__ __forceinline__ void load_piece(const LowRank& m, int rank, int r, int64_t c, float (&piece)[4][4]) {
  const int left = static_cast<int>(min(m.channels - c, static_cast<int64_t>(4)));
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (kChannelsFirst) {
      float of_channel[4];
      load_four<kAligned>(m.data + (c + i) * rank + r, i < left ? rank - r : 0, of_channel);
#pragma unroll
      for (int q = 0; q < 4; ++q) piece[q][i] = of_channel[q];
    } else {
      load_four<kAligned>(m.data + (r + i) * m.channels + c, r + i < rank ? left : 0, piece[i]);
    }
  }
}

// sum[32] of every lane is added over the lanes; lane l ends with the total of sum[l] in sum[0].
template <int kApart = 16>
__device__ __forceinline__ void transposing_sum(float (&sum)[32]) {
  const bool upper = (threadIdx.x & kApart) != 0;
#pragma unroll
  for (int i = 0; i < kApart; ++i) {
    const float given = __shfl_xor_sync(0xffffffffu, upper ? sum[i] : sum[i + kApart], kApart);
    sum[i] = (upper ? sum[i + kApart] : sum[i]) + given;
  }
  if constexpr (kApart > 1) transposing_sum<kApart / 2>(sum);
}

// dots[part][row][r] = this warp's share of the dot products of its row group.
template <int kRanks, bool kChannelsFirst, bool kAligned>
__device__ __forceinline__ void squeeze(const Pass& pass, int64_t row0, float* dots) {
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int group = warp / kParts, part = warp % kParts;
  const int64_t channels = pass.squeeze.channels, first = row0 + group * kRowsOfGroup;
  for (int r0 = 0; r0 < pass.rank; r0 += kRanks) {
    float sum[kRanks / 8][32] = {};  // [8 ranks][row, rank]
    for (int64_t c = part * 128 + lane * 4; c < channels; c += kStretch) {
      const int left = static_cast<int>(min(channels - c, static_cast<int64_t>(4)));
      float x[kRowsOfGroup][4];
#pragma unroll
      for (int i = 0; i < kRowsOfGroup; ++i) {
        load_four<kAligned>(pass.in + (first + i) * pass.ld_in + c, first + i < pass.rows ? left : 0, x[i]);
      }
#pragma unroll
      for (int r = 0; r < kRanks; r += 4) {
        float piece[4][4];
        load_piece<kChannelsFirst, kAligned>(pass.squeeze, pass.rank, r0 + r, c, piece);
#pragma unroll
        for (int i = 0; i < kRowsOfGroup; ++i) {
#pragma unroll
          for (int q = 0; q < 4; ++q) {
#pragma unroll
            for (int j = 0; j < 4; ++j) sum[r / 8][i * 8 + r % 8 + q] += x[i][j] * piece[q][j];
          }
        }
      }
    }
#pragma unroll
    for (int e = 0; e < kRanks / 8; ++e) {
      transposing_sum(sum[e]);
      const int r = r0 + 8 * e + lane % 8;
      if (r < pass.rank) dots[(part * kRows + group * kRowsOfGroup + lane / 8) * pass.rank + r] = sum[e][0];
    }
  }
}

// out[row][c] += the sum over ranks of scaled[r][row] * m: eight rows from row0 + row on.
template <bool kChannelsFirst, bool kAligned>
__device__ __forceinline__ void expand(const Pass& pass, int64_t row0, int row, int64_t c, const float* scaled) {
  float sum[kRowsAtOnce][4] = {};
  for (int r = 0; r < pass.rank; r += 4) {
    float piece[4][4];
    load_piece<kChannelsFirst, kAligned>(pass.expand, pass.rank, r, c, piece);
#pragma unroll
    for (int q = 0; q < 4; ++q) {
      if (r + q >= pass.rank) continue;
#pragma unroll
      for (int i = 0; i < kRowsAtOnce; i += 4) {
        const float4 f = *reinterpret_cast<const float4*>(scaled + (r + q) * kRows + row + i);
        const float factor[4] = {f.x, f.y, f.z, f.w};
#pragma unroll
        for (int k = 0; k < 4; ++k) {
#pragma unroll
          for (int j = 0; j < 4; ++j) sum[i + k][j] += factor[k] * piece[q][j];
        }
      }
    }
  }
  const int left = static_cast<int>(min(pass.expand.channels - c, static_cast<int64_t>(4)));
#pragma unroll
  for (int i = 0; i < kRowsAtOnce; ++i) {
    if (row0 + row + i >= pass.rows) continue;
    float* at = pass.out + (row0 + row + i) * pass.ld_out + c;
    float out[4];
    load_four<kAligned>(at, left, out);
#pragma unroll
    for (int j = 0; j < 4; ++j) out[j] += sum[i][j];
    store_four<kAligned>(at, left, out);
  }
}

template <bool kForward, int kRanks, bool kAligned>
__global__ void __launch_bounds__(kThreads, 2) lora_kernel(const Pass pass) {
  SOTTO_DYNAMIC_SHARED(float, shared);
  float* scaled = shared;                    // [rank, rows]: what expand multiplies with
  float* dots = shared + kRows * pass.rank;  // [parts, rows, rank]
  const int tile = kRows * pass.rank;
  for (int64_t row0 = static_cast<int64_t>(blockIdx.x) * kRows; row0 < pass.rows;
       row0 += static_cast<int64_t>(gridDim.x) * kRows) {
    squeeze<kRanks, !kForward, kAligned>(pass, row0, dots);
    __syncthreads();
    for (int e = static_cast<int>(threadIdx.x); e < tile; e += kThreads) {
      const int i = e / pass.rank, r = e % pass.rank;
      const float value = (dots[e] + dots[tile + e]) * pass.squeeze_factor;
      if (row0 + i < pass.rows) pass.narrow[row0 * pass.rank + e] = value;
      scaled[r * kRows + i] = value * pass.expand_factor;
    }
    __syncthreads();
    if (pass.out == nullptr) continue;
    for (int64_t c = 4 * static_cast<int64_t>(threadIdx.x); c < pass.expand.channels; c += 4 * kThreads) {
      for (int row = 0; row < kRows; row += kRowsAtOnce) {
        expand<kForward, kAligned>(pass, row0, row, c, scaled);
      }
    }
  }
}

template <bool kForward, bool kAligned>
void launch(const Pass& pass) {
  const unsigned grid = static_cast<unsigned>(std::min((pass.rows - 1) / kRows + 1, kMostBlocks));
  const size_t shared = static_cast<size_t>(1 + kParts) * kRows * pass.rank * sizeof(float);  // 48 KiB at rank 256
  if (pass.rank <= 8) {
    SOTTO_LAUNCH((lora_kernel<kForward, 8, kAligned>), grid, kThreads, shared, nullptr, pass);
  } else {
    SOTTO_LAUNCH((lora_kernel<kForward, 16, kAligned>), grid, kThreads, shared, nullptr, pass);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

template <bool kForward>
void run(const Pass& pass, const LowRank& a, const LowRank& b) {
  const bool aligned = four_aligned(pass.in, pass.ld_in) && four_aligned(a.data, a.channels) &&
                       four_aligned(b.data, pass.rank) && (pass.out == nullptr || four_aligned(pass.out, pass.ld_out));
  aligned ? launch<kForward, true>(pass) : launch<kForward, false>(pass);
}

}  // namespace

void lora_forward(Device&, const sotto_lora_forward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  if (args.rows == 0) return;
  const LowRank down{args.a, shape.in_channels}, up{args.b, shape.out_channels};
  run<true>({args.rows, static_cast<int>(shape.rank), args.x, shape.in_channels, down, 1.0f, args.u, up, shape.scale,
             args.y, args.ldy},
            down, up);
}

void lora_backward(Device&, const sotto_lora_backward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  if (args.rows == 0) return;
  const LowRank down{args.b, shape.out_channels}, up{args.a, shape.in_channels};
  run<false>({args.rows, static_cast<int>(shape.rank), args.dy, args.lddy, down, shape.scale, args.du, up, 1.0f,
              args.dx, shape.in_channels},
             up, down);
}

}  // namespace sotto::cuda
