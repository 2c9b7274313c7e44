// Clip factors. There are only units * groups of them, so the one concern is to read squared_norm[pairs][units] along
// its rows: totals of a block of units are kept on the stack while the pairs go by.
#include "../common/clip_factor.h"

#include <algorithm>
#include <cstdint>

#include "context.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

void clip_factor(Device& device, int64_t units, int64_t pairs, int64_t groups, const double* squared_norm,
                 const double* clip_norm, double stabilizer, float* factor) {
  constexpr int64_t kBlock = 256;
  context(device).parallel_blocks(units, kBlock, [=](int64_t begin, int64_t end) {
    double total[kBlock] = {};
    const int64_t count = end - begin;
    for (int64_t k = 0; groups == 1 && k < pairs; ++k) {
      const double* row = squared_norm + k * units + begin;
#pragma omp simd
      for (int64_t s = 0; s < count; ++s) total[s] += row[s];
    }
    for (int64_t g = 0; g < groups; ++g) {
      const double* squared = groups == 1 ? total : squared_norm + g * units + begin;
      float* out = factor + g * units + begin;
      for (int64_t s = 0; s < count; ++s) out[s] = clip_factor_of(squared[s], clip_norm[g], stabilizer);
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
