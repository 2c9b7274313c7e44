// The clipped sum of a pair whose per-sample gradients were never stored.
//
// Clipping pair by pair, a unit's factor is known as soon as its norm in this pair is: the gradients need not wait in
// memory for the norms of other pairs. So each tile of a unit's gradient is formed a second time (outer_products.h),
// multiplied by the factor, rounded to the grid and added to the sums. The entries have the bits that per_sample_norm
// stores, and sums on the grid are exact (clipped_sum.cpp), so the result has the bits of storing and summing.
//
// Price and gain: 2 T R C FLOPs a unit again, in place of 4 R C bytes written and as many read. For units of few rows
// the bytes cost more, for long ones the arithmetic does; the memory of U x P floats is saved in any case.
//
// Shape: a task owns a tile's channels of one side and takes the units in turn, so no two tasks add to one sum and any
// number of threads gives the same bits; the task's sums stay in the first-level cache.
#include <cstdint>

#include "../common/grid.h"
#include "context.h"
#include "kernels.h"
#include "outer_products.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

SOTTO_INLINE void add_clipped(const float* tile, const Placed& placed, double factor, double quantum, double* sum) {
  for (int64_t i = 0; i < placed.runs; ++i) {
    const float* run = tile + i * placed.stride;
    double* out = sum + placed.at + i * placed.step;
#pragma omp simd
    for (int64_t j = 0; j < placed.length; ++j) out[j] += round_to_quantum(factor * run[j], quantum);
  }
}

template <int kRanks, int kVectors>
void add_tile(const Side& side, int64_t begin, int64_t end, int64_t r0, int64_t c0, int64_t width, double factor,
              double quantum, double* sum) {
  alignas(64) float tile[kRanks * kVectors * kLanes];
  const Placed placed = form_tile<kRanks, kVectors>(side, begin, end, r0, c0, width, side.transposed, tile);
  add_clipped(tile, placed, factor, quantum, sum);
}

int64_t tiles_of(int64_t channels) { return (channels + kTileChannels - 1) / kTileChannels; }

}  // namespace

void clip_and_sum_pair(Device& device, const sotto_clip_and_sum_pair_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  check_starts("unit_start", factors.units, factors.unit_start, -1);
  const Side a{factors.du, factors.x, shape.in_channels, shape.in_channels, shape.rank, 1.0f, false, 0};
  const Side b{factors.u,  factors.dy,  factors.lddy, shape.out_channels,
               shape.rank, shape.scale, true,         shape.rank * shape.in_channels};
  const int64_t tiles_a = tiles_of(shape.in_channels);
  context(device).parallel_for(tiles_a + tiles_of(shape.out_channels), [&](int64_t task, int) {
    const Side& side = task < tiles_a ? a : b;
    const int64_t begin = (task < tiles_a ? task : task - tiles_a) * kTileChannels;
    const int64_t end = std::min(side.channels, begin + kTileChannels);
    for (int64_t s = 0; s < factors.units; ++s) {
      if (args.factor[s] == 0) continue;
      each_tile(side, begin, end, [&](auto ranks, auto vectors, int64_t r0, int64_t c0, int64_t width) {
        add_tile<ranks, vectors>(side, factors.unit_start[s], factors.unit_start[s + 1], r0, c0, width, args.factor[s],
                                 args.quantum, args.sum + side.offset);
      });
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
