// The definition of RMSNorm and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_rms_norm_forward_request& args) {
  const int64_t elements = check::product("x", args.rows, args.channels);
  check::epsilon(args.epsilon);
  check::pointer("x", args.x, elements);
  check::pointer("gamma", args.gamma, elements);
  check::pointer("out", args.out, elements);
  check::pointer("rstd", args.rstd, elements);
}

void check_request(const sotto_rms_norm_backward_request& args) {
  const int64_t elements = check::product("x", args.rows, args.channels);
  check::pointer("dout", args.dout, elements);
  check::pointer("x", args.x, elements);
  check::pointer("gamma", args.gamma, elements);
  check::pointer("rstd", args.rstd, elements);
  check::pointer("dx", args.dx, elements);
}

}  // namespace sotto

namespace sotto::reference {

void rms_norm_forward(Device&, const sotto_rms_norm_forward_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    double squares = 0;
    for (int64_t c = 0; c < args.channels; c++)
      squares += static_cast<double>(args.x[r * args.channels + c]) * args.x[r * args.channels + c];
    const double s = 1.0 / std::sqrt(squares / static_cast<double>(args.channels) + args.epsilon);
    args.rstd[r] = static_cast<float>(s);
    for (int64_t c = 0; c < args.channels; c++) {
      args.out[r * args.channels + c] = static_cast<float>(args.x[r * args.channels + c] * s * args.gamma[c]);
    }
  }
}

void rms_norm_backward(Device&, const sotto_rms_norm_backward_request& args) {
  for (int64_t r = 0; r < args.rows; r++) {
    double sum_gx = 0;
    for (int64_t c = 0; c < args.channels; c++) {
      sum_gx += static_cast<double>(args.dout[r * args.channels + c]) * args.gamma[c] * args.x[r * args.channels + c] *
                args.rstd[r];
    }
    const double mean_gx = sum_gx / static_cast<double>(args.channels);
    for (int64_t c = 0; c < args.channels; c++) {
      const double g = static_cast<double>(args.dout[r * args.channels + c]) * args.gamma[c];
      const double normal = static_cast<double>(args.x[r * args.channels + c]) * args.rstd[r];
      args.dx[r * args.channels + c] += static_cast<float>(args.rstd[r] * (g - normal * mean_gx));
    }
  }
  if (args.dgamma == nullptr) return;
  for (int64_t c = 0; c < args.channels; c++) {
    double total = 0;
    for (int64_t r = 0; r < args.rows; r++) {
      total += static_cast<double>(args.dout[r * args.channels + c]) * args.x[r * args.channels + c] * args.rstd[r];
    }
    args.dgamma[c] += static_cast<float>(total);
  }
}

}  // namespace sotto::reference
