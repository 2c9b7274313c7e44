// Clipping and summing a pair is defined by what it fuses: the gradient of one unit after the other, stored and then
// added to the clipped sum.
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_clip_and_sum_pair_request& args) {
  const sotto_lora_shape& shape = args.factors.shape;
  check::factors(args.factors);
  check::pointer("factor", args.factor, args.factors.units);
  check::quantum(args.quantum);
  check::pointer("sum", args.sum, shape.rank * (shape.in_channels + shape.out_channels));
}

}  // namespace sotto

namespace sotto::reference {

void clip_and_sum_pair(Device& device, const sotto_clip_and_sum_pair_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  cpu::check_starts("unit_start", factors.units, factors.unit_start, -1);
  const int64_t parameters = shape.rank * (shape.in_channels + shape.out_channels);
  std::vector<float> gradient(static_cast<size_t>(parameters));
  for (int64_t s = 0; s < factors.units; ++s) {
    const int64_t t = factors.unit_start[s];
    const int32_t start[2] = {0, factors.unit_start[s + 1] - factors.unit_start[s]};
    double squared_norm;
    const sotto_pair_factors unit{1,
                                  start,
                                  shape,
                                  factors.x + t * shape.in_channels,
                                  factors.u + t * shape.rank,
                                  factors.dy + t * factors.lddy,
                                  factors.lddy,
                                  factors.du + t * shape.rank};
    per_sample_norm(device, {unit, false, gradient.data(), parameters, &squared_norm});
    clipped_sum(device, {1, parameters, gradient.data(), parameters, args.factor + s, args.quantum, args.sum});
  }
}

}  // namespace sotto::reference
