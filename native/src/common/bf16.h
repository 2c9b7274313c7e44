// bfloat16 is the upper half of a float: 8 bits of exponent, 7 of fraction. Widening is exact.
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

}  // namespace sotto
