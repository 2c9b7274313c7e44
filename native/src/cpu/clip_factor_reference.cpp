// Clip factors by plain loops. The arithmetic of one factor is common/clip_factor.h, which holds its proof.
#include <cstdint>

#include "../common/clip_factor.h"
#include "kernels.h"

namespace sotto::reference {

void clip_factor(Device&, int64_t units, int64_t pairs, int64_t groups, const double* squared_norm,
                 const double* clip_norm, float* factor) {
  for (int64_t s = 0; s < units; ++s) {
    double total = 0;
    for (int64_t k = 0; k < pairs; ++k) total += squared_norm[k * units + s];
    const bool finite = total - total == 0;  // one bad pair spoils the unit in every group
    for (int64_t g = 0; g < groups; ++g) {
      const double squared = groups == 1 ? total : squared_norm[g * units + s];
      factor[g * units + s] = finite ? clip_factor_of(squared, clip_norm[g]) : 0.0f;
    }
  }
}

}  // namespace sotto::reference
