// The clipped sum of a pair whose per-sample gradients were never stored, with the bits of storing and summing.
//
// What it computes. sum[p] += sum over units s with factor[s] != 0 of round_to_quantum(factor[s] * g_s[p]), g_s the
// gradient that per_sample_norm.cu stores. Clipping pair by pair, factor[s] is known once the norms of this pair are,
// so g_s can be formed a second time, in registers, and need not have been kept (src/cpu/clip_and_sum_pair.cpp).
//
// Which bytes it moves. x, dy, u and du once more, 4 T (Cin + Cout + 2 R) a unit, in place of 8 R (Cin + Cout) for
// writing and reading g_s; about 16 bytes a parameter and piece (below) for sums.
//
// Why this shape. outer_products.cuh forms the entries of one unit, 128 channels and 8 ranks, four a thread; sixteen
// ranks at a time, as for the norms, would leave no registers for their sums. Their clipped terms are added in double
// registers while units go by. With a pair of 1536 channels only twelve blocks would have work, so the units are dealt
// out to several pieces of blocks as well; each piece writes its sums to scratch memory and a second kernel adds them
// up. Sums on the grid are exact, so neither the number of pieces nor their order can change a bit, which is why the
// number may depend on the GPU. Scratch memory is bounded by the blocks that fill the GPU, not by units: 8 bytes for
// each of 128 R entries of some four blocks a multiprocessor.
//
// How close to the limit. As per_sample_norm.cu without stored gradients, plus three double operations an entry and
// unit, for 2 T operations in f32: bound by memory for short ranks. Estimates; nothing has been measured yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "common/grid.h"
#include "context.cuh"
#include "launch.cuh"
#include "ops.h"
#include "outer_products.cuh"

namespace sotto::cuda {
namespace {

constexpr int kAddThreads = 256;
constexpr int64_t kBlocksOfMultiprocessor = 4;
constexpr int64_t kMostPieces = 65535;

struct Request {
  const int32_t* unit_start;
  int64_t units;
  Side a, b;
  int64_t blocks_of_a;
  int rank;
  const float* factor;
  double quantum;
  int64_t parameters;
  double* partial;  // [pieces, parameters]
};

template <int kRanks>
__global__ void __launch_bounds__(kOuterThreads, 2) clipped_products_kernel(const Request request) {
  using Shape = OuterShape<kRanks>;
  constexpr int kEntries = Shape::kRounds * Shape::kEntries;
  SOTTO_SHARED(float4, corners, [kOuterWarps][kOuterRows * kRanks / 4]);
  SOTTO_SHARED(float4, sums, [kOuterWarps][Shape::kRound * Shape::kRow / 4]);
  const bool of_a = blockIdx.x < request.blocks_of_a;
  const Side side = of_a ? request.a : request.b;
  const int64_t c0 = (of_a ? blockIdx.x : blockIdx.x - request.blocks_of_a) * kOuterChannels;
  const int width = static_cast<int>(min(side.channels - c0, static_cast<int64_t>(kOuterChannels)));
  const Strip strip{c0, width, request.rank};
  double* const partial = request.partial + blockIdx.y * request.parameters + side.offset;
  for (int r0 = 0; r0 < request.rank; r0 += kRanks) {
    double total[kEntries] = {};
    for (int64_t s = blockIdx.y; s < request.units; s += gridDim.y) {
      const double factor = request.factor[s];
      if (factor == 0) continue;
      const unsigned begin = static_cast<unsigned>(request.unit_start[s]);  // unsigned: a step past the end fits
      const unsigned end = static_cast<unsigned>(request.unit_start[s + 1]);
      each_entry<kRanks, kEntries>(side, strip, begin, end, r0, corners, sums, [&](int k, const Entry&, float value) {
        total[k] += round_to_quantum(factor * value, request.quantum);
      });
    }
#pragma unroll
    for (int k = 0; k < kEntries; ++k) {
      const Entry entry = entry_of<kRanks>(side, strip, r0, k);
      if (entry.exists) partial[place_of(side, strip, entry)] = total[k];
    }
  }
}

// sum[p] += partial[0][p] + partial[1][p] + ...
__global__ void __launch_bounds__(kAddThreads)
    add_pieces_kernel(int64_t pieces, int64_t parameters, const double* __restrict__ partial, double* sum) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kAddThreads;
  for (int64_t p = static_cast<int64_t>(blockIdx.x) * kAddThreads + threadIdx.x; p < parameters; p += step) {
    double total = sum[p];
    for (int64_t i = 0; i < pieces; ++i) total += partial[i * parameters + p];
    sum[p] = total;
  }
}

}  // namespace

void clip_and_sum_pair(Device& device, const sotto_clip_and_sum_pair_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  const int64_t blocks_of_a = outer_blocks(shape.in_channels), blocks = blocks_of_a + outer_blocks(shape.out_channels);
  if (factors.units == 0 || blocks == 0) return;
  if (blocks > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "clip_and_sum_pair: too many channels for one launch");
  Context& ctx = context(device);
  const int64_t wanted = (kBlocksOfMultiprocessor * ctx.multiprocessors() + blocks - 1) / blocks;
  const int64_t pieces = std::min({factors.units, wanted, kMostPieces});
  Request request{};
  request.unit_start = factors.unit_start;
  request.units = factors.units;
  request.a = side_a(shape.in_channels, factors.x, factors.du);
  request.b =
      side_b(shape.in_channels, shape.out_channels, shape.rank, shape.scale, factors.u, factors.dy, factors.lddy);
  request.blocks_of_a = blocks_of_a;
  request.rank = static_cast<int>(shape.rank);
  request.factor = args.factor;
  request.quantum = args.quantum;
  request.parameters = shape.rank * (shape.in_channels + shape.out_channels);
  request.partial =
      static_cast<double*>(ctx.scratch(pieces * request.parameters * static_cast<int64_t>(sizeof(double))));
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(pieces));
  if (shape.rank <= 4) {
    SOTTO_LAUNCH(clipped_products_kernel<4>, grid, kOuterThreads, 0, nullptr, request);
  } else {
    SOTTO_LAUNCH(clipped_products_kernel<8>, grid, kOuterThreads, 0, nullptr, request);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
  const int64_t adders = std::min<int64_t>((request.parameters - 1) / kAddThreads + 1, 1 << 20);
  SOTTO_LAUNCH(add_pieces_kernel, static_cast<unsigned>(adders), kAddThreads, 0, nullptr, pieces, request.parameters,
               request.partial, args.sum);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
