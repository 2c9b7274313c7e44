// The clip factors of a batch of units, to the bit those of the CPU (src/common/clip_factor.h holds the arithmetic).
//
// What it computes. factor[g][s] from squared_norm[pair][s] and the clip norms, which the caller holds on the host:
// they travel in the kernel's arguments, 256 a launch, so nothing is staged and nothing waits.
//
// Which bytes it moves. 8 * pairs * units read, 4 * groups * units written: some hundred KiB, from the second-level
// cache where per_sample_norm has just put them. The op costs its launch and the latency of its chain of additions.
//
// Why this shape. The flat norm is a sum over pairs in order, the CPU's order, so it stays in one thread; neighbouring
// threads take neighbouring units, which makes every row of squared_norm a coalesced read. With a group a pair there is
// no sum, and the square roots and divisions are the work: eight threads a unit share the groups.
//
// How close to the limit. An estimate, as nothing has been measured: 224 pairs clipped flat are 224 dependent
// additions, about 2 microseconds with their reads in flight together.
#include <algorithm>
#include <cstdint>

#include "check.cuh"
#include "common/clip_factor.h"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kUnits = 32;
constexpr int kThreadsPerUnit = 8;
constexpr int kGroupsPerLaunch = 256;
constexpr int64_t kMostBlocks = 1 << 20;

struct ClipNorms {
  double value[kGroupsPerLaunch];
};

__global__ void __launch_bounds__(kUnits* kThreadsPerUnit)
    clip_factor_kernel(int64_t units, int64_t pairs, bool flat, int64_t first_group, int groups,
                       const double* __restrict__ squared_norm, const ClipNorms clip, double stabilizer,
                       float* __restrict__ factor) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kUnits;
  for (int64_t s = static_cast<int64_t>(blockIdx.x) * kUnits + threadIdx.x; s < units; s += step) {
    double total = 0;
    if (flat) {
#pragma unroll 8
      for (int64_t k = 0; k < pairs; ++k) total += squared_norm[k * units + s];
    }
    for (int g = static_cast<int>(threadIdx.y); g < groups; g += kThreadsPerUnit) {
      const double squared = flat ? total : squared_norm[(first_group + g) * units + s];
      factor[(first_group + g) * units + s] = clip_factor_of(squared, clip.value[g], stabilizer);
    }
  }
}

}  // namespace

void clip_factor(Device&, const sotto_clip_factor_request& args) {
  if (args.units == 0) return;
  const unsigned grid = static_cast<unsigned>(std::min((args.units - 1) / kUnits + 1, kMostBlocks));
  const dim3 block(kUnits, args.groups == 1 ? 1 : kThreadsPerUnit);
  for (int64_t first = 0; first < args.groups; first += kGroupsPerLaunch) {
    const int count = static_cast<int>(std::min<int64_t>(args.groups - first, kGroupsPerLaunch));
    ClipNorms clip{};
    std::copy(args.clip_norm + first, args.clip_norm + first + count, clip.value);
    SOTTO_LAUNCH(clip_factor_kernel, grid, block, 0, nullptr, args.units, args.pairs, args.groups == 1, first, count,
                 args.squared_norm, clip, args.stabilizer, args.factor);
    SOTTO_CUDA_CHECK_LAUNCH();
  }
}

}  // namespace sotto::cuda
