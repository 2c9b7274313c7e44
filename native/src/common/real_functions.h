// Logarithm, sine and cosine in double precision, with the same bits on every CPU and GPU.
//
// The noise stream has to be one stream: an audit on a CPU must be able to replay what a GPU released. The mathematical
// functions of the C library, of a vectorising compiler and of CUDA differ in their last bits, so these are written
// out: IEEE additions, multiplications, divisions, square roots and explicit fused multiply-adds only. No product that
// rounds feeds a plain addition, so a compiler that contracts expressions finds nothing to contract, and there is no
// branch, so loops vectorise.
//
// The polynomials are Chebyshev interpolants of the Taylor series, computed in 60 digits; the bound beside each is that
// of the polynomial with its coefficients rounded to double. The errors of the whole functions, in units in the last
// place against the 80-bit C library, are asserted in noise_arithmetic_test.cpp.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "host_device.h"

namespace sotto {

SOTTO_HOST_DEVICE double fused(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
  return __fma_rn(a, b, c);
#else
  return __builtin_fma(a, b, c);
#endif
}

SOTTO_HOST_DEVICE uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

SOTTO_HOST_DEVICE double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// The natural logarithm of a positive, normal, finite x; error at most 1 ulp.
//
// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); with s = f / (2 + f),
//     log(1 + f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)),   R = s^2 P(s^2),   P(z) = 2/3 + 2z/5 + 2z^2/7 + ...
// which keeps f, the largest term, exact. P: degree 7 on [0, 0.02944], relative error of the logarithm 2^-60.7.
SOTTO_HOST_DEVICE double natural_log(double x) {
  constexpr uint64_t kOne = 0x3ff0000000000000u, kRootHalf = 0x3fe6a09e667f3bcdu;
  // The exponent k + 1023 is read as the low bits of a double of magnitude 2^52: AVX2 has no 64-bit integer conversion.
  uint64_t shifted = bits_of(x) - kRootHalf + kOne;
  double k = double_of((shifted >> 52) | 0x4330000000000000u) - (0x1p52 + 1023);
  double f = double_of((shifted & 0x000fffffffffffffu) + kRootHalf) - 1.0;
  double s = f / (2.0 + f);
  double z = s * s;
  double p = 0x1.0c03cc5bc65f5p-3;
  p = fused(p, z, 0x1.0fbe913e56768p-3);
  p = fused(p, z, 0x1.3b1c35868035bp-3);
  p = fused(p, z, 0x1.745cf903bf098p-3);
  p = fused(p, z, 0x1.c71c72015b06fp-3);
  p = fused(p, z, 0x1.2492492476cbap-2);
  p = fused(p, z, 0x1.9999999999a38p-2);
  p = fused(p, z, 0x1.5555555555555p-1);
  double r = z * p;
  double half_f = 0.5 * f;
  double correction = fused(k, 0x1.a39ef35793c76p-33, s * fused(half_f, f, r));  // k times the low part of log 2
  double small = fused(half_f, f, -correction);
  return fused(k, 0x1.62e42feep-1, f - small);  // the high part has 32 bits: its product with k is exact
}

// sine = sin(2 pi u), cosine = cos(2 pi u) for 0 <= u <= 1; error at most 1.1 ulp each.
//
// 4u = q + r with q whole and |r| <= 1/2, both exact: taking the angle in turns leaves no reduction error. Then
//     sin(pi r / 2) = r (pi/2 + w S(w)),   cos(pi r / 2) = 1 + w C(w),   w = r^2,
// S: degree 5 (relative error 2^-56.1), C: degree 6 (error 2^-55.6). q mod 4 swaps the two and sets the signs.
SOTTO_HOST_DEVICE void sine_cosine_of_turns(double u, double& sine, double& cosine) {
  constexpr double kWhole = 0x1.8p52;  // adding it rounds to a whole number, which then stands in the low bits
  double turns = 4.0 * u;
  double marked = turns + kWhole;
  uint64_t quadrant = bits_of(marked);
  double r = turns - (marked - kWhole);
  double w = r * r;
  double s = 0x1.e4a9d9166f052p-25;
  s = fused(s, w, -0x1.e3027dea82bd7p-19);
  s = fused(s, w, 0x1.50783208843ebp-13);
  s = fused(s, w, -0x1.32d2cce500387p-8);
  s = fused(s, w, 0x1.466bc6775a476p-4);
  s = fused(s, w, -0x1.4abbce625be52p-1);
  s = fused(r, 0x1.921fb54442d18p+0, r * fused(w, s, 0x1.1a62633145c07p-54));  // pi/2 in two parts
  double c = -0x1.b2f3eb054afcdp-28;
  c = fused(c, w, 0x1.f9ce245cada0bp-22);
  c = fused(c, w, -0x1.a6d1eef479be1p-16);
  c = fused(c, w, 0x1.e1f5068688d5bp-11);
  c = fused(c, w, -0x1.55d3c7e3cb241p-6);
  c = fused(c, w, 0x1.03c1f081b5ac0p-2);
  c = fused(c, w, -0x1.3bd3cc9be45dep+0);
  c = fused(c, w, 1.0);
  // Selection by masks rather than by ?:, which every vectoriser handles.
  uint64_t swap = 0 - (quadrant & 1);
  uint64_t sine_bits = bits_of(s), cosine_bits = bits_of(c);
  uint64_t difference = (sine_bits ^ cosine_bits) & swap;
  sine = double_of((sine_bits ^ difference) ^ ((quadrant & 2) << 62));
  cosine = double_of((cosine_bits ^ difference) ^ (((quadrant + 1) & 2) << 62));
}

}  // namespace sotto
