// GELU (tanh and erf form), SiLU, ReLU and tanh on the GPU, alone and as the gate of a gated unit, forward and
// backward.
//
// What it computes. The first three are f(x) = x S(x) with a weight S between 0 and 1:
//     GELU (tanh)  S = (1 + tanh z) / 2 = 1 / (1 + exp(-2 z)),   z = sqrt(2/pi) (x + 0.044715 x^3)
//     GELU (erf)   S = erfc(-x / sqrt 2) / 2
//     SiLU         S = 1 / (1 + exp(-x))
// and f'(x) = S + x S'. ReLU's derivative at 0 is 0. A plain unit writes f(x), a gated one f(gate) up.
//
// Which bytes it moves, an element: forward 8, backward 12, gated forward 12, gated backward 20. Nothing is kept from
// the forward pass: S is computed again, which costs less than reading it.
//
// Why this shape. 20 to 40 operations an element (an exponential and a division, or erfc) are still less than a GPU
// does while it moves the bytes, so the shape is that of a copy: pointwise.cuh. The logistic form of tanh needs one
// exponential and keeps its precision where S is near 0; where the exponential overflows S is 0, as it should be.
//
// How close to the limit. It should run near the speed of a copy; erfc may bind on GPUs with much bandwidth. Nothing
// has been measured on a GPU yet.
#include <cmath>
#include <cstdint>

#include "ops.h"
#include "pointwise.cuh"

namespace sotto::cuda {
namespace {

// a b, but 0 where a is 0: where S or S' has vanished, an infinite or overflowing factor must not make it NaN.
__device__ __forceinline__ float vanishing(float a, float b) { return a == 0.0f ? 0.0f : a * b; }

__device__ __forceinline__ float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

constexpr float kCubic = 0.044715f;
constexpr float kTwoRootTwoOverPi = 1.59576912160573071f;  // 2 sqrt(2/pi)

// S(x), for tanh the function itself, for ReLU whether x is positive.
template <sotto_activation kKind>
__device__ __forceinline__ float weight(float x) {
  if constexpr (kKind == SOTTO_GELU_TANH) {
    return logistic(kTwoRootTwoOverPi * (x + kCubic * x * x * x));
  } else if constexpr (kKind == SOTTO_GELU_ERF) {
    return 0.5f * erfcf(x * -0.707106781186547524f);
  } else if constexpr (kKind == SOTTO_SILU) {
    return logistic(x);
  } else if constexpr (kKind == SOTTO_RELU) {
    return x != x ? x : x > 0.0f ? 1.0f : 0.0f;
  } else {
    return tanhf(x);
  }
}

// f(x), given s.
template <sotto_activation kKind>
__device__ __forceinline__ float value(float x, float s) {
  if constexpr (kKind == SOTTO_TANH) return s;
  return vanishing(s, x);
}

// f'(x), given s.
template <sotto_activation kKind>
__device__ __forceinline__ float derivative(float x, float s) {
  if constexpr (kKind == SOTTO_GELU_TANH) {
    return s + vanishing(s * (1.0f - s), x * (kTwoRootTwoOverPi * (1.0f + 3.0f * kCubic * x * x)));
  } else if constexpr (kKind == SOTTO_GELU_ERF) {
    return s + vanishing(expf(-0.5f * x * x) * 0.398942280401432678f, x);
  } else if constexpr (kKind == SOTTO_SILU) {
    return s + vanishing(s * (1.0f - s), x);
  } else if constexpr (kKind == SOTTO_RELU) {
    return s;
  } else {
    return 1.0f - s * s;
  }
}

template <sotto_activation kKind>
struct Forward {
  __device__ void operator()(const float (&in)[1], float (&out)[1]) const {
    out[0] = value<kKind>(in[0], weight<kKind>(in[0]));
  }
};

template <sotto_activation kKind>
struct Backward {
  __device__ void operator()(const float (&in)[2], float (&out)[1]) const {
    out[0] = in[1] * derivative<kKind>(in[0], weight<kKind>(in[0]));
  }
};

template <sotto_activation kKind>
struct GatedForward {
  __device__ void operator()(const float (&in)[2], float (&out)[1]) const {
    out[0] = value<kKind>(in[0], weight<kKind>(in[0])) * in[1];
  }
};

template <sotto_activation kKind>
struct GatedBackward {
  __device__ void operator()(const float (&in)[3], float (&out)[2]) const {
    const float gate = in[0], s = weight<kKind>(gate);
    out[0] = in[2] * in[1] * derivative<kKind>(gate, s);
    out[1] = in[2] * value<kKind>(gate, s);
  }
};

// The kind is a template argument, so that a kernel has no branch on it.
template <template <sotto_activation> class Op, int kIn, int kOut>
void of_kind(sotto_activation kind, int64_t rows, int64_t channels, const Arrays<kIn, kOut>& arrays) {
  if (kind == SOTTO_GELU_TANH) {
    pointwise(rows, channels, arrays, Op<SOTTO_GELU_TANH>{});
  } else if (kind == SOTTO_GELU_ERF) {
    pointwise(rows, channels, arrays, Op<SOTTO_GELU_ERF>{});
  } else if (kind == SOTTO_SILU) {
    pointwise(rows, channels, arrays, Op<SOTTO_SILU>{});
  } else if (kind == SOTTO_RELU) {
    pointwise(rows, channels, arrays, Op<SOTTO_RELU>{});
  } else {
    pointwise(rows, channels, arrays, Op<SOTTO_TANH>{});
  }
}

}  // namespace

void activation_forward(Device&, const sotto_activation_forward_request& args) {
  of_kind<Forward, 1, 1>(args.kind, 1, args.count, {{args.x}, {args.out}});
}

void activation_backward(Device&, const sotto_activation_backward_request& args) {
  of_kind<Backward, 2, 1>(args.kind, 1, args.count, {{args.x, args.dout}, {args.dx}});
}

void gated_activation_forward(Device&, const sotto_gated_activation_forward_request& args) {
  of_kind<GatedForward, 2, 1>(args.kind, args.rows, args.channels,
                              {{args.gate, args.up}, {args.out}, {args.ld, args.ld}, {args.channels}});
}

void gated_activation_backward(Device&, const sotto_gated_activation_backward_request& args) {
  of_kind<GatedBackward, 3, 2>(args.kind, args.rows, args.channels,
                               {{args.gate, args.up, args.dout},
                                {args.dgate, args.dup},
                                {args.ld, args.ld, args.channels},
                                {args.ldd, args.ldd}});
}

}  // namespace sotto::cuda
