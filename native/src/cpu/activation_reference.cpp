// The definition of the activations and their derivatives.
#include <cmath>

#include "kernels.h"

namespace sotto::reference {

namespace {

constexpr double kPi = 3.14159265358979323846;

// S(x) with f(x) = x S(x).
double weight(sotto_activation kind, double x) {
  switch (kind) {
    case SOTTO_GELU_TANH:
      return 0.5 * (1 + std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x)));
    case SOTTO_GELU_ERF:
      return 0.5 * std::erfc(-x / std::sqrt(2.0));
    case SOTTO_SILU:
      return 1 / (1 + std::exp(-x));
  }
  return 0;
}

double weight_slope(sotto_activation kind, double x) {
  const double s = weight(kind, x);
  switch (kind) {
    case SOTTO_GELU_TANH:
      return 2 * s * (1 - s) * std::sqrt(2 / kPi) * (1 + 3 * 0.044715 * x * x);
    case SOTTO_GELU_ERF:
      return std::exp(-0.5 * x * x) / std::sqrt(2 * kPi);
    case SOTTO_SILU:
      return s * (1 - s);
  }
  return 0;
}

// x * w with the limit 0 where w is 0 and x infinite.
double times(double x, double w) { return w == 0 ? 0 : x * w; }

double value(sotto_activation kind, double x) { return times(x, weight(kind, x)); }

double derivative(sotto_activation kind, double x) { return weight(kind, x) + times(x, weight_slope(kind, x)); }

}  // namespace

void activation_forward(Device&, sotto_activation kind, int64_t count, const float* x, float* out) {
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>(value(kind, x[i]));
}

void activation_backward(Device&, sotto_activation kind, int64_t count, const float* x, const float* dout, float* dx) {
  for (int64_t i = 0; i < count; i++) dx[i] = static_cast<float>(dout[i] * derivative(kind, x[i]));
}

void gated_activation_forward(Device&, sotto_activation kind, int64_t count, const float* gate, const float* up,
                              float* out) {
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>(value(kind, gate[i]) * up[i]);
}

void gated_activation_backward(Device&, sotto_activation kind, int64_t count, const float* gate, const float* up,
                               const float* dout, float* dgate, float* dup) {
  for (int64_t i = 0; i < count; i++) {
    const double gradient = dout[i];
    const double other = up[i];
    const double at = gate[i];
    dgate[i] = static_cast<float>(gradient * other * derivative(kind, at));
    dup[i] = static_cast<float>(gradient * value(kind, at));
  }
}

}  // namespace sotto::reference
