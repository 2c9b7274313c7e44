// The definition of rotary embedding: (a, b) -> (a cos - b sin, b cos + a sin).
#include "kernels.h"

namespace sotto::reference {

void rope(Device&, int64_t rows, int64_t heads, int64_t head_dim, int64_t max_positions, bool inverse,
          const int32_t* positions, const float* cosine, const float* sine, float* x, int64_t ldx) {
  cpu::check_indices("positions", rows, positions, 0, max_positions);
  const int64_t half = head_dim / 2;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t h = 0; h < heads; h++) {
      for (int64_t i = 0; i < half; i++) {
        float& low = x[r * ldx + h * head_dim + i];
        float& high = x[r * ldx + h * head_dim + half + i];
        const double c = cosine[positions[r] * half + i];
        const double s = inverse ? -sine[positions[r] * half + i] : sine[positions[r] * half + i];
        const double a = low;
        const double b = high;
        low = static_cast<float>(a * c - b * s);
        high = static_cast<float>(b * c + a * s);
      }
    }
  }
}

}  // namespace sotto::reference
