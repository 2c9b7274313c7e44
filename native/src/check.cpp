// The checks that more than one op needs.
#include "check.h"

#include <cmath>

namespace sotto::check {

void range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    fail(std::string(name) + " is " + std::to_string(value) + ", must be in " + std::to_string(low) + ".." +
         std::to_string(high));
  }
}

void finite(const char* name, double value) {
  if (!std::isfinite(value)) fail(std::string(name) + " must be finite");
}

int64_t product(const char* name, int64_t a, int64_t b) {
  count(name, a);
  count(name, b);
  if (b != 0 && a > kMaxCount / b) fail(std::string(name) + ": too many elements");
  return a * b;
}

void matrix(const char* name, const void* data, int64_t rows, int64_t columns, int64_t ld) {
  const int64_t elements = product(name, rows, columns);
  if (ld < columns) {
    fail(std::string("the leading dimension of ") + name + " is " + std::to_string(ld) + ", must be at least " +
         std::to_string(columns));
  }
  product(name, rows, ld);
  pointer(name, data, elements);
}

void epsilon(float epsilon) { require(epsilon >= 0 && epsilon < 1, "epsilon must be in [0, 1)"); }

void strided_heads(int64_t heads, int64_t width, int64_t stride, const char* name) {
  range("heads", heads, 1, 1 << 20);
  range(name, width, 1, 1 << 16);
  range("head_stride", stride, width, 1 << 20);
}

void cap(float cap) { require(std::isfinite(cap) && cap >= 0, "cap must be 0 or positive and finite"); }

void quantum(double quantum) {
  int exponent = 0;
  require(std::isnormal(quantum) && quantum > 0 && std::frexp(quantum, &exponent) == 0.5,
          "quantum must be a positive power of two");
}

void lora(int64_t rows, const sotto_lora_shape& shape, int64_t most_rank) {
  range("rank", shape.rank, 1, most_rank);
  product("x", rows, shape.in_channels);
  product("y", rows, shape.out_channels);
  product("a", shape.rank, shape.in_channels);
  product("b", shape.rank, shape.out_channels);
}

void factors(const sotto_pair_factors& factors) {
  // The number of rows stands in unit_start, which may be on a device: one row stands for all of them here.
  range("units", factors.units, 0, INT32_MAX - 1);
  lora(factors.units > 0 ? 1 : 0, factors.shape, 1 << 20);
  pointer("unit_start", factors.unit_start, factors.units);
  pointer("x", factors.x, factors.units * factors.shape.in_channels);
  pointer("u", factors.u, factors.units);
  matrix("dy", factors.dy, factors.units > 0 ? 1 : 0, factors.shape.out_channels, factors.lddy);
  pointer("du", factors.du, factors.units);
}

void noise(const sotto_noise& noise) {
  range("law", noise.law, SOTTO_NOISE_GAUSSIAN, SOTTO_NOISE_LMO);
  count("parameters", noise.parameters);
  finite("scale", noise.scale);
  require(noise.scale >= 0, "scale must not be negative");
  quantum(noise.quantum);
  pointer("key", noise.key);
  count("step", noise.step);
  range("tensor", noise.tensor, 0, (1 << 28) - 1);
  count("first_index", noise.first_index);
  pointer("quantiles", noise.quantiles, noise.law == SOTTO_NOISE_LMO ? 1 : 0);
  pointer("sum", noise.sum, noise.parameters);
  finite("multiplier", noise.multiplier);
}

void sgd(int64_t parameters, const sotto_sgd& update) {
  count("parameters", parameters);
  finite("rate", update.rate);
  require(update.momentum >= 0 && update.momentum < 1, "momentum must be in [0, 1)");
  require(std::isfinite(update.weight_decay) && update.weight_decay >= 0, "weight_decay must not be negative");
  pointer("velocity", update.velocity, parameters);
  pointer("weights", update.weights, parameters);
}

void adamw(int64_t parameters, const sotto_adamw& update, const char* counter) {
  count("parameters", parameters);
  finite("rate", update.rate);
  require(update.beta1 >= 0 && update.beta1 < 1, "beta1 must be in [0, 1)");
  require(update.beta2 >= 0 && update.beta2 < 1, "beta2 must be in [0, 1)");
  require(std::isfinite(update.epsilon) && update.epsilon > 0, "epsilon must be positive");
  require(std::isfinite(update.weight_decay) && update.weight_decay >= 0, "weight_decay must not be negative");
  range(counter, update.step, 1, kMaxCount);
  pointer("first_moment", update.first_moment, parameters);
  pointer("second_moment", update.second_moment, parameters);
  pointer("weights", update.weights, parameters);
}

}  // namespace sotto::check
