// One vector type per ISA and the few operations that the kernels need. Included by tuned kernel files only.
//
// Everything lives in the SOTTO_ISA namespace, so that no copy built for one ISA can be linked into another. A value
// computed in a full vector and in a partial one has the same bits, which is what makes a row's result independent of
// where the row stands.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define SOTTO_INLINE inline __attribute__((always_inline))

namespace sotto::cpu::SOTTO_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * 4)));
typedef int32_t VecI __attribute__((vector_size(kLanes * 4)));

// How many lanes of a load or store are real: all, or the first count.
struct Full {};
struct Part {
  int count;
};

SOTTO_INLINE Vec load(const float* p, Full = {}) {
  Vec v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
SOTTO_INLINE void store(float* p, Vec v, Full = {}) { std::memcpy(p, &v, sizeof(v)); }

// Not Vec{} + x: that addition is real (it turns -0 into 0) and costs one in the innermost loops.
#if defined(__AVX512F__)
SOTTO_INLINE Vec splat(float x) { return reinterpret_cast<Vec>(_mm512_set1_ps(x)); }
#elif defined(__AVX2__)
SOTTO_INLINE Vec splat(float x) { return reinterpret_cast<Vec>(_mm256_set1_ps(x)); }
#else
SOTTO_INLINE Vec splat(float x) { return Vec{x, x, x, x}; }
#endif
SOTTO_INLINE VecI splat_int(int32_t x) { return VecI{} + x; }

SOTTO_INLINE VecI lane_index() {
  VecI v;
  for (int i = 0; i < kLanes; i++) v[i] = i;
  return v;
}

#if defined(__AVX512F__)
SOTTO_INLINE Vec load(const float* p, Part part) {
  return reinterpret_cast<Vec>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << part.count) - 1), p));
}
SOTTO_INLINE void store(float* p, Vec v, Part part) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << part.count) - 1), reinterpret_cast<__m512>(v));
}
SOTTO_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(
      _mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}
#elif defined(__AVX2__)
SOTTO_INLINE Vec load(const float* p, Part part) {
  const VecI mask = lane_index() < splat_int(part.count);
  return reinterpret_cast<Vec>(_mm256_maskload_ps(p, reinterpret_cast<__m256i>(mask)));
}
SOTTO_INLINE void store(float* p, Vec v, Part part) {
  const VecI mask = lane_index() < splat_int(part.count);
  _mm256_maskstore_ps(p, reinterpret_cast<__m256i>(mask), reinterpret_cast<__m256>(v));
}
SOTTO_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(
      _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}
#else
SOTTO_INLINE Vec load(const float* p, Part part) {
  Vec v{};
  for (int i = 0; i < part.count; i++) v[i] = p[i];
  return v;
}
SOTTO_INLINE void store(float* p, Vec v, Part part) {
  for (int i = 0; i < part.count; i++) p[i] = v[i];
}
SOTTO_INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
#endif

// Where mask (lanes of 0 or -1, as comparisons give) picks a, elsewhere b.
SOTTO_INLINE Vec select(VecI mask, Vec a, Vec b) { return mask ? a : b; }
SOTTO_INLINE Vec max(Vec a, Vec b) { return a > b ? a : b; }

// Lanes folded in halves: a fixed order.
SOTTO_INLINE float sum(Vec v) {
  float lane[kLanes];
  store(lane, v);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  }
  return lane[0];
}

SOTTO_INLINE float largest(Vec v) {
  float lane[kLanes];
  store(lane, v);
  for (int i = 1; i < kLanes; i++) lane[0] = lane[i] > lane[0] ? lane[i] : lane[0];
  return lane[0];
}

// Calls f(i, part) for i = 0, kLanes, ... below count; the last call may be partial.
template <typename F>
SOTTO_INLINE void each_vector(int64_t begin, int64_t end, F f) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) f(i, Full{});
  if (i < end) f(i, Part{static_cast<int>(end - i)});
}

// exp(x) = scale * (1 + fraction) for |x| < 127 ln2: x = n ln2 + r, |r| <= ln2/2, scale = 2^n and fraction = exp(r) - 1
// = r + r^2 q(r), q a minimax polynomial (relative error 3e-9, below rounding).
struct Exponential {
  Vec fraction;
  Vec scale;
};
SOTTO_INLINE Exponential split_exp(Vec x) {
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest integer
  const Vec n = fma(x, splat(1.44269504f), magic) - magic;
  Vec r = fma(n, splat(-0.693359375f), x);
  r = fma(n, splat(2.12194440e-4f), r);
  Vec q = splat(1.381453988e-03f);
  q = fma(q, r, splat(8.368745127e-03f));
  q = fma(q, r, splat(4.166839079e-02f));
  q = fma(q, r, splat(1.666652040e-01f));
  q = fma(q, r, splat(4.999999343e-01f));
  const VecI power = (__builtin_convertvector(n, VecI) + 127) << 23;
  Exponential parts{fma(r * r, q, r), {}};
  std::memcpy(&parts.scale, &power, sizeof(parts.scale));
  return parts;
}

// exp to about 1 ulp. Above 88.37 infinity, below -87.3 zero, NaN stays NaN.
SOTTO_INLINE Vec exp(Vec x) {
  const Vec high = splat(88.37f);
  const Vec low = splat(-87.3f);
  const Exponential e = split_exp(max(low, x < high ? x : high));
  Vec result = select(x > high, splat(__builtin_inff()), (e.fraction + 1.0f) * e.scale);
  result = select(x < low, Vec{}, result);
  return select(x != x, x, result);
}

// tanh to about 2 ulp, of small x too: with t = exp(-2|x|) - 1 it is -t / (2 + t). From |x| = 9.02 on it rounds to 1.
// NaN stays NaN.
SOTTO_INLINE Vec tanh(Vec x) {
  const Vec most = splat(9.1f);
  const Vec magnitude = x < Vec{} ? -x : x;
  const Exponential e = split_exp((magnitude < most ? magnitude : most) * -2.0f);
  const Vec t = fma(e.fraction, e.scale, e.scale - 1.0f);
  const Vec result = -t / (t + 2.0f);
  return select(x != x, x, select(x < Vec{}, -result, result));
}

}  // namespace sotto::cpu::SOTTO_ISA
