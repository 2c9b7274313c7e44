// The C ABI of LoRA and the private path: norms, clipping, sum, noise, step.
#include <cmath>

#include "abi_call.h"

using namespace sotto;  // NOLINT: this file is the bridge from C names to the namespace

namespace {

constexpr int64_t kMaxRank = 256;

void check_quantum(double quantum) {
  int exponent = 0;
  check::require(std::isnormal(quantum) && quantum > 0 && std::frexp(quantum, &exponent) == 0.5,
                 "quantum must be a positive power of two");
}

void check_finite(const char* name, double value) {
  if (!std::isfinite(value)) check::fail(std::string(name) + " must be finite");
}

void check_lora(int64_t rows, int64_t in_channels, int64_t out_channels, int64_t rank) {
  check::range("rank", rank, 1, kMaxRank);
  check::product("x", rows, in_channels);
  check::product("y", rows, out_channels);
  check::product("a", rank, in_channels);
  check::product("b", rank, out_channels);
}

// The rows and factors of one pair's per-sample gradients.
void check_pair(int64_t units, const int32_t* unit_start, int64_t in_channels, int64_t out_channels, int64_t rank,
                const float* x, const float* u, const float* dy, int64_t lddy, const float* du) {
  // The number of rows stands in unit_start, which may be on a device: one row stands for all of them here.
  check::range("units", units, 0, INT32_MAX - 1);
  check_lora(units > 0 ? 1 : 0, in_channels, out_channels, rank);
  check::pointer("unit_start", unit_start, units);
  check::pointer("x", x, units * in_channels);
  check::pointer("u", u, units);
  check::matrix("dy", dy, units > 0 ? 1 : 0, out_channels, lddy);
  check::pointer("du", du, units);
}

void check_noise(const Noise& noise, int64_t parameters) {
  check::range("law", noise.law, SOTTO_NOISE_GAUSSIAN, SOTTO_NOISE_LMO);
  check::count("parameters", parameters);
  check_finite("scale", noise.scale);
  check::require(noise.scale >= 0, "scale must not be negative");
  check_quantum(noise.quantum);
  check::pointer("key", noise.key);
  check::count("step", noise.step);
  check::range("tensor", noise.tensor, 0, (1 << 28) - 1);
  check::count("first_index", noise.first_index);
  check::pointer("quantiles", noise.quantiles, noise.law == SOTTO_NOISE_LMO ? 1 : 0);
  check::pointer("sum", noise.sum, parameters);
  check_finite("multiplier", noise.multiplier);
}

void check_sgd(int64_t parameters, float rate, float momentum, float weight_decay, const float* velocity,
               const float* weights) {
  check::count("parameters", parameters);
  check_finite("rate", rate);
  check::require(momentum >= 0 && momentum < 1, "momentum must be in [0, 1)");
  check::require(std::isfinite(weight_decay) && weight_decay >= 0, "weight_decay must not be negative");
  check::pointer("velocity", velocity, parameters);
  check::pointer("weights", weights, parameters);
}

void check_adamw(int64_t parameters, float rate, float beta1, float beta2, float epsilon, float weight_decay,
                 const char* counter, int64_t step, const float* first_moment, const float* second_moment,
                 const float* weights) {
  check::count("parameters", parameters);
  check_finite("rate", rate);
  check::require(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1)");
  check::require(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1)");
  check::require(std::isfinite(epsilon) && epsilon > 0, "epsilon must be positive");
  check::require(std::isfinite(weight_decay) && weight_decay >= 0, "weight_decay must not be negative");
  check::range(counter, step, 1, check::kMaxCount);
  check::pointer("first_moment", first_moment, parameters);
  check::pointer("second_moment", second_moment, parameters);
  check::pointer("weights", weights, parameters);
}

}  // namespace

