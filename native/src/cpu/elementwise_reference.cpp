// The definition of add, column sum, squared norm, count of non-finite values and conversion to f32.
#include <cmath>
#include <cstring>
#include <limits>

#include "common/quantised.h"
#include "kernels.h"

namespace sotto {

void check_request(const sotto_convert_to_f32_request& args) {
  check::range("dtype", args.dtype, SOTTO_F32, SOTTO_IQ4_XS);
  check::count("count", args.count);
  if (args.count % block_size(args.dtype).values != 0) {
    check::fail("count " + std::to_string(args.count) + " is not a multiple of a block's " +
                std::to_string(block_size(args.dtype).values) + " values");
  }
  check::pointer("source", args.source, args.count);
  check::pointer("out", args.out, args.count);
}

void check_request(const sotto_count_nonfinite_request& args) {
  check::count("count", args.count);
  check::pointer("x", args.x, args.count);
  check::pointer("found", args.found);
}

void check_request(const sotto_add_request& args) {
  check::count("count", args.count);
  check::pointer("a", args.a, args.count);
  check::pointer("b", args.b, args.count);
  check::pointer("out", args.out, args.count);
}

void check_request(const sotto_column_sum_request& args) {
  check::matrix("x", args.x, args.rows, args.channels, args.ldx);
  check::pointer("sum", args.sum, args.channels);
}

void check_request(const sotto_squared_norm_request& args) {
  check::count("count", args.count);
  check::pointer("x", args.x, args.count);
  check::pointer("out", args.out);
}

}  // namespace sotto

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

void add(Device&, const sotto_add_request& args) {
  for (int64_t i = 0; i < args.count; i++) args.out[i] = args.a[i] + args.b[i];
}

void column_sum(Device&, const sotto_column_sum_request& args) {
  for (int64_t c = 0; c < args.channels; c++) {
    double total = args.sum[c];
    for (int64_t r = 0; r < args.rows; r++) total += args.x[r * args.ldx + c];
    args.sum[c] = static_cast<float>(total);
  }
}

void squared_norm(Device&, const sotto_squared_norm_request& args) {
  double total = 0;
  for (int64_t i = 0; i < args.count; i++) total += static_cast<double>(args.x[i]) * args.x[i];
  *args.out += total;
}

void count_nonfinite(Device&, const sotto_count_nonfinite_request& args) {
  int64_t found = 0;
  for (int64_t i = 0; i < args.count; i++) found += std::isfinite(args.x[i]) ? 0 : 1;
  *args.found = found;
}

void convert_to_f32(Device&, const sotto_convert_to_f32_request& args) {
  const uint8_t* bytes = static_cast<const uint8_t*>(args.source);
  if (is_quantised(args.dtype)) {
    with_quantised(args.dtype, [&](auto type) {
      for (int64_t g = 0; g < args.count / kGroup; g++) {
        unpack_group_of_run<decltype(type)::value>(bytes, g, args.out + g * kGroup);
      }
    });
    return;
  }
  for (int64_t i = 0; i < args.count; i++) {
    if (args.dtype == SOTTO_F32) {
      std::memcpy(args.out + i, bytes + 4 * i, 4);
      continue;
    }
    uint16_t half;
    std::memcpy(&half, bytes + 2 * i, 2);
    if (args.dtype == SOTTO_F16) {
      args.out[i] = from_f16(half);
    } else {
      const uint32_t word = static_cast<uint32_t>(half) << 16;
      std::memcpy(args.out + i, &word, 4);
    }
  }
}

}  // namespace sotto::reference
