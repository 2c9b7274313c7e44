// The definition of LayerNorm and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto::reference {

void layer_norm_forward(Device&, int64_t rows, int64_t channels, float epsilon, const float* x, const float* gamma,
                        const float* beta, float* out, float* mean, float* rstd) {
  for (int64_t r = 0; r < rows; r++) {
    const float* row = x + r * channels;
    double m = 0;
    for (int64_t c = 0; c < channels; c++) m += row[c];
    m /= static_cast<double>(channels);
    double variance = 0;
    for (int64_t c = 0; c < channels; c++) variance += (row[c] - m) * (row[c] - m);
    variance /= static_cast<double>(channels);
    const double s = 1.0 / std::sqrt(variance + epsilon);
    mean[r] = static_cast<float>(m);
    rstd[r] = static_cast<float>(s);
    for (int64_t c = 0; c < channels; c++) {
      out[r * channels + c] = static_cast<float>((row[c] - m) * s * gamma[c] + beta[c]);
    }
  }
}

void layer_norm_backward(Device&, int64_t rows, int64_t channels, const float* dout, const float* x, const float* gamma,
                         const float* mean, const float* rstd, float* dx, float* dgamma, float* dbeta) {
  const double n = static_cast<double>(channels);
  for (int64_t r = 0; r < rows; r++) {
    double sum_g = 0;
    double sum_gx = 0;
    for (int64_t c = 0; c < channels; c++) {
      const double g = static_cast<double>(dout[r * channels + c]) * gamma[c];
      const double normal = (static_cast<double>(x[r * channels + c]) - mean[r]) * rstd[r];
      sum_g += g;
      sum_gx += g * normal;
    }
    for (int64_t c = 0; c < channels; c++) {
      const double g = static_cast<double>(dout[r * channels + c]) * gamma[c];
      const double normal = (static_cast<double>(x[r * channels + c]) - mean[r]) * rstd[r];
      dx[r * channels + c] += static_cast<float>(rstd[r] * (g - sum_g / n - normal * sum_gx / n));
    }
  }
  for (int64_t c = 0; c < channels; c++) {
    double gamma_sum = 0;
    double beta_sum = 0;
    for (int64_t r = 0; r < rows; r++) {
      const double g = dout[r * channels + c];
      beta_sum += g;
      gamma_sum += g * (static_cast<double>(x[r * channels + c]) - mean[r]) * rstd[r];
    }
    if (dgamma != nullptr) dgamma[c] += static_cast<float>(gamma_sum);
    if (dbeta != nullptr) dbeta[c] += static_cast<float>(beta_sum);
  }
}

}  // namespace sotto::reference
