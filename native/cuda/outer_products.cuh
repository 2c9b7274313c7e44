// The per-sample gradient of one unit and 128 channels of one side of a LoRA pair, in registers: shared by
// per_sample_norm.cu, which explains the shape, and clip_and_sum_pair.cu. Both see the same bits: row t goes to warp
// t / 4 mod 8, the warps' parts are added in their order.
#pragma once

#include <cstdint>

#include "four.cuh"
#include "launch.cuh"

namespace sotto::cuda {

constexpr int kOuterWarps = 8;
constexpr int kOuterThreads = 32 * kOuterWarps;
constexpr int kOuterChannels = 128;  // of a block, four a lane
constexpr int kOuterRows = 4;        // of a warp at a time

// One side of the pair: the sum over rows t of narrow[t, rank] (x) wide[t, channels].
struct Side {
  const float* narrow;
  const float* wide;
  int64_t ld_wide;
  int64_t channels;
  float scale;
  bool transposed;  // the gradient is stored [channels, rank] (B) rather than [rank, channels] (A)
  bool aligned;     // wide may be read 16 bytes at a time
  int64_t offset;   // of this side in a unit's gradient
};

// The sides A and B of a pair, as in sotto_per_sample_norm.
inline Side side_a(int64_t in_channels, const float* x, const float* du) {
  return {du, x, in_channels, in_channels, 1.0f, false, four_aligned(x, in_channels), 0};
}
inline Side side_b(int64_t in_channels, int64_t out_channels, int64_t rank, float scale, const float* u,
                   const float* dy, int64_t lddy) {
  return {u, dy, lddy, out_channels, scale, true, four_aligned(dy, lddy), rank * in_channels};
}

inline int64_t outer_blocks(int64_t channels) { return (channels + kOuterChannels - 1) / kOuterChannels; }

// A block's shared memory.
template <int kRanks>
struct OuterShape {
  static constexpr int kRound = kRanks < 8 ? kRanks : 8;     // ranks added across warps at a time
  static constexpr int kRow = kOuterChannels + 32 / kRound;  // a padded row of the sums
  static constexpr int kRounds = kRanks / kRound;
  static constexpr int kEntries = kRound * kOuterChannels / kOuterThreads;  // of a thread and round
};
template <int kRanks>
using Corners = float4[kOuterWarps][kOuterRows * kRanks / 4];
template <int kRanks>
using Sums = float4[kOuterWarps][OuterShape<kRanks>::kRound * OuterShape<kRanks>::kRow / 4];

// Where a block stands: 128 channels of one side from c0, of which `width` exist.
struct Strip {
  int64_t c0;
  int width;
  int rank;
};

// Adds narrow (x) wide of this warp's rows to sum: ranks r0 .. r0 + kRanks, channels c .. c + 4 of which `left` exist.
template <int kRanks, bool kAligned>
__device__ __forceinline__ void add_rows(const Side& side, unsigned begin, unsigned end, int rank, int r0, int64_t c,
                                         int left, float (&corner)[kOuterRows][kRanks], float (&sum)[kRanks][4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  unsigned t = begin + threadIdx.x / 32 * kOuterRows;
  const float* at = side.wide + t * side.ld_wide + c;
  for (; t < end; t += kOuterWarps * kOuterRows, at += kOuterWarps * kOuterRows * side.ld_wide) {
    float wide[kOuterRows][4];
#pragma unroll
    for (int i = 0; i < kOuterRows; ++i) load_four<kAligned>(at + i * side.ld_wide, t + i < end ? left : 0, wide[i]);
    __syncwarp();  // the last rows have been used
#pragma unroll
    for (int e = lane; e < kOuterRows * kRanks; e += 32) {
      const int i = e / kRanks, r = e % kRanks;
      const bool there = t + i < end && r0 + r < rank;
      corner[i][r] = there ? side.narrow[static_cast<int64_t>(t + i) * rank + r0 + r] : 0.0f;
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kOuterRows; ++i) {
#pragma unroll
      for (int r = 0; r < kRanks; r += 4) {
        const float4 f = *reinterpret_cast<const float4*>(&corner[i][r]);
        const float factor[4] = {f.x, f.y, f.z, f.w};
#pragma unroll
        for (int q = 0; q < 4; ++q) {
#pragma unroll
          for (int j = 0; j < 4; ++j) sum[r + q][j] += factor[q] * wide[i][j];
        }
      }
    }
  }
}

// Entry k of this thread among ranks r0 .. r0 + kRanks: rank r of its round, channel c of the strip.
struct Entry {
  int r, c, rank_index;
  bool exists;
};

template <int kRanks>
__device__ __forceinline__ Entry entry_of(const Side& side, const Strip& strip, int r0, int k) {
  using Shape = OuterShape<kRanks>;
  const int e = static_cast<int>(threadIdx.x) + k % Shape::kEntries * kOuterThreads;
  const int r = side.transposed ? e % Shape::kRound : e / kOuterChannels;
  const int c = side.transposed ? e / Shape::kRound : e % kOuterChannels;
  const int rank_index = r0 + k / Shape::kEntries * Shape::kRound + r;
  return {r, c, rank_index, rank_index < strip.rank && c < strip.width};
}

// Its place in this side of the gradient.
__device__ __forceinline__ int64_t place_of(const Side& side, const Strip& strip, const Entry& entry) {
  const int64_t channel = strip.c0 + entry.c;
  return side.transposed ? channel * strip.rank + entry.rank_index : entry.rank_index * side.channels + channel;
}

// Calls take(k, entry, value) for this thread's entries of ranks r0 .. r0 + kRanks of the gradient of rows [begin,
// end), 0 <= k < kRounds * kEntries. All threads of the block call it. kUnroll: entries at a time; kEntries where take
// keeps one register an entry.
template <int kRanks, int kUnroll, typename Take>
__device__ __forceinline__ void each_entry(const Side& side, const Strip& strip, unsigned begin, unsigned end, int r0,
                                           Corners<kRanks>& corners, Sums<kRanks>& sums, const Take& take) {
  using Shape = OuterShape<kRanks>;
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  auto& corner = *reinterpret_cast<float(*)[kOuterRows][kRanks]>(corners[warp]);
  const int left = strip.width - 4 * lane;
  float sum[kRanks][4] = {};
  if (side.aligned) {
    add_rows<kRanks, true>(side, begin, end, strip.rank, r0, strip.c0 + 4 * lane, left, corner, sum);
  } else {
    add_rows<kRanks, false>(side, begin, end, strip.rank, r0, strip.c0 + 4 * lane, left, corner, sum);
  }
#pragma unroll
  for (int round = 0; round < Shape::kRounds; ++round) {
#pragma unroll
    for (int r = 0; r < Shape::kRound; ++r) {
      const float* of_rank = sum[round * Shape::kRound + r];
      sums[warp][(r * Shape::kRow) / 4 + lane] = make_float4(of_rank[0], of_rank[1], of_rank[2], of_rank[3]);
    }
    __syncthreads();
#pragma unroll kUnroll
    for (int i = 0; i < Shape::kEntries; ++i) {
      const int k = round * Shape::kEntries + i;
      const Entry entry = entry_of<kRanks>(side, strip, r0, k);
      if (!entry.exists) continue;
      float value = 0;
      for (int w = 0; w < kOuterWarps; ++w) {
        value += reinterpret_cast<const float*>(sums[w])[entry.r * Shape::kRow + entry.c];
      }
      take(k, entry, value * side.scale);
    }
    __syncthreads();
  }
}

}  // namespace sotto::cuda
