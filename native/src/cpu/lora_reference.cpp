// LoRA (Hu et al. 2022) by plain loops; each dot product is taken in double and rounded once.
#include <cstdint>

#include "kernels.h"

namespace sotto::reference {

void lora_forward(Device&, int64_t rows, int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                  const float* x, const float* a, const float* b, float* u, float* y, int64_t ldy) {
  for (int64_t t = 0; t < rows; ++t) {
    for (int64_t r = 0; r < rank; ++r) {
      double dot = 0;
      for (int64_t c = 0; c < in_channels; ++c)
        dot += static_cast<double>(x[t * in_channels + c]) * a[r * in_channels + c];
      u[t * rank + r] = static_cast<float>(dot);
    }
    for (int64_t c = 0; c < out_channels; ++c) {
      double dot = 0;
      for (int64_t r = 0; r < rank; ++r) dot += static_cast<double>(u[t * rank + r]) * b[c * rank + r];
      y[t * ldy + c] = static_cast<float>(y[t * ldy + c] + scale * dot);
    }
  }
}

void lora_backward(Device&, int64_t rows, int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                   const float* dy, int64_t lddy, const float* a, const float* b, float* du, float* dx) {
  for (int64_t t = 0; t < rows; ++t) {
    for (int64_t r = 0; r < rank; ++r) {
      double dot = 0;
      for (int64_t c = 0; c < out_channels; ++c) dot += static_cast<double>(dy[t * lddy + c]) * b[c * rank + r];
      du[t * rank + r] = static_cast<float>(scale * dot);
    }
    if (dx == nullptr) continue;
    for (int64_t c = 0; c < in_channels; ++c) {
      double dot = 0;
      for (int64_t r = 0; r < rank; ++r) dot += static_cast<double>(du[t * rank + r]) * a[r * in_channels + c];
      dx[t * in_channels + c] = static_cast<float>(dx[t * in_channels + c] + dot);
    }
  }
}

}  // namespace sotto::reference
