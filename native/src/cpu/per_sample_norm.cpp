// Per-sample gradients of a LoRA pair and their squared norms, without storing what nobody asked for.
//
// A tile of a unit's gradient is formed in registers (outer_products.h) and squared, and stored only if the gradients
// are wanted. The ghost norm of Li et al. (2022) needs T^2 dot products of length C instead; for the ranks of LoRA,
// below T, forming the gradient costs less: 2 T R C FLOPs.
//
// Bytes: x and dy are read once for up to 8 ranks (4 T C each); with the gradients written, 4 R C more a side. At rank
// 8 that is 4 FLOPs a byte read: between memory and arithmetic, so tiles are as wide as the registers allow.
//
// Squares are taken in double: entries up to 1e38 stay finite, and the norm's error is that of double sums. Each group
// of channels leaves one partial sum, and the partials of a unit are added in order: the same bits for any thread
// count. Nothing crosses from one unit to another, so a NaN stays in its unit.
#include <algorithm>
#include <cstdint>

#include "context.h"
#include "kernels.h"
#include "outer_products.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

constexpr int64_t kGroupTiles = 8;
constexpr int64_t kGroupChannels = kGroupTiles * kTileChannels;

// Where a unit's rows are and where its gradient goes.
struct Unit {
  int64_t begin;
  int64_t end;
  float* gradient;  // of this side; null: not wanted
  bool accumulate;
};

// The sum of squares, in double, of kCount floats. Four running sums hide the latency of the additions.
template <int kCount>
double sum_of_squares(const float* values) {
  constexpr int kPart = kCount / 4;
  const auto square = [values](int i) { return static_cast<double>(values[i]) * values[i]; };
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int i = 0; i < kPart; ++i) {
    s0 += square(i);
    s1 += square(i + kPart);
    s2 += square(i + 2 * kPart);
    s3 += square(i + 3 * kPart);
  }
  return (s0 + s1) + (s2 + s3);
}

// Adds to the tile, which is `runs` runs of `length` floats, kStride apart, the floats already at the same place in the
// gradient, if asked, and stores it there. Inlined, so that the short runs of B have a length known to the compiler.
template <int kStride>
SOTTO_INLINE void update_gradient(float* tile, int64_t runs, int64_t length, float* gradient, int64_t step,
                                  bool accumulate) {
  for (int64_t i = 0; i < runs; ++i) {
    float* run = tile + i * kStride;
    float* out = gradient + i * step;
    if (accumulate) {
#pragma omp simd
      for (int64_t j = 0; j < length; ++j) run[j] += out[j];
    }
    memcpy(out, run, static_cast<size_t>(length) * sizeof(float));
  }
}

template <int kRanks, int kVectors>
double tile_squares(const Side& side, const Unit& unit, int64_t r0, int64_t c0, int64_t width) {
  alignas(64) float tile[kRanks * kVectors * kLanes];
  // In the order of storage even where nothing is stored: the squares are then added in one order, and a norm has the
  // same bits either way.
  const Placed placed = form_tile<kRanks, kVectors>(side, unit.begin, unit.end, r0, c0, width, side.transposed, tile);
  if (unit.gradient != nullptr) {
    float* first = unit.gradient + placed.at;
    if (side.transposed) {
      update_gradient<kRanks>(tile, width, kRanks, first, placed.step, unit.accumulate);
    } else {
      update_gradient<kVectors * kLanes>(tile, kRanks, width, first, placed.step, unit.accumulate);
    }
  }
  // Floats past the width may join the squares: zeros, or NaN where the whole unit is not finite.
  return sum_of_squares<kRanks * kVectors * kLanes>(tile);
}

// The squares of channels [begin, end) and all ranks.
double group_squares(const Side& side, const Unit& unit, int64_t begin, int64_t end) {
  double squares = 0;
  each_tile(side, begin, end, [&](auto ranks, auto vectors, int64_t r0, int64_t c0, int64_t width) {
    squares += tile_squares<ranks, vectors>(side, unit, r0, c0, width);
  });
  return squares;
}

int64_t groups_of(int64_t channels) { return (channels + kGroupChannels - 1) / kGroupChannels; }

}  // namespace

void per_sample_norm(Device& device, const sotto_per_sample_norm_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  check_starts("unit_start", factors.units, factors.unit_start, -1);
  Context& ctx = context(device);
  const Side a{factors.du, factors.x, shape.in_channels, shape.in_channels, shape.rank, 1.0f, false, 0};
  const Side b{factors.u,  factors.dy,  factors.lddy, shape.out_channels,
               shape.rank, shape.scale, true,         shape.rank * shape.in_channels};
  const int64_t groups_a = groups_of(shape.in_channels), groups = groups_a + groups_of(shape.out_channels);
  // One partial sum a unit and group, in the first thread's scratch memory (the tasks use none).
  ctx.reserve_scratch(factors.units * groups * static_cast<int64_t>(sizeof(double)));
  double* partial = static_cast<double*>(ctx.scratch(0));
  ctx.parallel_for(factors.units * groups, [&](int64_t task, int) {
    const int64_t s = task / groups, group = task % groups;
    const Side& side = group < groups_a ? a : b;
    const int64_t begin = (group < groups_a ? group : group - groups_a) * kGroupChannels;
    float* gradient = args.gradients == nullptr ? nullptr : args.gradients + s * args.gradient_stride + side.offset;
    const Unit unit{factors.unit_start[s], factors.unit_start[s + 1], gradient, args.accumulate != 0};
    partial[task] = group_squares(side, unit, begin, std::min(side.channels, begin + kGroupChannels));
  });
  for (int64_t s = 0; s < factors.units; ++s) {
    double total = 0;
    for (int64_t g = 0; g < groups; ++g) total += partial[s * groups + g];
    args.squared_norm[s] = total;
  }
}

}  // namespace sotto::cpu::SOTTO_ISA
