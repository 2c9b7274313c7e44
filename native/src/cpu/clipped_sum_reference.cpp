// The clipped sum by plain loops: each term is rounded to the grid by the C library's rint.
#include <cmath>
#include <cstdint>

#include "kernels.h"

namespace sotto::reference {

void clipped_sum(Device&, int64_t units, int64_t parameters, const float* gradients, int64_t gradient_stride,
                 const float* factor, double quantum, double* sum) {
  for (int64_t s = 0; s < units; ++s) {
    if (factor[s] == 0) continue;
    for (int64_t p = 0; p < parameters; ++p) {
      const double term = static_cast<double>(factor[s]) * gradients[s * gradient_stride + p];
      sum[p] += quantum * std::rint(term / quantum);
    }
  }
}

}  // namespace sotto::reference
