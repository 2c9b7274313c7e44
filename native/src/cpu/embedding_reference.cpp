// The definition of token and position embedding.
#include <cmath>

#include "kernels.h"

namespace sotto {

namespace {

void check_scale(float scale) { check::require(std::isfinite(scale) && scale > 0, "scale must be positive"); }

}  // namespace

void check_request(const sotto_embedding_forward_request& args) {
  check_scale(args.scale);
  const int64_t elements = check::product("out", args.rows, args.channels);
  check::product("token_table", args.vocabulary, args.channels);
  check::product("position_table", args.max_positions, args.channels);
  check::pointer("ids", args.ids, args.rows);
  check::pointer("token_table", args.token_table, elements);
  if (args.position_table != nullptr) check::pointer("positions", args.positions, args.rows);
  check::pointer("out", args.out, elements);
}

void check_request(const sotto_embedding_backward_request& args) {
  check_scale(args.scale);
  const int64_t elements = check::product("dout", args.rows, args.channels);
  check::product("token_gradient", args.vocabulary, args.channels);
  check::product("position_gradient", args.max_positions, args.channels);
  if (args.token_gradient != nullptr) check::pointer("ids", args.ids, args.rows);
  if (args.position_gradient != nullptr) check::pointer("positions", args.positions, args.rows);
  check::pointer("dout", args.dout, elements);
}

}  // namespace sotto

namespace sotto::reference {

void embedding_forward(Device&, const sotto_embedding_forward_request& args) {
  cpu::check_indices("ids", args.rows, args.ids, 0, args.vocabulary);
  if (args.position_table != nullptr) cpu::check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  for (int64_t r = 0; r < args.rows; r++) {
    for (int64_t c = 0; c < args.channels; c++) {
      args.out[r * args.channels + c] = args.scale * args.token_table[args.ids[r] * args.channels + c];
      if (args.position_table != nullptr)
        args.out[r * args.channels + c] += args.position_table[args.positions[r] * args.channels + c];
    }
  }
}

void embedding_backward(Device&, const sotto_embedding_backward_request& args) {
  if (args.token_gradient != nullptr) cpu::check_indices("ids", args.rows, args.ids, 0, args.vocabulary);
  if (args.position_gradient != nullptr)
    cpu::check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  for (int64_t r = 0; r < args.rows; r++) {
    for (int64_t c = 0; c < args.channels; c++) {
      const float value = args.dout[r * args.channels + c];
      if (args.token_gradient != nullptr) args.token_gradient[args.ids[r] * args.channels + c] += args.scale * value;
      if (args.position_gradient != nullptr) args.position_gradient[args.positions[r] * args.channels + c] += value;
    }
  }
}

}  // namespace sotto::reference
