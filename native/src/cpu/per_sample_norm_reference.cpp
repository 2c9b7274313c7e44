// Per-sample gradients of a LoRA pair by plain loops: every entry is a sum in double over the unit's rows.
#include <cstdint>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_per_sample_norm_request& args) {
  const sotto_lora_shape& shape = args.factors.shape;
  check::factors(args.factors);
  check::pointer("squared_norm", args.squared_norm, args.factors.units);
  check::require(args.accumulate == 0 || args.gradients != nullptr, "accumulate needs gradients");
  if (args.gradients != nullptr) {
    check::matrix("gradients", args.gradients, args.factors.units,
                  shape.rank * (shape.in_channels + shape.out_channels), args.gradient_stride);
  }
}

}  // namespace sotto

namespace sotto::reference {

void per_sample_norm(Device&, const sotto_per_sample_norm_request& args) {
  const sotto_pair_factors& factors = args.factors;
  const sotto_lora_shape& shape = factors.shape;
  cpu::check_starts("unit_start", factors.units, factors.unit_start, -1);
  for (int64_t s = 0; s < factors.units; ++s) {
    float* gradient = args.gradients == nullptr ? nullptr : args.gradients + s * args.gradient_stride;
    double squares = 0;
    const auto take = [&](int64_t at, double sum) {
      if (args.accumulate) sum += gradient[at];
      const float entry = static_cast<float>(sum);
      if (gradient != nullptr) gradient[at] = entry;
      squares += static_cast<double>(entry) * entry;
    };
    for (int64_t r = 0; r < shape.rank; ++r) {
      for (int64_t c = 0; c < shape.in_channels; ++c) {
        double sum = 0;
        for (int64_t t = factors.unit_start[s]; t < factors.unit_start[s + 1]; ++t) {
          sum += static_cast<double>(factors.du[t * shape.rank + r]) * factors.x[t * shape.in_channels + c];
        }
        take(r * shape.in_channels + c, sum);
      }
    }
    for (int64_t c = 0; c < shape.out_channels; ++c) {
      for (int64_t r = 0; r < shape.rank; ++r) {
        double sum = 0;
        for (int64_t t = factors.unit_start[s]; t < factors.unit_start[s + 1]; ++t) {
          sum += static_cast<double>(factors.dy[t * factors.lddy + c]) * factors.u[t * shape.rank + r];
        }
        take(shape.rank * shape.in_channels + c * shape.rank + r, shape.scale * sum);
      }
    }
    args.squared_norm[s] = squares;
  }
}

}  // namespace sotto::reference
