// SGD with momentum and AdamW (Loshchilov & Hutter 2019) by plain loops, each update in double and rounded at the end.
#include <cmath>
#include <cstdint>

#include "kernels.h"

namespace sotto::reference {

void sgd_step(Device&, int64_t parameters, float rate, float momentum, float weight_decay, const float* gradient,
              float* velocity, float* weights) {
  for (int64_t p = 0; p < parameters; ++p) {
    velocity[p] = static_cast<float>(static_cast<double>(momentum) * velocity[p] + gradient[p]);
    const double step = velocity[p] + static_cast<double>(weight_decay) * weights[p];
    weights[p] = static_cast<float>(weights[p] - rate * step);
  }
}

void adamw_step(Device&, int64_t parameters, float rate, float beta1, float beta2, float epsilon, float weight_decay,
                int64_t step, const float* gradient, float* first_moment, float* second_moment, float* weights) {
  const double correction1 = 1 - std::pow(static_cast<double>(beta1), static_cast<double>(step));
  const double correction2 = 1 - std::pow(static_cast<double>(beta2), static_cast<double>(step));
  for (int64_t p = 0; p < parameters; ++p) {
    const double g = gradient[p];
    first_moment[p] = static_cast<float>(beta1 * static_cast<double>(first_moment[p]) + (1.0 - beta1) * g);
    second_moment[p] = static_cast<float>(beta2 * static_cast<double>(second_moment[p]) + (1.0 - beta2) * g * g);
    const double direction = first_moment[p] / correction1 / (std::sqrt(second_moment[p] / correction2) + epsilon);
    weights[p] = static_cast<float>(weights[p] - rate * (direction + static_cast<double>(weight_decay) * weights[p]));
  }
}

}  // namespace sotto::reference
