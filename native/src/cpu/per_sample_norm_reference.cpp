// Per-sample gradients of a LoRA pair by plain loops: every entry is a sum in double over the unit's rows.
#include <cstdint>

#include "kernels.h"

namespace sotto::reference {

void per_sample_norm(Device&, int64_t units, const int32_t* unit_start, int64_t in_channels, int64_t out_channels,
                     int64_t rank, float scale, const float* x, const float* u, const float* dy, int64_t lddy,
                     const float* du, bool accumulate, float* gradients, int64_t gradient_stride,
                     double* squared_norm) {
  cpu::check_starts("unit_start", units, unit_start, -1);
  for (int64_t s = 0; s < units; ++s) {
    float* gradient = gradients == nullptr ? nullptr : gradients + s * gradient_stride;
    double squares = 0;
    const auto take = [&](int64_t at, double sum) {
      if (accumulate) sum += gradient[at];
      const float entry = static_cast<float>(sum);
      if (gradient != nullptr) gradient[at] = entry;
      squares += static_cast<double>(entry) * entry;
    };
    for (int64_t r = 0; r < rank; ++r) {
      for (int64_t c = 0; c < in_channels; ++c) {
        double sum = 0;
        for (int64_t t = unit_start[s]; t < unit_start[s + 1]; ++t) {
          sum += static_cast<double>(du[t * rank + r]) * x[t * in_channels + c];
        }
        take(r * in_channels + c, sum);
      }
    }
    for (int64_t c = 0; c < out_channels; ++c) {
      for (int64_t r = 0; r < rank; ++r) {
        double sum = 0;
        for (int64_t t = unit_start[s]; t < unit_start[s + 1]; ++t) {
          sum += static_cast<double>(dy[t * lddy + c]) * u[t * rank + r];
        }
        take(rank * in_channels + c * rank + r, scale * sum);
      }
    }
    squared_norm[s] = squares;
  }
}

}  // namespace sotto::reference
