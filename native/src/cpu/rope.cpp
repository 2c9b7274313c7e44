// Rotary embedding (Su et al. 2021) in the half-split layout of HuggingFace checkpoints.
#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

void rope(Device& device, int64_t rows, int64_t heads, int64_t head_dim, int64_t max_positions, bool inverse,
          const int32_t* positions, const float* cosine, const float* sine, float* x, int64_t ldx) {
  check_indices("positions", rows, positions, 0, max_positions);
  const int64_t half = head_dim / 2;
  const float sign = inverse ? -1.0f : 1.0f;
  context(device).parallel_blocks(rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row_cosine = cosine + positions[r] * half;
      const float* row_sine = sine + positions[r] * half;
      for (int64_t h = 0; h < heads; h++) {
        float* low = x + r * ldx + h * head_dim;
        float* high = low + half;
        each_vector(0, half, [&](int64_t i, auto part) {
          const Vec c = load(row_cosine + i, part);
          const Vec s = load(row_sine + i, part) * sign;
          const Vec a = load(low + i, part);
          const Vec b = load(high + i, part);
          store(low + i, fma(a, c, -(b * s)), part);
          store(high + i, fma(b, c, a * s), part);
        });
      }
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
