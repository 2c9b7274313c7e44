// The updates of the optimizers on a range of parameters. The steps and the fused noisy steps call the same compiled
// function, so a step has the same bits in either.
#pragma once

#include <cstdint>

namespace sotto::cpu::SOTTO_ISA {

struct SgdUpdate {
  float rate;
  float momentum;
  float weight_decay;
  float* velocity;
  float* weights;

  // Updates parameters [begin, end); gradient[0] is that of parameter begin.
  void operator()(int64_t begin, int64_t end, const float* gradient) const;
};

struct AdamWUpdate {
  // step counts from 1.
  AdamWUpdate(float rate, float beta1, float beta2, float epsilon, float weight_decay, int64_t step,
              float* first_moment, float* second_moment, float* weights);

  void operator()(int64_t begin, int64_t end, const float* gradient) const;

 private:
  float rate_, beta1_, beta2_, epsilon_, weight_decay_;
  float first_scale_, second_scale_;  // inverse bias corrections
  float *first_moment_, *second_moment_, *weights_;
};

}  // namespace sotto::cpu::SOTTO_ISA
