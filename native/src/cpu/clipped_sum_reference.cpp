// The clipped sum by plain loops: each term is rounded to the grid by the C library's rint.
#include <cmath>
#include <cstdint>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_clipped_sum_request& args) {
  check::matrix("gradients", args.gradients, args.units, args.parameters, args.gradient_stride);
  check::pointer("factor", args.factor, args.units);
  check::quantum(args.quantum);
  check::pointer("sum", args.sum, args.parameters);
}

}  // namespace sotto

namespace sotto::reference {

void clipped_sum(Device&, const sotto_clipped_sum_request& args) {
  for (int64_t s = 0; s < args.units; ++s) {
    if (args.factor[s] == 0) continue;
    for (int64_t p = 0; p < args.parameters; ++p) {
      const double term = static_cast<double>(args.factor[s]) * args.gradients[s * args.gradient_stride + p];
      args.sum[p] += args.quantum * std::rint(term / args.quantum);
    }
  }
}

}  // namespace sotto::reference
