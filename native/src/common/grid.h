// The grid of a release: everything that leaves the mechanism is a multiple of the quantum, a power of two.
//
// Mironov (2012) shows that the low-order bits of floating-point noise betray the value it was added to. So both
// parties are put on one grid first: each clipped term is rounded to a whole number of quanta, the noise is a whole
// number of quanta, their sum is exact, and only then is the result turned into a float, which is post-processing.
#pragma once

#include <cmath>
#include <cstdint>

#include "host_device.h"
#include "real_functions.h"

namespace sotto {

// v rounded to the nearest multiple of quantum, ties to even, for |v| < 2^51 quanta. Adding 1.5 * 2^52 quanta leaves no
// room for a fraction of one. Beyond that the result is still a multiple of the quantum but no longer the nearest.
SOTTO_HOST_DEVICE double round_to_quantum(double v, double quantum) {
  double anchor = 0x1.8p52 * quantum;
  return (v + anchor) - anchor;
}

// What leaves the mechanism for one parameter: the sum plus a whole number of quanta of noise, then the public factor.
// scale_in_quanta = scale / quantum (exact, as the quantum is a power of two); z is a standard draw.
SOTTO_HOST_DEVICE float noisy_release(double sum, double z, double scale_in_quanta, double quantum, double multiplier) {
  double quanta = fused(z, scale_in_quanta, 0x1.8p52) - 0x1.8p52;
  return static_cast<float>((sum + quantum * quanta) * multiplier);
}

// A power of two that leaves room above and below for 2^53 of it.
static inline bool is_quantum(double quantum) {
  int exponent;
  return quantum > 0 && std::isfinite(quantum) && std::frexp(quantum, &exponent) == 0.5 && exponent > -900 &&
         exponent < 900;
}

}  // namespace sotto
