// The definition of rotary embedding: (a, b) -> (a cos - b sin, b cos + a sin).
#include "kernels.h"

namespace sotto {

void check_request(const sotto_rope_request& args) {
  check::strided_heads(args.heads, args.rotary_dim, args.head_stride, "rotary_dim");
  check::require(args.rotary_dim % 2 == 0, "rotary_dim must be even");
  check::matrix("x", args.x, args.rows, (args.heads - 1) * args.head_stride + args.rotary_dim, args.ldx);
  check::product("cosine", args.max_positions, args.rotary_dim / 2);
  check::pointer("positions", args.positions, args.rows);
  check::pointer("cosine", args.cosine, args.rows);
  check::pointer("sine", args.sine, args.rows);
}

}  // namespace sotto

namespace sotto::reference {

void rope(Device&, const sotto_rope_request& args) {
  cpu::check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  const int64_t half = args.rotary_dim / 2;
  for (int64_t r = 0; r < args.rows; r++) {
    for (int64_t h = 0; h < args.heads; h++) {
      for (int64_t i = 0; i < half; i++) {
        float& low = args.x[r * args.ldx + h * args.head_stride + i];
        float& high = args.x[r * args.ldx + h * args.head_stride + half + i];
        const double c = args.cosine[args.positions[r] * half + i];
        const double s =
            args.inverse ? -args.sine[args.positions[r] * half + i] : args.sine[args.positions[r] * half + i];
        const double a = low;
        const double b = high;
        low = static_cast<float>(a * c - b * s);
        high = static_cast<float>(b * c + a * s);
      }
    }
  }
}

}  // namespace sotto::reference
