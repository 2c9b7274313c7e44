// SGD with momentum and AdamW (Loshchilov & Hutter 2019) by plain loops, each update in double and rounded at the end.
#include <cmath>
#include <cstdint>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_sgd_step_request& args) {
  check::sgd(args.parameters, args.update);
  check::pointer("gradient", args.gradient, args.parameters);
}

void check_request(const sotto_adamw_step_request& args) {
  check::adamw(args.parameters, args.update);
  check::pointer("gradient", args.gradient, args.parameters);
}

}  // namespace sotto

namespace sotto::reference {

void sgd_step(Device&, const sotto_sgd_step_request& args) {
  const sotto_sgd& update = args.update;
  for (int64_t p = 0; p < args.parameters; ++p) {
    update.velocity[p] =
        static_cast<float>(static_cast<double>(update.momentum) * update.velocity[p] + args.gradient[p]);
    const double descent = update.velocity[p] + static_cast<double>(update.weight_decay) * update.weights[p];
    update.weights[p] = static_cast<float>(update.weights[p] - update.rate * descent);
  }
}

void adamw_step(Device&, const sotto_adamw_step_request& args) {
  const sotto_adamw& update = args.update;
  const double correction1 = 1 - std::pow(static_cast<double>(update.beta1), static_cast<double>(update.step));
  const double correction2 = 1 - std::pow(static_cast<double>(update.beta2), static_cast<double>(update.step));
  for (int64_t p = 0; p < args.parameters; ++p) {
    const double g = args.gradient[p];
    update.first_moment[p] =
        static_cast<float>(update.beta1 * static_cast<double>(update.first_moment[p]) + (1.0 - update.beta1) * g);
    update.second_moment[p] =
        static_cast<float>(update.beta2 * static_cast<double>(update.second_moment[p]) + (1.0 - update.beta2) * g * g);
    const double direction =
        update.first_moment[p] / correction1 / (std::sqrt(update.second_moment[p] / correction2) + update.epsilon);
    update.weights[p] = static_cast<float>(
        update.weights[p] - update.rate * (direction + static_cast<double>(update.weight_decay) * update.weights[p]));
  }
}

}  // namespace sotto::reference
