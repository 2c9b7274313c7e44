// A noisy step is defined by what it fuses: add_noise, then the step with what it released.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace sotto::reference {
namespace {

std::vector<float> release(Device& device, const Noise& noise, int64_t parameters, float* released) {
  std::vector<float> gradient(static_cast<size_t>(parameters));
  add_noise(device, noise.law, parameters, noise.scale, noise.quantum, noise.key, noise.step, noise.tensor,
            noise.first_index, noise.quantiles, noise.segments, noise.largest, noise.sum, noise.multiplier,
            gradient.data());
  if (released != nullptr) std::copy(gradient.begin(), gradient.end(), released);
  return gradient;
}

}  // namespace

void noisy_sgd_step(Device& device, const Noise& noise, int64_t parameters, float* released, float rate, float momentum,
                    float weight_decay, float* velocity, float* weights) {
  const std::vector<float> gradient = release(device, noise, parameters, released);
  sgd_step(device, parameters, rate, momentum, weight_decay, gradient.data(), velocity, weights);
}

void noisy_adamw_step(Device& device, const Noise& noise, int64_t parameters, float* released, float rate, float beta1,
                      float beta2, float epsilon, float weight_decay, int64_t update, float* first_moment,
                      float* second_moment, float* weights) {
  const std::vector<float> gradient = release(device, noise, parameters, released);
  adamw_step(device, parameters, rate, beta1, beta2, epsilon, weight_decay, update, gradient.data(), first_moment,
             second_moment, weights);
}

}  // namespace sotto::reference
