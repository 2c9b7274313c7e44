// The definition of softmax cross-entropy and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_cross_entropy_request& args) {
  check::range("vocabulary", args.vocabulary, args.rows > 0 ? 1 : 0, INT32_MAX);
  check::cap(args.cap);
  check::matrix("logits", args.logits, args.rows, args.vocabulary, args.ld);
  check::pointer("targets", args.targets, args.rows);
  if (args.gradient != 0) check::pointer("row_weight", args.row_weight, args.rows);
  check::pointer("row_loss", args.row_loss, args.rows);
}

}  // namespace sotto

namespace sotto::reference {

void cross_entropy(Device&, const sotto_cross_entropy_request& args) {
  cpu::check_indices("targets", args.rows, args.targets, INT32_MIN, args.vocabulary);
  const double cap = args.cap;
  const auto capped = [&](double logit) { return cap > 0 ? cap * std::tanh(logit / cap) : logit; };
  const auto slope = [&](double logit) { return cap > 0 ? 1 - std::tanh(logit / cap) * std::tanh(logit / cap) : 1; };
  for (int64_t r = 0; r < args.rows; r++) {
    float* row = args.logits + r * args.ld;
    if (args.targets[r] < 0) {
      args.row_loss[r] = 0;
      for (int64_t i = 0; args.gradient && i < args.vocabulary; i++) row[i] = 0;
      continue;
    }
    double top = capped(row[0]);
    for (int64_t i = 1; i < args.vocabulary; i++) top = capped(row[i]) > top ? capped(row[i]) : top;
    double total = 0;
    for (int64_t i = 0; i < args.vocabulary; i++) total += std::exp(capped(row[i]) - top);
    args.row_loss[r] = static_cast<float>(std::log(total) + (top - capped(row[args.targets[r]])));
    for (int64_t i = 0; args.gradient && i < args.vocabulary; i++) {
      const double softmax = std::exp(capped(row[i]) - top) / total;
      const double gradient = softmax - (i == args.targets[r] ? 1 : 0);
      row[i] = static_cast<float>(args.row_weight[r] * gradient * slope(row[i]));
    }
  }
}

}  // namespace sotto::reference
