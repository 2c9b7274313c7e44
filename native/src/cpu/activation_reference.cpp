// The definition of the activations and their derivatives.
#include <cmath>

#include "kernels.h"

namespace sotto {

namespace {

void check_kind(sotto_activation kind) { check::range("kind", kind, SOTTO_GELU_TANH, SOTTO_TANH); }

}  // namespace

void check_request(const sotto_activation_forward_request& args) {
  check_kind(args.kind);
  check::count("count", args.count);
  check::pointer("x", args.x, args.count);
  check::pointer("out", args.out, args.count);
}

void check_request(const sotto_activation_backward_request& args) {
  check_kind(args.kind);
  check::count("count", args.count);
  check::pointer("x", args.x, args.count);
  check::pointer("dout", args.dout, args.count);
  check::pointer("dx", args.dx, args.count);
}

void check_request(const sotto_gated_activation_forward_request& args) {
  check_kind(args.kind);
  check::matrix("gate", args.gate, args.rows, args.channels, args.ld);
  check::matrix("up", args.up, args.rows, args.channels, args.ld);
  check::pointer("out", args.out, args.rows * args.channels);
}

void check_request(const sotto_gated_activation_backward_request& args) {
  check_kind(args.kind);
  check::matrix("gate", args.gate, args.rows, args.channels, args.ld);
  check::matrix("up", args.up, args.rows, args.channels, args.ld);
  check::pointer("dout", args.dout, args.rows * args.channels);
  check::matrix("dgate", args.dgate, args.rows, args.channels, args.ldd);
  check::matrix("dup", args.dup, args.rows, args.channels, args.ldd);
}

}  // namespace sotto

namespace sotto::reference {

namespace {

constexpr double kPi = 3.14159265358979323846;

// S(x) with f(x) = x S(x), of the kinds that have one.
double weight(sotto_activation kind, double x) {
  switch (kind) {
    case SOTTO_GELU_TANH:
      return 0.5 * (1 + std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x)));
    case SOTTO_GELU_ERF:
      return 0.5 * std::erfc(-x / std::sqrt(2.0));
    case SOTTO_SILU:
      return 1 / (1 + std::exp(-x));
    default:
      return 0;
  }
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
    default:
      return 0;
  }
}

// x * w with the limit 0 where w is 0 and x infinite.
double times(double x, double w) { return w == 0 ? 0 : x * w; }

double value(sotto_activation kind, double x) {
  if (kind == SOTTO_RELU) return x < 0 ? 0 : x;
  if (kind == SOTTO_TANH) return std::tanh(x);
  return times(x, weight(kind, x));
}

double derivative(sotto_activation kind, double x) {
  if (kind == SOTTO_RELU) return x > 0 ? 1 : x <= 0 ? 0 : x;
  if (kind == SOTTO_TANH) return 1 - std::tanh(x) * std::tanh(x);
  return weight(kind, x) + times(x, weight_slope(kind, x));
}

}  // namespace

void activation_forward(Device&, const sotto_activation_forward_request& args) {
  for (int64_t i = 0; i < args.count; i++) args.out[i] = static_cast<float>(value(args.kind, args.x[i]));
}

void activation_backward(Device&, const sotto_activation_backward_request& args) {
  for (int64_t i = 0; i < args.count; i++)
    args.dx[i] = static_cast<float>(args.dout[i] * derivative(args.kind, args.x[i]));
}

void gated_activation_forward(Device&, const sotto_gated_activation_forward_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    for (int64_t c = 0; c < args.channels; c++) {
      const int64_t at = r * args.ld + c;
      args.out[r * args.channels + c] = static_cast<float>(value(args.kind, args.gate[at]) * args.up[at]);
    }
  }
}

void gated_activation_backward(Device&, const sotto_gated_activation_backward_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    for (int64_t c = 0; c < args.channels; c++) {
      const double gradient = args.dout[r * args.channels + c];
      const double other = args.up[r * args.ld + c];
      const double at = args.gate[r * args.ld + c];
      args.dgate[r * args.ldd + c] = static_cast<float>(gradient * other * derivative(args.kind, at));
      args.dup[r * args.ldd + c] = static_cast<float>(gradient * value(args.kind, at));
    }
  }
}

}  // namespace sotto::reference
