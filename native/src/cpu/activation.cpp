// GELU (Hendrycks & Gimpel 2016), exact and tanh form, SiLU, ReLU and tanh, plain and gated.
//
// The first three are x * S(x) for an S in (0, 1): sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3) for the tanh form
// (since (1 + tanh u) / 2 = sigmoid(2u), which keeps its relative accuracy in the left tail), the normal distribution
// function for the exact form, sigmoid(x) for SiLU. The derivative is S + x S'.
#include <type_traits>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

constexpr int64_t kBlock = 1 << 13;

// A function and its derivative at x.
struct Point {
  Vec value;
  Vec slope;
};

SOTTO_INLINE Vec sigmoid(Vec x) { return 1.0f / (1.0f + exp(-x)); }

struct GeluTanh {
  static SOTTO_INLINE Point at(Vec x) {
    constexpr float kTwice = 1.5957691216f;  // 2 sqrt(2/pi)
    const Vec square = x * x;
    const Vec value = sigmoid(x * kTwice * fma(square, splat(0.044715f), splat(1.0f)));
    const Vec inner = kTwice * fma(square, splat(3 * 0.044715f), splat(1.0f));
    return {value, value * (1.0f - value) * inner};
  }
};

struct GeluErf {
  static SOTTO_INLINE Point at(Vec x) {
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
  static SOTTO_INLINE Point at(Vec x) {
    const Vec value = sigmoid(x);
    return {value, value * (1.0f - value)};
  }
};

// x * S(x), but 0 where S underflowed to 0: -inf * 0 would be NaN where the limit is 0.
SOTTO_INLINE Vec apply(Vec x, Vec value) { return select(value == Vec{}, Vec{}, x * value); }

// x * S(x) for a weight S; x S' is likewise 0 where S' is.
template <typename Weight>
struct Weighted {
  static SOTTO_INLINE Point at(Vec x) {
    const Point weight = Weight::at(x);
    return {apply(x, weight.value), weight.value + apply(x, weight.slope)};
  }
};

struct Relu {
  static SOTTO_INLINE Point at(Vec x) {
    const Vec slope = select(x > Vec{}, splat(1.0f), Vec{});
    return {select(x < Vec{}, Vec{}, x), select(x != x, x, slope)};
  }
};

struct Tanh {
  static SOTTO_INLINE Point at(Vec x) {
    const Vec value = tanh(x);
    return {value, 1.0f - value * value};
  }
};

// Calls f with the law of that kind.
template <typename F>
void with_kind(sotto_activation kind, F f) {
  switch (kind) {
    case SOTTO_GELU_TANH:
      return f(Weighted<GeluTanh>{});
    case SOTTO_GELU_ERF:
      return f(Weighted<GeluErf>{});
    case SOTTO_SILU:
      return f(Weighted<Silu>{});
    case SOTTO_RELU:
      return f(Relu{});
    case SOTTO_TANH:
      return f(Tanh{});
  }
}

template <typename F>
void each_element(Device& device, int64_t count, F f) {
  context(device).parallel_blocks(count, kBlock, [&](int64_t begin, int64_t end) { each_vector(begin, end, f); });
}

// Calls f(row, channel, part) for all channels of all rows. packed: rows without gaps, taken as one long row.
template <typename F>
void each_channel(Device& device, int64_t rows, int64_t channels, bool packed, F f) {
  if (packed) return each_element(device, rows * channels, [&](int64_t i, auto part) { f(0, i, part); });
  context(device).parallel_blocks(rows, 1 + kBlock / (channels + 1), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) each_vector(0, channels, [&](int64_t c, auto part) { f(r, c, part); });
  });
}

}  // namespace

void activation_forward(Device& device, const sotto_activation_forward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count,
                 [&](int64_t i, auto part) { store(args.out + i, Law::at(load(args.x + i, part)).value, part); });
  });
}

void activation_backward(Device& device, const sotto_activation_backward_request& args) {
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_element(device, args.count, [&](int64_t i, auto part) {
      store(args.dx + i, load(args.dout + i, part) * Law::at(load(args.x + i, part)).slope, part);
    });
  });
}

void gated_activation_forward(Device& device, const sotto_gated_activation_forward_request& args) {
  const bool packed = args.ld == args.channels;
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_channel(device, args.rows, args.channels, packed, [&](int64_t r, int64_t c, auto part) {
      const int64_t at = r * args.ld + c;
      store(args.out + r * args.channels + c, Law::at(load(args.gate + at, part)).value * load(args.up + at, part),
            part);
    });
  });
}

void gated_activation_backward(Device& device, const sotto_gated_activation_backward_request& args) {
  const bool packed = args.ld == args.channels && args.ldd == args.channels;
  with_kind(args.kind, [&](auto law) {
    using Law = decltype(law);
    each_channel(device, args.rows, args.channels, packed, [&](int64_t r, int64_t c, auto part) {
      const Vec gradient = load(args.dout + r * args.channels + c, part);
      const Vec other = load(args.up + r * args.ld + c, part);
      const Point at = Law::at(load(args.gate + r * args.ld + c, part));
      store(args.dgate + r * args.ldd + c, gradient * other * at.slope, part);
      store(args.dup + r * args.ldd + c, gradient * at.value, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
