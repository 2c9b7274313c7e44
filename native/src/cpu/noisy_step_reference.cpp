// A noisy step is defined by what it fuses: add_noise, then the step with what it released.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_noisy_sgd_step_request& args) {
  check::noise(args.noise);
  check::sgd(args.noise.parameters, args.update);
}

void check_request(const sotto_noisy_adamw_step_request& args) {
  check::noise(args.noise);
  check::adamw(args.noise.parameters, args.update, "update");
}

}  // namespace sotto

namespace sotto::reference {
namespace {

std::vector<float> release(Device& device, const sotto_noise& noise, float* released) {
  std::vector<float> gradient(static_cast<size_t>(noise.parameters));
  add_noise(device, {noise, gradient.data()});
  if (released != nullptr) std::copy(gradient.begin(), gradient.end(), released);
  return gradient;
}

}  // namespace

void noisy_sgd_step(Device& device, const sotto_noisy_sgd_step_request& args) {
  const std::vector<float> gradient = release(device, args.noise, args.released);
  sgd_step(device, {args.noise.parameters, gradient.data(), args.update});
}

void noisy_adamw_step(Device& device, const sotto_noisy_adamw_step_request& args) {
  const std::vector<float> gradient = release(device, args.noise, args.released);
  adamw_step(device, {args.noise.parameters, gradient.data(), args.update});
}

}  // namespace sotto::reference
