// The optimizers' updates of one parameter, for optimizer.cu and noisy_step.cu.
//
// A compiler may turn a product and a sum into one fused operation, and may choose otherwise in another kernel. Every
// fusion is written out here, and no product that rounds feeds a plain addition: a step has the same bits in both.
#pragma once

#include <cmath>
#include <cstdint>

#include "launch.cuh"
#include "sotto/ops.h"

namespace sotto::cuda {

__device__ __forceinline__ float fused_float(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

// in: gradient, velocity, weight; out: velocity, weight.
struct Sgd {
  float rate, momentum, weight_decay;
  __device__ void operator()(const float (&in)[3], float (&out)[2]) const {
    const float velocity = fused_float(momentum, in[1], in[0]);
    out[0] = velocity;
    out[1] = fused_float(-rate, fused_float(weight_decay, in[2], velocity), in[2]);
  }
};

// in: gradient, first moment, second moment, weight; out: the last three.
struct AdamW {
  float rate, beta1, beta2, fresh1, fresh2, first_scale, second_scale, epsilon, weight_decay;
  __device__ void operator()(const float (&in)[4], float (&out)[3]) const {
    const float gradient = in[0];
    const float first = fused_float(beta1, in[1], fresh1 * gradient);
    const float second = fused_float(beta2, in[2], fresh2 * (gradient * gradient));
    const float direction = first * first_scale / (sqrtf(second * second_scale) + epsilon);
    out[0] = first;
    out[1] = second;
    out[2] = fused_float(-rate, fused_float(weight_decay, in[3], direction), in[3]);
  }
};

// 1 / (1 - beta^step): what the moments of the first steps lack.
inline float inverse_correction(float beta, int64_t step) {
  return static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta), static_cast<double>(step))));
}

inline Sgd sgd(const sotto_sgd& update) { return {update.rate, update.momentum, update.weight_decay}; }

inline AdamW adamw(const sotto_adamw& update) {
  return {update.rate,
          update.beta1,
          update.beta2,
          1.0f - update.beta1,
          1.0f - update.beta2,
          inverse_correction(update.beta1, update.step),
          inverse_correction(update.beta2, update.step),
          update.epsilon,
          update.weight_decay};
}

}  // namespace sotto::cuda
