// Clipping and summing a pair is defined by what it fuses: the gradient of one unit after the other, stored and then
// added to the clipped sum.
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace sotto::reference {

void clip_and_sum_pair(Device& device, int64_t units, const int32_t* unit_start, int64_t in_channels,
                       int64_t out_channels, int64_t rank, float scale, const float* x, const float* u, const float* dy,
                       int64_t lddy, const float* du, const float* factor, double quantum, double* sum) {
  cpu::check_starts("unit_start", units, unit_start, -1);
  const int64_t parameters = rank * (in_channels + out_channels);
  std::vector<float> gradient(static_cast<size_t>(parameters));
  for (int64_t s = 0; s < units; ++s) {
    const int64_t t = unit_start[s];
    const int32_t start[2] = {0, unit_start[s + 1] - unit_start[s]};
    double squared_norm;
    per_sample_norm(device, 1, start, in_channels, out_channels, rank, scale, x + t * in_channels, u + t * rank,
                    dy + t * lddy, lddy, du + t * rank, false, gradient.data(), parameters, &squared_norm);
    clipped_sum(device, 1, parameters, gradient.data(), parameters, factor + s, quantum, sum);
  }
}

}  // namespace sotto::reference
