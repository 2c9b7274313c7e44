// The definition of add, column sum, squared norm, count of non-finite values and conversion to f32.
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels.h"

namespace sotto::reference {

namespace {

// value = (-1)^sign * 2^(exponent - 15) * 1.mantissa, written out from the definition of binary16.
float from_f16(uint16_t h) {
  const int exponent = (h >> 10) & 31;
  const int mantissa = h & 1023;
  double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
  if (exponent == 31) {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<float>((h & 0x8000) != 0 ? -value : value);
}

}  // namespace

void add(Device&, int64_t count, const float* a, const float* b, float* out) {
  for (int64_t i = 0; i < count; i++) out[i] = a[i] + b[i];
}

void column_sum(Device&, int64_t rows, int64_t channels, const float* x, int64_t ldx, float* sum) {
  for (int64_t c = 0; c < channels; c++) {
    double total = sum[c];
    for (int64_t r = 0; r < rows; r++) total += x[r * ldx + c];
    sum[c] = static_cast<float>(total);
  }
}

void squared_norm(Device&, int64_t count, const float* x, double* out) {
  double total = 0;
  for (int64_t i = 0; i < count; i++) total += static_cast<double>(x[i]) * x[i];
  *out += total;
}

int64_t count_nonfinite(Device&, int64_t count, const float* x) {
  int64_t found = 0;
  for (int64_t i = 0; i < count; i++) found += std::isfinite(x[i]) ? 0 : 1;
  return found;
}

void convert_to_f32(Device&, sotto_dtype dtype, int64_t count, const void* source, float* out) {
  const char* bytes = static_cast<const char*>(source);
  for (int64_t i = 0; i < count; i++) {
    if (dtype == SOTTO_F32) {
      std::memcpy(out + i, bytes + 4 * i, 4);
      continue;
    }
    uint16_t half;
    std::memcpy(&half, bytes + 2 * i, 2);
    if (dtype == SOTTO_F16) {
      out[i] = from_f16(half);
    } else {
      const uint32_t word = static_cast<uint32_t>(half) << 16;
      std::memcpy(out + i, &word, 4);
    }
  }
}

}  // namespace sotto::reference
