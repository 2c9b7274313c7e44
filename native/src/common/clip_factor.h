// The factor that brings one unit's gradient to at most the clip norm, rounded so that the promise holds in floats.
//
// The accountant uses sensitivity C (1 + 2^-16); this factor aims for C itself. With n the true norm of the float
// gradient and m the computed one, m^2 within 2^-18 of n^2 relatively (the promise of per_sample_norm), so n <= m (1 +
// 2^-18.9). factor <= C (1 - 2^-18) / m, hence factor * n <= C (1 - 2^-18)(1 + 2^-18.9) < C (1 - 2^-20), and rounding
// each product to a float (1 + 2^-24) keeps it below C. Price: clipped gradients are short by at most 2^-17 of their
// length.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "host_device.h"

namespace sotto {

// squared_norm: of the unit's gradient in the group. clip_norm: any finite positive C. 0 for a norm that is NaN or
// infinite (the unit contributes nothing), 1 for a norm of 0 or at most C (1 - 2^-18).
SOTTO_HOST_DEVICE float clip_factor_of(double squared_norm, double clip_norm) {
  if (!(squared_norm <= 0x1.fffffffffffffp+1023)) return 0.0f;
  double ratio = clip_norm * (1.0 - 0x1p-18) / sqrt(squared_norm);
  if (!(ratio < 1.0)) return 1.0f;
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
