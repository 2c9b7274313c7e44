// Noise by inversion of its own distribution function: Laplace noise, and the laws that mix Laplace noise of random
// scale (LMO), out of one 64-bit uniform a draw.
//
// Why inversion. The two-stage draw (an inverse scale out of sums of gammas and others, then Laplace noise of that
// scale) needs rejection: its work has no bound, a warp waits for its slowest lane, and the place of a draw in the key
// stream would depend on the draws before it. The law of its result is known in closed form, so one uniform is enough:
//     V = (k + 1/2) 2^-63,  w = -log V,  Z = sign * Q(w),  Q(w) the x >= 0 with P(|Z| > x) = exp(-w),
// k the upper 63 bits of the word and the sign its lowest bit. w is a standard exponential, cut off at 64 ln 2: the
// missing tail has probability 2^-64 a draw. For Laplace noise of scale 1, Q(w) = w. Two words a parameter as for the
// normals in gaussian.h, so a parameter's address in the key stream does not depend on the law.
//
// Q comes as a table of `segments` polynomials of degree 7, made once a law (QuantileTable in Java). Their centres
// i / r, r = (segments - 1) / (64 ln 2), reach from w = 0 to the largest w; row i holds the coefficients, lowest power
// first, in x = r w - i, |x| <= 1/2. The row of w = 0 thus has its centre there, where Q vanishes: with its first
// coefficient 0 the *relative* error of small noise is bounded as well. Rounding to the nearest centre never leaves the
// table, so there is no branch. A row is 64 bytes, one line of cache.
#pragma once

#include <cstdint>

#include "host_device.h"
#include "real_functions.h"

namespace sotto {

constexpr double kLargestExponential = 0x1.62e42fefa39efp+5;  // 64 ln 2, -log of the smallest V
constexpr int kQuantileCoefficients = 8;                      // a row of the table
constexpr int64_t kMostSegments = 1 << 20;

// w of the 64-bit word high * 2^32 + low. V = (2k + 1) 2^-64 is rounded once, which moves it by at most 2^-53 of
// itself; the largest V is 1 and gives 0.
SOTTO_HOST_DEVICE double exponential(uint32_t low, uint32_t high) {
  return -natural_log((static_cast<double>(high) * 0x1p32 + static_cast<double>(low | 1)) * 0x1p-64);
}

// size with the sign that the lowest bit of the word gives.
SOTTO_HOST_DEVICE double signed_by(uint32_t low, double size) {
  return double_of(bits_of(size) ^ (static_cast<uint64_t>(low) << 63));
}

SOTTO_HOST_DEVICE double laplace(uint32_t low, uint32_t high) { return signed_by(low, exponential(low, high)); }

// r above: the factor from w to rows.
static inline double rows_per_unit(int64_t segments) { return static_cast<double>(segments - 1) / kLargestExponential; }

// Which row serves w, and where in it. The row number stands in the low bits of a double of magnitude 2^52.
struct QuantilePlace {
  uint64_t row;
  double x;
};

SOTTO_HOST_DEVICE QuantilePlace quantile_place(double w, double rows_per_unit) {
  constexpr double kWhole = 0x1.8p52;
  double marked = fused(w, rows_per_unit, kWhole);
  return {bits_of(marked) & 0xffffffffu, fused(w, rows_per_unit, kWhole - marked)};
}

// The polynomial with coefficients c[0], c[stride], ..., by Horner's rule.
SOTTO_HOST_DEVICE double quantile_polynomial(const double* c, int stride, double x) {
  double q = c[7 * stride];
  q = fused(q, x, c[6 * stride]);
  q = fused(q, x, c[5 * stride]);
  q = fused(q, x, c[4 * stride]);
  q = fused(q, x, c[3 * stride]);
  q = fused(q, x, c[2 * stride]);
  q = fused(q, x, c[1 * stride]);
  return fused(q, x, c[0]);
}

// The draw of a law whose table is `quantiles`.
SOTTO_HOST_DEVICE double tabulated(const double* quantiles, double rows_per_unit, uint32_t low, uint32_t high) {
  const QuantilePlace place = quantile_place(exponential(low, high), rows_per_unit);
  return signed_by(low, quantile_polynomial(quantiles + kQuantileCoefficients * place.row, 1, place.x));
}

}  // namespace sotto
