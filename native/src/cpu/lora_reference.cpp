// LoRA (Hu et al. 2022) by plain loops; each dot product is taken in double and rounded once.
#include <cstdint>

#include "kernels.h"

namespace sotto {

void check_request(const sotto_lora_forward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  check::lora(args.rows, shape);
  check::pointer("x", args.x, args.rows * shape.in_channels);
  check::pointer("a", args.a, shape.rank * shape.in_channels);
  check::pointer("b", args.b, shape.rank * shape.out_channels);
  check::pointer("u", args.u, args.rows);
  check::matrix("y", args.y, args.rows, shape.out_channels, args.ldy);
}

void check_request(const sotto_lora_backward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  check::lora(args.rows, shape);
  check::matrix("dy", args.dy, args.rows, shape.out_channels, args.lddy);
  check::pointer("a", args.a, shape.rank * shape.in_channels);
  check::pointer("b", args.b, shape.rank * shape.out_channels);
  check::pointer("du", args.du, args.rows);
}

}  // namespace sotto

namespace sotto::reference {

void lora_forward(Device&, const sotto_lora_forward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  for (int64_t t = 0; t < args.rows; ++t) {
    for (int64_t r = 0; r < shape.rank; ++r) {
      double dot = 0;
      for (int64_t c = 0; c < shape.in_channels; ++c)
        dot += static_cast<double>(args.x[t * shape.in_channels + c]) * args.a[r * shape.in_channels + c];
      args.u[t * shape.rank + r] = static_cast<float>(dot);
    }
    for (int64_t c = 0; c < shape.out_channels; ++c) {
      double dot = 0;
      for (int64_t r = 0; r < shape.rank; ++r)
        dot += static_cast<double>(args.u[t * shape.rank + r]) * args.b[c * shape.rank + r];
      args.y[t * args.ldy + c] = static_cast<float>(args.y[t * args.ldy + c] + shape.scale * dot);
    }
  }
}

void lora_backward(Device&, const sotto_lora_backward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  for (int64_t t = 0; t < args.rows; ++t) {
    for (int64_t r = 0; r < shape.rank; ++r) {
      double dot = 0;
      for (int64_t c = 0; c < shape.out_channels; ++c)
        dot += static_cast<double>(args.dy[t * args.lddy + c]) * args.b[c * shape.rank + r];
      args.du[t * shape.rank + r] = static_cast<float>(shape.scale * dot);
    }
    if (args.dx == nullptr) continue;
    for (int64_t c = 0; c < shape.in_channels; ++c) {
      double dot = 0;
      for (int64_t r = 0; r < shape.rank; ++r)
        dot += static_cast<double>(args.du[t * shape.rank + r]) * args.a[r * shape.in_channels + c];
      args.dx[t * shape.in_channels + c] = static_cast<float>(args.dx[t * shape.in_channels + c] + dot);
    }
  }
}

}  // namespace sotto::reference
