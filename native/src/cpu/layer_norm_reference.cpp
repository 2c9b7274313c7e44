// The definition of LayerNorm and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_layer_norm_forward_request& args) {
  const int64_t elements = check::product("x", args.rows, args.channels);
  check::epsilon(args.epsilon);
  check::pointer("x", args.x, elements);
  check::pointer("gamma", args.gamma, elements);
  check::pointer("beta", args.beta, elements);
  check::pointer("out", args.out, elements);
  check::pointer("mean", args.mean, elements);
  check::pointer("rstd", args.rstd, elements);
}

void check_request(const sotto_layer_norm_backward_request& args) {
  const int64_t elements = check::product("x", args.rows, args.channels);
  check::pointer("dout", args.dout, elements);
  check::pointer("x", args.x, elements);
  check::pointer("gamma", args.gamma, elements);
  check::pointer("mean", args.mean, elements);
  check::pointer("rstd", args.rstd, elements);
  check::pointer("dx", args.dx, elements);
}

}  // namespace sotto

namespace sotto::reference {

void layer_norm_forward(Device&, const sotto_layer_norm_forward_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    const float* row = args.x + r * args.channels;
    double m = 0;
    for (int64_t c = 0; c < args.channels; c++) m += row[c];
    m /= static_cast<double>(args.channels);
    double variance = 0;
    for (int64_t c = 0; c < args.channels; c++) variance += (row[c] - m) * (row[c] - m);
    variance /= static_cast<double>(args.channels);
    const double s = 1.0 / std::sqrt(variance + args.epsilon);
    args.mean[r] = static_cast<float>(m);
    args.rstd[r] = static_cast<float>(s);
    for (int64_t c = 0; c < args.channels; c++) {
      args.out[r * args.channels + c] = static_cast<float>((row[c] - m) * s * args.gamma[c] + args.beta[c]);
    }
  }
}

void layer_norm_backward(Device&, const sotto_layer_norm_backward_request& args) {
  const double n = static_cast<double>(args.channels);
  for (int64_t r = 0; r < args.rows; r++) {
    double sum_g = 0;
    double sum_gx = 0;
    for (int64_t c = 0; c < args.channels; c++) {
      const double g = static_cast<double>(args.dout[r * args.channels + c]) * args.gamma[c];
      const double normal = (static_cast<double>(args.x[r * args.channels + c]) - args.mean[r]) * args.rstd[r];
      sum_g += g;
      sum_gx += g * normal;
    }
    for (int64_t c = 0; c < args.channels; c++) {
      const double g = static_cast<double>(args.dout[r * args.channels + c]) * args.gamma[c];
      const double normal = (static_cast<double>(args.x[r * args.channels + c]) - args.mean[r]) * args.rstd[r];
      args.dx[r * args.channels + c] += static_cast<float>(args.rstd[r] * (g - sum_g / n - normal * sum_gx / n));
    }
  }
  for (int64_t c = 0; c < args.channels; c++) {
    double gamma_sum = 0;
    double beta_sum = 0;
    for (int64_t r = 0; r < args.rows; r++) {
      const double g = args.dout[r * args.channels + c];
      beta_sum += g;
      gamma_sum += g * (static_cast<double>(args.x[r * args.channels + c]) - args.mean[r]) * args.rstd[r];
    }
    if (args.dgamma != nullptr) args.dgamma[c] += static_cast<float>(gamma_sum);
    if (args.dbeta != nullptr) args.dbeta[c] += static_cast<float>(beta_sum);
  }
}

}  // namespace sotto::reference
