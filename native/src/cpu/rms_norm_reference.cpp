// The definition of RMSNorm and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto {

namespace {

// Heads side by side in rows, and what else the two passes share.
void check_heads(int64_t rows, int64_t heads, int64_t channels, const float* gamma, const float* rstd) {
  check::range("heads", heads, 1, 1 << 20);
  const int64_t count = check::product("rstd", rows, heads);
  check::pointer("gamma", gamma, check::product("x", count, channels));
  check::pointer("rstd", rstd, count);
}

}  // namespace

void check_request(const sotto_rms_norm_forward_request& args) {
  check_heads(args.rows, args.heads, args.channels, args.gamma, args.rstd);
  check::epsilon(args.epsilon);
  check::matrix("x", args.x, args.rows, args.heads * args.channels, args.ldx);
  check::matrix("out", args.out, args.rows, args.heads * args.channels, args.ldout);
}

void check_request(const sotto_rms_norm_backward_request& args) {
  check_heads(args.rows, args.heads, args.channels, args.gamma, args.rstd);
  check::matrix("dout", args.dout, args.rows, args.heads * args.channels, args.lddout);
  check::matrix("x", args.x, args.rows, args.heads * args.channels, args.ldx);
  check::matrix("dx", args.dx, args.rows, args.heads * args.channels, args.lddx);
}

}  // namespace sotto

namespace sotto::reference {

void rms_norm_forward(Device&, const sotto_rms_norm_forward_request& args) {
  for (int64_t i = 0; i < args.rows * args.heads; i++) {
    const int64_t r = i / args.heads, first = i % args.heads * args.channels;
    const float* x = args.x + r * args.ldx + first;
    double squares = 0;
    for (int64_t c = 0; c < args.channels; c++) squares += static_cast<double>(x[c]) * x[c];
    const double s = 1.0 / std::sqrt(squares / static_cast<double>(args.channels) + args.epsilon);
    args.rstd[i] = static_cast<float>(s);
    for (int64_t c = 0; c < args.channels; c++) {
      args.out[r * args.ldout + first + c] = static_cast<float>(x[c] * s * args.gamma[c]);
    }
  }
}

void rms_norm_backward(Device&, const sotto_rms_norm_backward_request& args) {
  for (int64_t i = 0; i < args.rows * args.heads; i++) {
    const int64_t r = i / args.heads, first = i % args.heads * args.channels;
    const float* x = args.x + r * args.ldx + first;
    const float* dout = args.dout + r * args.lddout + first;
    double sum_gx = 0;
    for (int64_t c = 0; c < args.channels; c++) {
      sum_gx += static_cast<double>(dout[c]) * args.gamma[c] * x[c] * args.rstd[i];
    }
    const double mean_gx = sum_gx / static_cast<double>(args.channels);
    for (int64_t c = 0; c < args.channels; c++) {
      const double g = static_cast<double>(dout[c]) * args.gamma[c];
      const double normal = static_cast<double>(x[c]) * args.rstd[i];
      args.dx[r * args.lddx + first + c] += static_cast<float>(args.rstd[i] * (g - normal * mean_gx));
    }
  }
  if (args.dgamma == nullptr) return;
  for (int64_t c = 0; c < args.channels; c++) {
    double total = 0;
    for (int64_t i = 0; i < args.rows * args.heads; i++) {
      const int64_t r = i / args.heads, at = i % args.heads * args.channels + c;
      total += static_cast<double>(args.dout[r * args.lddout + at]) * args.x[r * args.ldx + at] * args.rstd[i];
    }
    args.dgamma[c] += static_cast<float>(total);
  }
}

}  // namespace sotto::reference
