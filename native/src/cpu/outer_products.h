// The per-sample gradients of a LoRA pair, a register tile at a time.
//
// Both gradients of a unit are sums of outer products over its rows: dA = sum_t du_t (x) x_t and dB^T = scale sum_t u_t
// (x) dy_t, each [rank, channels]. A tile of ranks x channels stays in registers while the unit's rows go by. An entry
// is one chain of FMAs over the rows in order, so its bits do not depend on the tile that it falls into: the norm, the
// stored gradient and the fused clipped sum see the same gradient.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "lane_moves.h"

namespace sotto::cpu::SOTTO_ISA {

constexpr int kTileRanks = kLanes == 16 ? 8 : 4;
constexpr int kTileVectors = kLanes == 16 ? 3 : 2;
constexpr int kTileChannels = kTileVectors * kLanes;

// One side of the pair: sum over rows t of narrow[t, rank] (x) wide[t, channels].
struct Side {
  const float* narrow;
  const float* wide;
  int64_t ld_wide;
  int64_t channels;
  int64_t rank;
  float scale;
  bool transposed;  // the gradient is stored [channels, rank] (B) rather than [rank, channels] (A)
  int64_t offset;   // of this side in a unit's gradient
};

// A tile as it lies in the gradient: `runs` runs of `length` floats, `stride` apart in the tile; the first float of run
// i belongs to place at + i * step of this side's gradient.
struct Placed {
  int64_t runs;
  int64_t length;
  int64_t stride;
  int64_t at;
  int64_t step;
};

// Fills the tile with ranks r0 .. r0 + kRanks of channels c0 .. c0 + width over rows [begin, end), in the order of
// storage where transposed says so, else rank by rank. Floats past the width hold sums of zeros, or NaN where the unit
// is not finite.
template <int kRanks, int kVectors>
SOTTO_INLINE Placed form_tile(const Side& side, int64_t begin, int64_t end, int64_t r0, int64_t c0, int64_t width,
                              bool transposed, float* tile) {
  Vec sum[kRanks][kVectors] = {};
  const float* narrow = side.narrow + r0;
  const float* wide = side.wide + c0;
  const bool whole = width == kVectors * kLanes;
  const Part part{static_cast<int>(std::min<int64_t>(width, kLanes))};
  for (int64_t t = begin; t < end; ++t) {
    Vec x[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const float* at = wide + t * side.ld_wide + v * kLanes;
      x[v] = whole ? load(at) : load(at, part);  // only tiles of one vector are ever partial
      // Rows are far apart in memory, so the hardware does not foresee the next tile; the last one's hint goes unused.
      if (r0 == 0) __builtin_prefetch(at + kVectors * kLanes, 0, 2);
    }
    for (int r = 0; r < kRanks; ++r) {
      const Vec f = splat(narrow[t * side.rank + r]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = fma(f, x[v], sum[r][v]);
    }
  }
  if (!transposed) {
    constexpr int kStride = kVectors * kLanes;
    for (int r = 0; r < kRanks; ++r) {
      for (int v = 0; v < kVectors; ++v) store(tile + r * kStride + v * kLanes, sum[r][v] * side.scale);
    }
    return {kRanks, width, kStride, r0 * side.channels + c0, side.channels};
  }
  for (int v = 0; v < kVectors; ++v) {
    Vec column[kRanks];
    for (int r = 0; r < kRanks; ++r) column[r] = sum[r][v] * side.scale;
    interleave<kRanks>(column);
    for (int r = 0; r < kRanks; ++r) store(tile + (v * kRanks + r) * kLanes, column[r]);
  }
  return {width, kRanks, kRanks, c0 * side.rank + r0, side.rank};
}

// Calls visit(ranks, vectors, r0, c0, width) for the tiles that cover all ranks of channels [begin, end); ranks and
// vectors are integral constants. Ranks come before channels: the rows' piece of the wide side is read from memory once
// and, for further ranks, from cache.
template <typename Visit>
SOTTO_INLINE void each_tile(const Side& side, int64_t begin, int64_t end, Visit visit) {
  const auto with_ranks = [&](auto ranks, int64_t r, int64_t c, int64_t width) {
    if (width == kTileChannels) return visit(ranks, std::integral_constant<int, kTileVectors>(), r, c, width);
    for (int64_t i = 0; i < width; i += kLanes) {
      visit(ranks, std::integral_constant<int, 1>(), r, c + i, std::min<int64_t>(kLanes, width - i));
    }
  };
  for (int64_t c = begin; c < end; c += kTileChannels) {
    const int64_t width = std::min<int64_t>(kTileChannels, end - c);
    int64_t r = 0;
    for (; r + kTileRanks <= side.rank; r += kTileRanks) {
      with_ranks(std::integral_constant<int, kTileRanks>(), r, c, width);
    }
    if constexpr (kTileRanks > 4) {
      for (; r + 4 <= side.rank; r += 4) with_ranks(std::integral_constant<int, 4>(), r, c, width);
    }
    for (; r < side.rank; ++r) with_ranks(std::integral_constant<int, 1>(), r, c, width);
  }
}

}  // namespace sotto::cpu::SOTTO_ISA
