// Squared error of one logit a row, and its gradient: the loss of regression. A few floats a sequence, so the
// definition and the tuned kernel differ in precision alone.
#include "kernels.h"

#ifdef SOTTO_ISA
namespace sotto::cpu::SOTTO_ISA {

void squared_error(Device& device, const sotto_squared_error_request& args) {
  context(device).parallel_blocks(args.rows, 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* logit = args.logits + r * args.ld;
      const float difference = *logit - args.targets[r];
      args.row_loss[r] = difference * difference;
      if (args.gradient) *logit = args.row_weight[r] * 2.0f * difference;
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
#else
namespace sotto {

void check_request(const sotto_squared_error_request& args) {
  check::matrix("logits", args.logits, args.rows, 1, args.ld);
  check::pointer("targets", args.targets, args.rows);
  if (args.gradient != 0) check::pointer("row_weight", args.row_weight, args.rows);
  check::pointer("row_loss", args.row_loss, args.rows);
}

}  // namespace sotto

namespace sotto::reference {

void squared_error(Device&, const sotto_squared_error_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    float* logit = args.logits + r * args.ld;
    const double difference = static_cast<double>(*logit) - args.targets[r];
    args.row_loss[r] = static_cast<float>(difference * difference);
    if (args.gradient) *logit = static_cast<float>(args.row_weight[r] * 2 * difference);
  }
}

}  // namespace sotto::reference
#endif
