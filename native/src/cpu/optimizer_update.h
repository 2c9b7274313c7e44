// The updates of the optimizers on a range of parameters. The steps and the fused noisy steps call the same compiled
// function, so a step has the same bits in either.
#pragma once

#include <cstdint>

#include "sotto/ops.h"

namespace sotto::cpu::SOTTO_ISA {

struct SgdUpdate {
  sotto_sgd sgd;

  // Updates parameters [begin, end); gradient[0] is that of parameter begin.
  void operator()(int64_t begin, int64_t end, const float* gradient) const;
};

struct AdamWUpdate {
  explicit AdamWUpdate(const sotto_adamw& update);

  void operator()(int64_t begin, int64_t end, const float* gradient) const;

 private:
  sotto_adamw adamw_;
  float first_scale_, second_scale_;  // inverse bias corrections
};

}  // namespace sotto::cpu::SOTTO_ISA
