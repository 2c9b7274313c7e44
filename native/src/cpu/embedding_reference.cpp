// The definition of token and position embedding.
#include "kernels.h"

namespace sotto::reference {

void embedding_forward(Device&, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                       const int32_t* ids, const int32_t* positions, const float* token_table,
                       const float* position_table, float* out) {
  cpu::check_indices("ids", rows, ids, 0, vocabulary);
  if (position_table != nullptr) cpu::check_indices("positions", rows, positions, 0, max_positions);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < channels; c++) {
      out[r * channels + c] = token_table[ids[r] * channels + c];
      if (position_table != nullptr) out[r * channels + c] += position_table[positions[r] * channels + c];
    }
  }
}

void embedding_backward(Device&, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                        const int32_t* ids, const int32_t* positions, const float* dout, float* token_gradient,
                        float* position_gradient) {
  if (token_gradient != nullptr) cpu::check_indices("ids", rows, ids, 0, vocabulary);
  if (position_gradient != nullptr) cpu::check_indices("positions", rows, positions, 0, max_positions);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < channels; c++) {
      const float value = dout[r * channels + c];
      if (token_gradient != nullptr) token_gradient[ids[r] * channels + c] += value;
      if (position_gradient != nullptr) position_gradient[positions[r] * channels + c] += value;
    }
  }
}

}  // namespace sotto::reference
