// Per-sample gradients of a LoRA pair and their squared norms, without storing what nobody asked for.
//
// What it computes. For a unit s with rows T_s: dA = sum over its rows of du_t (x) x_t, [R, Cin], and dB = scale * sum
// of dy_t (x) u_t, [Cout, R]; squared_norm[s] is the sum of the squares of all entries. Both sides are the same sum
// of outer products of a narrow row (R floats) and a wide one (C floats), and one kernel does both.
//
// Which bytes it moves. x and dy once for up to 16 ranks (for more, again from the second-level cache), du and u once
// for every 128 channels, from the caches: 4 T (Cin + Cout + 2 R). Where the gradients are wanted, 4 R (Cin + Cout) a
// unit are written on top; where they are not, nothing of their size exists: the entries live in registers, are added
// up across the warps in shared memory, squared, and are gone.
//
// Why this shape. A block takes one unit and 128 channels of one side. Its eight warps share out the unit's rows, four
// neighbouring rows at a time, so that even one long unit keeps many loads in flight. A lane holds four channels times
// 16 ranks (8 for R <= 8, 4 for R <= 4) of the gradient in registers. A wide row goes straight from memory into the
// registers of the lanes that own its channels, 512 neighbouring bytes a warp, and nobody else needs it; the narrow
// row is needed by all lanes, so the warp puts its four narrow rows into its own corner of shared memory and reads them
// back as broadcasts. Warps never wait for one another while rows go by. At the end their eight partial gradients
// are added in the order of the warps, eight ranks at a time, in shared memory whose rows are padded so that either
// order of storage ([R, C] for A, [C, R] for B) reads it without bank conflicts and writes whole sectors.
//
// Determinism. A unit's sum is fixed by its rows alone: row t goes to warp t / 4 mod 8, warps are added in order, then
// lanes, then channels block by block (squares_kernel). No atomics; nothing crosses from one unit to another, so
// neither the batch around a unit nor a NaN in it touches another unit's bits. Products and row sums are in f32 as on
// the CPU (a chain is an eighth as long), squares and their sums in double: entries up to 1e38 stay finite.
//
// How close to the limit. 2 R FLOPs for every float read: 4 FLOPs a byte at rank 8, where an H100 could do 20, so up to
// rank 16 memory is the bound: a GPT-2 pair (768 + 768 channels, 8 units of 512 rows) is 25 MB, 8 microseconds at the
// full 3.35 TB/s. At rank 64 the four passes make it 32 FLOPs a byte of memory, and arithmetic is the bound. Estimates;
// nothing has been measured yet.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "context.cuh"
#include "launch.cuh"
#include "ops.h"
#include "outer_products.cuh"
#include "reduce.cuh"

namespace sotto::cuda {
namespace {

constexpr unsigned kMostUnits = 65535;

struct Request {
  const int32_t* unit_start;
  int64_t units;
  Side a, b;
  int64_t blocks_of_a;
  int rank;
  bool accumulate;
  float* gradients;  // null: not wanted
  int64_t gradient_stride;
  double* partial;  // [units, blocks of a and b]
};

template <int kRanks>
__global__ void __launch_bounds__(kOuterThreads, kRanks <= 4 ? 3 : 2) outer_products_kernel(const Request request) {
  using Shape = OuterShape<kRanks>;
  SOTTO_SHARED(float4, corners, [kOuterWarps][kOuterRows * kRanks / 4]);
  SOTTO_SHARED(float4, sums, [kOuterWarps][Shape::kRound * Shape::kRow / 4]);
  const bool of_a = blockIdx.x < request.blocks_of_a;
  const Side side = of_a ? request.a : request.b;
  const int64_t c0 = (of_a ? blockIdx.x : blockIdx.x - request.blocks_of_a) * kOuterChannels;
  const int width = static_cast<int>(min(side.channels - c0, static_cast<int64_t>(kOuterChannels)));
  const Strip strip{c0, width, request.rank};
  for (int64_t s = blockIdx.y; s < request.units; s += gridDim.y) {
    const unsigned begin = static_cast<unsigned>(request.unit_start[s]);  // unsigned: a step past the end fits
    const unsigned end = static_cast<unsigned>(request.unit_start[s + 1]);
    float* gradient =
        request.gradients == nullptr ? nullptr : request.gradients + s * request.gradient_stride + side.offset;
    double squares[1] = {};
    for (int r0 = 0; r0 < request.rank; r0 += kRanks) {
      each_entry<kRanks, 1>(side, strip, begin, end, r0, corners, sums, [&](int, const Entry& entry, float value) {
        if (gradient != nullptr) {
          float* at = gradient + place_of(side, strip, entry);
          if (request.accumulate) value += *at;
          *at = value;
        }
        squares[0] += static_cast<double>(value) * value;
      });
    }
    over_block<Sum, kOuterThreads>(squares);
    if (threadIdx.x == 0) request.partial[s * gridDim.x + blockIdx.x] = squares[0];
  }
}

// squared_norm[s] = the sum of a unit's partial sums; a warp a unit.
__global__ void __launch_bounds__(32)
    squares_kernel(int64_t units, int64_t parts, const double* __restrict__ partial, double* squared_norm) {
  for (int64_t s = blockIdx.x; s < units; s += gridDim.x) {
    double total = 0;
    for (int64_t i = threadIdx.x; i < parts; i += 32) total += partial[s * parts + i];
    total = over_lanes<Sum>(total);
    if (threadIdx.x == 0) squared_norm[s] = total;
  }
}

}  // namespace

void per_sample_norm(Device& device, const sotto_per_sample_norm_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  if (factors.units == 0) return;
  const int64_t blocks_of_a = outer_blocks(shape.in_channels), blocks = blocks_of_a + outer_blocks(shape.out_channels);
  if (blocks > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "per_sample_norm: too many channels for one launch");
  Request request{};
  request.unit_start = factors.unit_start;
  request.units = factors.units;
  request.a = side_a(shape.in_channels, factors.x, factors.du);
  request.b =
      side_b(shape.in_channels, shape.out_channels, shape.rank, shape.scale, factors.u, factors.dy, factors.lddy);
  request.blocks_of_a = blocks_of_a;
  request.rank = static_cast<int>(shape.rank);
  request.accumulate = args.accumulate;
  request.gradients = args.gradients;
  request.gradient_stride = args.gradient_stride;
  request.partial =
      static_cast<double*>(context(device).scratch(factors.units * blocks * static_cast<int64_t>(sizeof(double))));
  const unsigned shared_out_units = static_cast<unsigned>(std::min<int64_t>(factors.units, kMostUnits));
  const dim3 grid(static_cast<unsigned>(blocks), shared_out_units);
  if (blocks > 0) {
    if (shape.rank <= 4) {
      SOTTO_LAUNCH(outer_products_kernel<4>, grid, kOuterThreads, 0, nullptr, request);
    } else if (shape.rank <= 8) {
      SOTTO_LAUNCH(outer_products_kernel<8>, grid, kOuterThreads, 0, nullptr, request);
    } else {
      SOTTO_LAUNCH(outer_products_kernel<16>, grid, kOuterThreads, 0, nullptr, request);
    }
    SOTTO_CUDA_CHECK_LAUNCH();
  }
  SOTTO_LAUNCH(squares_kernel, shared_out_units, 32, 0, nullptr, factors.units, blocks, request.partial,
               args.squared_norm);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
