// GELU (Hendrycks & Gimpel 2016), exact and tanh form, and SiLU, plain and gated.
//
// All three are x * S(x) for an S in (0, 1): sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3) for the tanh form
// (since (1 + tanh u) / 2 = sigmoid(2u), which keeps its relative accuracy in the left tail), the normal distribution
// function for the exact form, sigmoid(x) for SiLU. The derivative is S + x S'.
#include <type_traits>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

constexpr int64_t kBlock = 1 << 13;

// S and its derivative at x.
struct Gate {
  Vec value;
  Vec slope;
};

SOTTO_INLINE Vec sigmoid(Vec x) { return 1.0f / (1.0f + exp(-x)); }

struct GeluTanh {
  static SOTTO_INLINE Gate at(Vec x) {
    constexpr float kTwice = 1.5957691216f;  // 2 sqrt(2/pi)
    const Vec square = x * x;
    const Vec value = sigmoid(x * kTwice * fma(square, splat(0.044715f), splat(1.0f)));
    const Vec inner = kTwice * fma(square, splat(3 * 0.044715f), splat(1.0f));
    return {value, value * (1.0f - value) * inner};
  }
};

struct GeluErf {
  static SOTTO_INLINE Gate at(Vec x) {
    // Q(|x|) = erfc(z) / 2, z = |x| / sqrt 2, and erfc(z) = exp(-z^2) p(t), t = 1 / (1 + 0.4 z), p a minimax polynomial
    // (relative error 1.3e-8, fitted to erfcx on [0, 12]).
    const Vec magnitude = x < Vec{} ? -x : x;
    const Vec t = 1.0f / fma(magnitude, splat(0.4f * 0.70710678f), splat(1.0f));
    Vec p = splat(-2.602633327e-02f);
    p = fma(p, t, splat(1.788263460e-01f));
    p = fma(p, t, splat(-4.541998437e-01f));
    p = fma(p, t, splat(4.887048347e-01f));
    p = fma(p, t, splat(-2.362371590e-01f));
    p = fma(p, t, splat(2.466666499e-01f));
    p = fma(p, t, splat(1.382910698e-01f));
    p = fma(p, t, splat(2.131143256e-01f));
    p = fma(p, t, splat(2.251638022e-01f));
    p = fma(p, t, splat(2.256963207e-01f)) * t;
    const Vec bell = exp(-0.5f * x * x);
    const Vec tail = 0.5f * p * bell;
    return {select(x > Vec{}, 1.0f - tail, tail), bell * 0.3989422804f};
  }
};

struct Silu {
  static SOTTO_INLINE Gate at(Vec x) {
    const Vec value = sigmoid(x);
    return {value, value * (1.0f - value)};
  }
};

// x * S(x), but 0 where S underflowed to 0: -inf * 0 would be NaN where the limit is 0.
SOTTO_INLINE Vec apply(Vec x, Vec value) { return select(value == Vec{}, Vec{}, x * value); }

// x S' is likewise 0 where S' is.
SOTTO_INLINE Vec derivative(Vec x, Gate gate) { return gate.value + apply(x, gate.slope); }

// Calls f with the law of that kind.
template <typename F>
void with_kind(sotto_activation kind, F f) {
  switch (kind) {
    case SOTTO_GELU_TANH:
      return f(GeluTanh{});
    case SOTTO_GELU_ERF:
      return f(GeluErf{});
    case SOTTO_SILU:
      return f(Silu{});
  }
}

template <typename F>
void each_element(Device& device, int64_t count, F f) {
  context(device).parallel_blocks(count, kBlock, [&](int64_t begin, int64_t end) { each_vector(begin, end, f); });
}

}  // namespace

void activation_forward(Device& device, const sotto_activation_forward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count, [&](int64_t i, auto part) {
      const Vec value = load(args.x + i, part);
      store(args.out + i, apply(value, Law::at(value).value), part);
    });
  });
}

void activation_backward(Device& device, const sotto_activation_backward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count, [&](int64_t i, auto part) {
      const Vec value = load(args.x + i, part);
      store(args.dx + i, load(args.dout + i, part) * derivative(value, Law::at(value)), part);
    });
  });
}

void gated_activation_forward(Device& device, const sotto_gated_activation_forward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count, [&](int64_t i, auto part) {
      const Vec value = load(args.gate + i, part);
      store(args.out + i, apply(value, Law::at(value).value) * load(args.up + i, part), part);
    });
  });
}

void gated_activation_backward(Device& device, const sotto_gated_activation_backward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count, [&](int64_t i, auto part) {
      const Vec value = load(args.gate + i, part);
      const Vec gradient = load(args.dout + i, part);
      const Vec other = load(args.up + i, part);
      const Gate at = Law::at(value);
      store(args.dgate + i, gradient * other * derivative(value, at), part);
      store(args.dup + i, gradient * apply(value, at.value), part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
