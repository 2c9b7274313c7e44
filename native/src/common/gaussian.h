// Standard normals out of 64-bit uniforms: the method of Box and Muller (1958), in double precision.
//
// Why this one: it has no rejection, so every parameter's draw sits at a fixed address of the key stream, and no
// tables, so it vectorises. Two 64-bit words give two normals:
//     u1 = (k1 + 1/2) 2^-64 in (0, 1],  u2 = (k2 + 1/2) 2^-64,
//     z0 = sqrt(-2 log u1) cos(2 pi u2),  z1 = sqrt(-2 log u1) sin(2 pi u2).
// The largest |z| is sqrt(-2 log 2^-65) = 9.49: a pair is cut with probability 2^-65, which CutTails charges to delta.
#pragma once

#include <cmath>
#include <cstdint>

#include "host_device.h"
#include "real_functions.h"

namespace sotto {

constexpr double kLargestNormal = 9.5;

// (k + 1/2) 2^-64 for the 64-bit word k = high * 2^32 + low. The sum of the halves is the correctly rounded k; from k =
// 2^53 on the 1/2 is lost in rounding, which moves u by less than 2^-53 of itself.
SOTTO_HOST_DEVICE double uniform(uint32_t low, uint32_t high) {
  return ((static_cast<double>(high) * 0x1p32 + static_cast<double>(low)) + 0.5) * 0x1p-64;
}

SOTTO_HOST_DEVICE void normal_pair(uint32_t low1, uint32_t high1, uint32_t low2, uint32_t high2, double& z0,
                                   double& z1) {
  double sine, cosine;
  sine_cosine_of_turns(uniform(low2, high2), sine, cosine);
  double radius = sqrt(-2.0 * natural_log(uniform(low1, high1)));
  z0 = radius * cosine;
  z1 = radius * sine;
}

}  // namespace sotto
