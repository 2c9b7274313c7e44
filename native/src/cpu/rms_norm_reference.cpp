// The definition of RMSNorm and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto::reference {

void rms_norm_forward(Device&, int64_t rows, int64_t channels, float epsilon, const float* x, const float* gamma,
                      float* out, float* rstd) {
  for (int64_t r = 0; r < rows; r++) {
    double squares = 0;
    for (int64_t c = 0; c < channels; c++) squares += static_cast<double>(x[r * channels + c]) * x[r * channels + c];
    const double s = 1.0 / std::sqrt(squares / static_cast<double>(channels) + epsilon);
    rstd[r] = static_cast<float>(s);
    for (int64_t c = 0; c < channels; c++) {
      out[r * channels + c] = static_cast<float>(x[r * channels + c] * s * gamma[c]);
    }
  }
}

void rms_norm_backward(Device&, int64_t rows, int64_t channels, const float* dout, const float* x, const float* gamma,
                       const float* rstd, float* dx, float* dgamma) {
  for (int64_t r = 0; r < rows; r++) {
    double sum_gx = 0;
    for (int64_t c = 0; c < channels; c++) {
      sum_gx += static_cast<double>(dout[r * channels + c]) * gamma[c] * x[r * channels + c] * rstd[r];
    }
    const double mean_gx = sum_gx / static_cast<double>(channels);
    for (int64_t c = 0; c < channels; c++) {
      const double g = static_cast<double>(dout[r * channels + c]) * gamma[c];
      const double normal = static_cast<double>(x[r * channels + c]) * rstd[r];
      dx[r * channels + c] += static_cast<float>(rstd[r] * (g - normal * mean_gx));
    }
  }
  if (dgamma == nullptr) return;
  for (int64_t c = 0; c < channels; c++) {
    double total = 0;
    for (int64_t r = 0; r < rows; r++) {
      total += static_cast<double>(dout[r * channels + c]) * x[r * channels + c] * rstd[r];
    }
    dgamma[c] += static_cast<float>(total);
  }
}

}  // namespace sotto::reference
