// The definition of softmax cross-entropy and its gradient.
#include <cmath>

#include "kernels.h"

namespace sotto::reference {

void cross_entropy(Device&, int64_t rows, int64_t vocabulary, float* logits, int64_t ld, const int32_t* targets,
                   const float* row_weight, bool gradient, float* row_loss) {
  cpu::check_indices("targets", rows, targets, INT32_MIN, vocabulary);
  for (int64_t r = 0; r < rows; r++) {
    float* row = logits + r * ld;
    if (targets[r] < 0) {
      row_loss[r] = 0;
      for (int64_t i = 0; gradient && i < vocabulary; i++) row[i] = 0;
      continue;
    }
    double top = row[0];
    for (int64_t i = 1; i < vocabulary; i++) top = row[i] > top ? row[i] : top;
    double total = 0;
    for (int64_t i = 0; i < vocabulary; i++) total += std::exp(row[i] - top);
    row_loss[r] = static_cast<float>(std::log(total) + (top - row[targets[r]]));
    for (int64_t i = 0; gradient && i < vocabulary; i++) {
      const double softmax = std::exp(row[i] - top) / total;
      row[i] = static_cast<float>(row_weight[r] * (softmax - (i == targets[r] ? 1 : 0)));
    }
  }
}

}  // namespace sotto::reference
