// bfloat16 is the upper half of a float: 8 bits of exponent, 7 of fraction. Widening is exact; narrowing rounds to the
// nearest, ties to even, as IEEE 754 rounds: what is half a unit or more beyond the largest becomes infinite, and a NaN
// stays one.
#pragma once

#include <cstdint>
#include <cstring>

#include "host_device.h"

namespace sotto {

// One name for both, so that a template may read either type.
SOTTO_HOST_DEVICE float widened(float x) { return x; }

SOTTO_HOST_DEVICE float widened(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

SOTTO_HOST_DEVICE uint16_t narrowed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>(bits >> 16 | 0x40u);  // quiet, lest it round away
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace sotto
