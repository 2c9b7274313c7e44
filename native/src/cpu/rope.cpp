// Rotary embedding (Su et al. 2021) in the half-split layout of HuggingFace checkpoints.
#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

void rope(Device& device, const sotto_rope_request& args) {
  check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  const int64_t half = args.rotary_dim / 2;
  const float sign = args.inverse ? -1.0f : 1.0f;
  context(device).parallel_blocks(args.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row_cosine = args.cosine + args.positions[r] * half;
      const float* row_sine = args.sine + args.positions[r] * half;
      for (int64_t h = 0; h < args.heads; h++) {
        float* low = args.x + r * args.ldx + h * args.head_stride;
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
