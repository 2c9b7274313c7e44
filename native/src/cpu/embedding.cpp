// Token and position embedding. Ids are checked before anything is written: a bad id would read outside the table.
#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

void embedding_forward(Device& device, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                       const int32_t* ids, const int32_t* positions, const float* token_table,
                       const float* position_table, float* out) {
  check_indices("ids", rows, ids, 0, vocabulary);
  if (position_table != nullptr) check_indices("positions", rows, positions, 0, max_positions);
  context(device).parallel_blocks(rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* token = token_table + ids[r] * channels;
      const float* position = position_table == nullptr ? nullptr : position_table + positions[r] * channels;
      each_vector(0, channels, [&](int64_t c, auto part) {
        Vec value = load(token + c, part);
        if (position != nullptr) value += load(position + c, part);
        store(out + r * channels + c, value, part);
      });
    }
  });
}

void embedding_backward(Device& device, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                        const int32_t* ids, const int32_t* positions, const float* dout, float* token_gradient,
                        float* position_gradient) {
  if (token_gradient != nullptr) check_indices("ids", rows, ids, 0, vocabulary);
  if (position_gradient != nullptr) check_indices("positions", rows, positions, 0, max_positions);
  // Rows may share an id, so a task owns columns, not rows, and adds all rows in order.
  context(device).parallel_blocks(channels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < rows; r++) {
      each_vector(begin, end, [&](int64_t c, auto part) {
        const Vec value = load(dout + r * channels + c, part);
        if (token_gradient != nullptr) {
          float* target = token_gradient + ids[r] * channels + c;
          store(target, load(target, part) + value, part);
        }
        if (position_gradient != nullptr) {
          float* target = position_gradient + positions[r] * channels + c;
          store(target, load(target, part) + value, part);
        }
      });
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