extern "C" {

sotto_status sotto_lora_forward(sotto_backend* backend, int64_t rows, int64_t in_channels, int64_t out_channels,
                                int64_t rank, float scale, const float* x, const float* a, const float* b, float* u,
                                float* y, int64_t ldy) {
  return guarded(__func__, backend, [&] {
    check_lora(rows, in_channels, out_channels, rank);
    check::pointer("x", x, rows * in_channels);
    check::pointer("a", a, rank * in_channels);
    check::pointer("b", b, rank * out_channels);
    check::pointer("u", u, rows);
    check::matrix("y", y, rows, out_channels, ldy);
    available(backend->ops.lora_forward)(*backend->device, rows, in_channels, out_channels, rank, scale, x, a, b, u, y,
                                         ldy);
  });
}

sotto_status sotto_lora_backward(sotto_backend* backend, int64_t rows, int64_t in_channels, int64_t out_channels,
                                 int64_t rank, float scale, const float* dy, int64_t lddy, const float* a,
                                 const float* b, float* du, float* dx) {
  return guarded(__func__, backend, [&] {
    check_lora(rows, in_channels, out_channels, rank);
    check::matrix("dy", dy, rows, out_channels, lddy);
    check::pointer("a", a, rank * in_channels);
    check::pointer("b", b, rank * out_channels);
    check::pointer("du", du, rows);
    available(backend->ops.lora_backward)(*backend->device, rows, in_channels, out_channels, rank, scale, dy, lddy, a,
                                          b, du, dx);
  });
}

sotto_status sotto_per_sample_norm(sotto_backend* backend, int64_t units, const int32_t* unit_start,
                                   int64_t in_channels, int64_t out_channels, int64_t rank, float scale, const float* x,
                                   const float* u, const float* dy, int64_t lddy, const float* du, int32_t accumulate,
                                   float* gradients, int64_t gradient_stride, double* squared_norm) {
  return guarded(__func__, backend, [&] {
    check_pair(units, unit_start, in_channels, out_channels, rank, x, u, dy, lddy, du);
    check::pointer("squared_norm", squared_norm, units);
    check::require(accumulate == 0 || gradients != nullptr, "accumulate needs gradients");
    if (gradients != nullptr) {
      check::matrix("gradients", gradients, units, rank * (in_channels + out_channels), gradient_stride);
    }
    available(backend->ops.per_sample_norm)(*backend->device, units, unit_start, in_channels, out_channels, rank, scale,
                                            x, u, dy, lddy, du, accumulate != 0, gradients, gradient_stride,
                                            squared_norm);
  });
}

sotto_status sotto_clip_factor(sotto_backend* backend, int64_t units, int64_t pairs, int64_t groups,
                               const double* squared_norm, const double* clip_norm, double stabilizer, float* factor) {
  return guarded(__func__, backend, [&] {
    check::range("pairs", pairs, 1, INT32_MAX);
    check::require(groups == 1 || groups == pairs, "groups must be 1 or equal to pairs");
    check::pointer("squared_norm", squared_norm, check::product("squared_norm", pairs, units));
    check::pointer("clip_norm", clip_norm);
    for (int64_t g = 0; g < groups; g++) {
      check::require(std::isfinite(clip_norm[g]) && clip_norm[g] > 0, "every clip_norm must be positive and finite");
    }
    check_finite("stabilizer", stabilizer);
    check::require(stabilizer >= 0, "stabilizer must not be negative");
    check::pointer("factor", factor, check::product("factor", groups, units));
    available(backend->ops.clip_factor)(*backend->device, units, pairs, groups, squared_norm, clip_norm, stabilizer,
                                        factor);
  });
}

sotto_status sotto_clipped_sum(sotto_backend* backend, int64_t units, int64_t parameters, const float* gradients,
                               int64_t gradient_stride, const float* factor, double quantum, double* sum) {
  return guarded(__func__, backend, [&] {
    check::matrix("gradients", gradients, units, parameters, gradient_stride);
    check::pointer("factor", factor, units);
    check_quantum(quantum);
    check::pointer("sum", sum, parameters);
    available(backend->ops.clipped_sum)(*backend->device, units, parameters, gradients, gradient_stride, factor,
                                        quantum, sum);
  });
}

sotto_status sotto_clip_and_sum_pair(sotto_backend* backend, int64_t units, const int32_t* unit_start,
                                     int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                                     const float* x, const float* u, const float* dy, int64_t lddy, const float* du,
                                     const float* factor, double quantum, double* sum) {
  return guarded(__func__, backend, [&] {
    check_pair(units, unit_start, in_channels, out_channels, rank, x, u, dy, lddy, du);
    check::pointer("factor", factor, units);
    check_quantum(quantum);
    check::pointer("sum", sum, rank * (in_channels + out_channels));
    available(backend->ops.clip_and_sum_pair)(*backend->device, units, unit_start, in_channels, out_channels, rank,
                                              scale, x, u, dy, lddy, du, factor, quantum, sum);
  });
}

sotto_status sotto_add_noise(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale, double quantum,
                             const uint8_t* key, int64_t step, int32_t tensor, int64_t first_index,
                             const double* quantiles, int64_t segments, double largest, const double* sum,
                             double multiplier, float* out) {
  return guarded(__func__, backend, [&] {
    check_noise({law, scale, quantum, key, step, tensor, first_index, quantiles, segments, largest, sum, multiplier},
                parameters);
    check::pointer("out", out, parameters);
    available(backend->ops.add_noise)(*backend->device, law, parameters, scale, quantum, key, step, tensor, first_index,
                                      quantiles, segments, largest, sum, multiplier, out);
  });
}

sotto_status sotto_sgd_step(sotto_backend* backend, int64_t parameters, float rate, float momentum, float weight_decay,
                            const float* gradient, float* velocity, float* weights) {
  return guarded(__func__, backend, [&] {
    check_sgd(parameters, rate, momentum, weight_decay, velocity, weights);
    check::pointer("gradient", gradient, parameters);
    available(backend->ops.sgd_step)(*backend->device, parameters, rate, momentum, weight_decay, gradient, velocity,
                                     weights);
  });
}

sotto_status sotto_adamw_step(sotto_backend* backend, int64_t parameters, float rate, float beta1, float beta2,
                              float epsilon, float weight_decay, int64_t step, const float* gradient,
                              float* first_moment, float* second_moment, float* weights) {
  return guarded(__func__, backend, [&] {
    check_adamw(parameters, rate, beta1, beta2, epsilon, weight_decay, "step", step, first_moment, second_moment,
                weights);
    check::pointer("gradient", gradient, parameters);
    available(backend->ops.adamw_step)(*backend->device, parameters, rate, beta1, beta2, epsilon, weight_decay, step,
                                       gradient, first_moment, second_moment, weights);
  });
}

sotto_status sotto_noisy_sgd_step(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale,
                                  double quantum, const uint8_t* key, int64_t step, int32_t tensor, int64_t first_index,
                                  const double* quantiles, int64_t segments, double largest, const double* sum,
                                  double multiplier, float* released, float rate, float momentum, float weight_decay,
                                  float* velocity, float* weights) {
  return guarded(__func__, backend, [&] {
    const Noise noise{law,         scale,     quantum,  key,     step, tensor,
                      first_index, quantiles, segments, largest, sum,  multiplier};
    check_noise(noise, parameters);
    check_sgd(parameters, rate, momentum, weight_decay, velocity, weights);
    available(backend->ops.noisy_sgd_step)(*backend->device, noise, parameters, released, rate, momentum, weight_decay,
                                           velocity, weights);
  });
}

sotto_status sotto_noisy_adamw_step(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale,
                                    double quantum, const uint8_t* key, int64_t step, int32_t tensor,
                                    int64_t first_index, const double* quantiles, int64_t segments, double largest,
                                    const double* sum, double multiplier, float* released, float rate, float beta1,
                                    float beta2, float epsilon, float weight_decay, int64_t update, float* first_moment,
                                    float* second_moment, float* weights) {
  return guarded(__func__, backend, [&] {
    const Noise noise{law,         scale,     quantum,  key,     step, tensor,
                      first_index, quantiles, segments, largest, sum,  multiplier};
    check_noise(noise, parameters);
    check_adamw(parameters, rate, beta1, beta2, epsilon, weight_decay, "update", update, first_moment, second_moment,
                weights);
    available(backend->ops.noisy_adamw_step)(*backend->device, noise, parameters, released, rate, beta1, beta2, epsilon,
                                             weight_decay, update, first_moment, second_moment, weights);
  });
}

}  // extern "C"
