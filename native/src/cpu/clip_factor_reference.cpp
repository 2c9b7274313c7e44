// Clip factors by plain loops. The arithmetic of one factor is common/clip_factor.h, which holds its proof.
#include <cstdint>

#include "../common/clip_factor.h"
#include "kernels.h"

namespace sotto::reference {

void clip_factor(Device&, int64_t units, int64_t pairs, int64_t groups, const double* squared_norm,
                 const double* clip_norm, double stabilizer, float* factor) {
  for (int64_t s = 0; s < units; ++s) {
    for (int64_t g = 0; g < groups; ++g) {
      double squared = 0;
      const int64_t end = groups == 1 ? pairs : g + 1;
      for (int64_t k = g; k < end; ++k) squared += squared_norm[k * units + s];
      factor[g * units + s] = clip_factor_of(squared, clip_norm[g], stabilizer);
    }
  }
}

}  // namespace sotto::reference
