// Token and position embedding. Ids are checked before anything is written: a bad id would read outside the table.
#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

void embedding_forward(Device& device, const sotto_embedding_forward_request& args) {
  check_indices("ids", args.rows, args.ids, 0, args.vocabulary);
  if (args.position_table != nullptr) check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  context(device).parallel_blocks(args.rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* token = args.token_table + args.ids[r] * args.channels;
      const float* position =
          args.position_table == nullptr ? nullptr : args.position_table + args.positions[r] * args.channels;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        Vec value = load(token + c, part) * args.scale;
        if (position != nullptr) value += load(position + c, part);
        store(args.out + r * args.channels + c, value, part);
      });
    }
  });
}

void embedding_backward(Device& device, const sotto_embedding_backward_request& args) {
  if (args.token_gradient != nullptr) check_indices("ids", args.rows, args.ids, 0, args.vocabulary);
  if (args.position_gradient != nullptr) check_indices("positions", args.rows, args.positions, 0, args.max_positions);
  // Rows may share an id, so a task owns columns, not rows, and adds all rows in order.
  context(device).parallel_blocks(args.channels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < args.rows; r++) {
      each_vector(begin, end, [&](int64_t c, auto part) {
        const Vec value = load(args.dout + r * args.channels + c, part);
        if (args.token_gradient != nullptr) {
          float* target = args.token_gradient + args.ids[r] * args.channels + c;
          store(target, load(target, part) + value * args.scale, part);
        }
        if (args.position_gradient != nullptr) {
          float* target = args.position_gradient + args.positions[r] * args.channels + c;
          store(target, load(target, part) + value, part);
        }
      });
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
