// Clip factors. There are only units * groups of them, so the one concern is to read squared_norm[pairs][units] along
// its rows: totals of a block of units are kept on the stack while the pairs go by.
#include "../common/clip_factor.h"

#include <algorithm>
#include <cstdint>

#include "context.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

void clip_factor(Device& device, const sotto_clip_factor_request& args) {
  constexpr int64_t kBlock = 256;
  context(device).parallel_blocks(args.units, kBlock, [=](int64_t begin, int64_t end) {
    double total[kBlock] = {};
    const int64_t count = end - begin;
    for (int64_t k = 0; args.groups == 1 && k < args.pairs; ++k) {
      const double* row = args.squared_norm + k * args.units + begin;
#pragma omp simd
      for (int64_t s = 0; s < count; ++s) total[s] += row[s];
    }
    for (int64_t g = 0; g < args.groups; ++g) {
      const double* squared = args.groups == 1 ? total : args.squared_norm + g * args.units + begin;
      float* out = args.factor + g * args.units + begin;
      for (int64_t s = 0; s < count; ++s) out[s] = clip_factor_of(squared[s], args.clip_norm[g], args.stabilizer);
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
