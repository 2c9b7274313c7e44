// The factor that brings one unit's gradient to at most the clip norm, rounded so that the promise holds in floats.
// With stabilizer g = 0 it is min(1, C / norm); with g > 0 it is C / (norm + g), the normalisation of AUTO-S (Bu et al.
// 2023), which lengthens short gradients as well and keeps every norm below C.
//
// The accountant uses sensitivity C (1 + 2^-16); this factor aims for C itself. With n the true norm of the float
// gradient and m the computed one, m^2 within 2^-18 of n^2 relatively (the promise of per_sample_norm), so n <= m (1 +
// 2^-18.9). In both forms factor <= C (1 - 2^-18) / (m + g) whenever it is not 1 for want of clipping; as g >= 0,
//     factor * n <= C (1 - 2^-18) n / (m + g) <= C (1 - 2^-18) n / m <= C (1 - 2^-18)(1 + 2^-18.9) < C (1 - 2^-20),
// and rounding each product to a float (1 + 2^-24) keeps it below C. The four roundings of the quotient itself, in
// double precision, cost less than 2^-50. A factor of 1 is given only where C (1 - 2^-18) / m >= 1, so that n <= C by
// the same line. m = 0 means n = 0, which any finite factor leaves at 0: hence the cap at the largest float. Price:
// clipped gradients are short by at most 2^-17 of their length.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "host_device.h"

namespace sotto {

// squared_norm: of the unit's gradient in the group. clip_norm: any finite positive C. stabilizer: finite, at least 0.
// 0 for a norm that is NaN or infinite (the unit contributes nothing); without a stabilizer 1 for a norm of 0 or at
// most C (1 - 2^-18).
SOTTO_HOST_DEVICE float clip_factor_of(double squared_norm, double clip_norm, double stabilizer) {
  if (!(squared_norm <= 0x1.fffffffffffffp+1023)) return 0.0f;
  double ratio = clip_norm * (1.0 - 0x1p-18) / (sqrt(squared_norm) + stabilizer);
  if (stabilizer == 0.0 && !(ratio < 1.0)) return 1.0f;
  if (ratio > FLT_MAX) return FLT_MAX;
  float factor = static_cast<float>(ratio);
  if (static_cast<double>(factor) > ratio) {  // rounded up: the next float towards zero is one less as an integer
    uint32_t bits;
    memcpy(&bits, &factor, sizeof bits);
    --bits;
    memcpy(&factor, &bits, sizeof bits);
  }
  return factor;
}

}  // namespace sotto
