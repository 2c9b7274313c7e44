// Weights in blocks of 32 or 256 that share scales, as GGUF files hold them, and the values they stand for.
//
// The layouts are those of ggml (https://github.com/ggml-org/ggml, ggml-common.h): numbers little-endian, two 4-bit
// values a byte, the first half of 32 values in the low halves. Types with two scales stand for d q + m or d q - m; the
// K types, 256 values a block, have scales of 16 or 32 values that are themselves whole numbers times a half. IQ4 takes
// its 16 values from a table. Every value is the result of one or two operations of f32, each rounded by itself, on
// exact halves and small whole numbers: it has the same bits on every device.
//
// A thread unpacks a group of 32 values, the unit that all types have in common.
#pragma once

#include <cstdint>
#include <cstring>

#include "host_device.h"
#include "sotto/sotto.h"

namespace sotto {

constexpr int kGroup = 32;  // values

struct BlockSize {
  int values;
  int bytes;
};

SOTTO_HOST_DEVICE constexpr BlockSize block_size(sotto_dtype type) {
  switch (type) {
    case SOTTO_F32:
      return {1, 4};
    case SOTTO_Q4_0:
    case SOTTO_IQ4_NL:
      return {32, 18};
    case SOTTO_Q4_1:
      return {32, 20};
    case SOTTO_Q5_0:
      return {32, 22};
    case SOTTO_Q5_1:
      return {32, 24};
    case SOTTO_Q8_0:
      return {32, 34};
    case SOTTO_Q2_K:
      return {256, 84};
    case SOTTO_Q3_K:
      return {256, 110};
    case SOTTO_Q4_K:
      return {256, 144};
    case SOTTO_Q5_K:
      return {256, 176};
    case SOTTO_Q6_K:
      return {256, 210};
    case SOTTO_IQ4_XS:
      return {256, 136};
    default:
      return {1, 2};  // F16, BF16
  }
}

SOTTO_HOST_DEVICE constexpr bool is_quantised(sotto_dtype type) { return block_size(type).values > 1; }

SOTTO_HOST_DEVICE float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// The little-endian 16 bits at p, at any address.
SOTTO_HOST_DEVICE uint16_t read_u16(const void* p) {
  uint16_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

// IEEE half to float: exact, also for subnormals, infinities and NaN. The exponent's bias is moved by an exact product,
// which also gives subnormals their value.
SOTTO_HOST_DEVICE float from_f16(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t rest = static_cast<uint32_t>(h & 0x7fffu) << 13;
  const float scaled = float_of_bits(rest) * 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &scaled, sizeof bits);
  if ((h & 0x7c00u) == 0x7c00u) bits = 0x7f800000u | rest;
  return float_of_bits(bits | sign);
}

// a * b + c, rounded twice whatever the compiler likes to fuse.
SOTTO_HOST_DEVICE float times_plus(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(__fmul_rn(a, b), c);
#else
  return a * b + c;
#endif
}

// Bits `shift` and up of a byte.
SOTTO_HOST_DEVICE int bits_at(uint8_t byte, int shift, int mask) { return byte >> shift & mask; }

// The two values of byte i of 16, which stand for values i and i + 16 of a group: loops over i become vectors.
SOTTO_HOST_DEVICE int low_half(uint8_t byte) { return byte & 15; }
SOTTO_HOST_DEVICE int high_half(uint8_t byte) { return byte >> 4; }

SOTTO_HOST_DEVICE float table_value(int q) {
  constexpr int8_t kValues[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  return static_cast<float>(kValues[q]);
}

// Scale and minimum of group g of Q4_K and Q5_K: 6 bits each, the upper two of groups 4 to 7 apart.
SOTTO_HOST_DEVICE void six_bit_scales(const uint8_t* s, int g, int* scale, int* minimum) {
  if (g < 4) {
    *scale = s[g] & 63;
    *minimum = s[g + 4] & 63;
  } else {
    *scale = (s[g + 4] & 15) | (s[g - 4] >> 2 & 0x30);
    *minimum = s[g + 4] >> 4 | (s[g] >> 2 & 0x30);
  }
}

// The 32 values of group g of a block; g is 0 where a block is one group.
template <sotto_dtype kType>
SOTTO_HOST_DEVICE void unpack_group(const uint8_t* block, int g, float* out) {
  constexpr int kHalf = kGroup / 2;
  if constexpr (kType == SOTTO_Q4_0) {
    const float d = from_f16(read_u16(block));
    for (int i = 0; i < kHalf; i++) {
      out[i] = d * static_cast<float>(low_half(block[2 + i]) - 8);
      out[kHalf + i] = d * static_cast<float>(high_half(block[2 + i]) - 8);
    }
  } else if constexpr (kType == SOTTO_Q4_1) {
    const float d = from_f16(read_u16(block)), m = from_f16(read_u16(block + 2));
    for (int i = 0; i < kHalf; i++) {
      out[i] = times_plus(d, static_cast<float>(low_half(block[4 + i])), m);
      out[kHalf + i] = times_plus(d, static_cast<float>(high_half(block[4 + i])), m);
    }
  } else if constexpr (kType == SOTTO_Q5_0 || kType == SOTTO_Q5_1) {
    const float d = from_f16(read_u16(block));
    const uint8_t* fifth = block + (kType == SOTTO_Q5_1 ? 4 : 2);
    const float m = kType == SOTTO_Q5_1 ? from_f16(read_u16(block + 2)) : 0.0f;
    const int first = read_u16(fifth), second = read_u16(fifth + 2);
    for (int i = 0; i < kHalf; i++) {
      const int low = low_half(fifth[4 + i]) | (first >> i & 1) << 4;
      const int high = high_half(fifth[4 + i]) | (second >> i & 1) << 4;
      if constexpr (kType == SOTTO_Q5_1) {
        out[i] = times_plus(d, static_cast<float>(low), m);
        out[kHalf + i] = times_plus(d, static_cast<float>(high), m);
      } else {
        out[i] = d * static_cast<float>(low - 16);
        out[kHalf + i] = d * static_cast<float>(high - 16);
      }
    }
  } else if constexpr (kType == SOTTO_Q8_0) {
    const float d = from_f16(read_u16(block));
    for (int i = 0; i < kGroup; i++) out[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
  } else if constexpr (kType == SOTTO_IQ4_NL) {
    const float d = from_f16(read_u16(block));
    for (int i = 0; i < kHalf; i++) {
      out[i] = d * table_value(low_half(block[2 + i]));
      out[kHalf + i] = d * table_value(high_half(block[2 + i]));
    }
  } else if constexpr (kType == SOTTO_IQ4_XS) {
    const int scale = bits_at(block[4 + g / 2], 4 * (g % 2), 15) | (read_u16(block + 2) >> 2 * g & 3) << 4;
    const float d = from_f16(read_u16(block)) * static_cast<float>(scale - 32);
    for (int i = 0; i < kHalf; i++) {
      out[i] = d * table_value(low_half(block[8 + 16 * g + i]));
      out[kHalf + i] = d * table_value(high_half(block[8 + 16 * g + i]));
    }
  } else if constexpr (kType == SOTTO_Q4_K || kType == SOTTO_Q5_K) {
    int scale, minimum;
    six_bit_scales(block + 4, g, &scale, &minimum);
    const float d = from_f16(read_u16(block)) * static_cast<float>(scale);
    const float m = from_f16(read_u16(block + 2)) * static_cast<float>(minimum);
    const uint8_t* low = block + (kType == SOTTO_Q5_K ? 48 : 16) + 32 * (g / 2);
    for (int i = 0; i < kGroup; i++) {
      int q = bits_at(low[i], 4 * (g % 2), 15);
      if constexpr (kType == SOTTO_Q5_K) q |= bits_at(block[16 + i], g, 1) << 4;
      out[i] = times_plus(d, static_cast<float>(q), -m);
    }
  } else if constexpr (kType == SOTTO_Q2_K) {
    const float d = from_f16(read_u16(block + 80)), m = from_f16(read_u16(block + 82));
    for (int i = 0; i < kGroup; i++) {
      const uint8_t scales = block[2 * g + i / 16];
      const int q = bits_at(block[16 + 32 * (g / 4) + i], 2 * (g % 4), 3);
      const float scale = d * static_cast<float>(scales & 15), minimum = m * static_cast<float>(scales >> 4);
      out[i] = times_plus(scale, static_cast<float>(q), -minimum);
    }
  } else if constexpr (kType == SOTTO_Q3_K) {
    const float d = from_f16(read_u16(block + 108));
    const uint8_t* s = block + 96;
    for (int i = 0; i < kGroup; i++) {
      const int k = 2 * g + i / 16;
      const int scale = bits_at(s[k % 8], k < 8 ? 0 : 4, 15) | bits_at(s[8 + k % 4], 2 * (k / 4), 3) << 4;
      const int q = bits_at(block[32 + 32 * (g / 4) + i], 2 * (g % 4), 3) - (bits_at(block[i], g, 1) != 0 ? 0 : 4);
      out[i] = d * static_cast<float>(scale - 32) * static_cast<float>(q);
    }
  } else {
    static_assert(kType == SOTTO_Q6_K, "no blocks of this type");
    const float d = from_f16(read_u16(block + 208));
    const int half = g / 4, quarter = g % 4;
    for (int i = 0; i < kGroup; i++) {
      const int low = bits_at(block[64 * half + 32 * (quarter % 2) + i], 4 * (quarter / 2), 15);
      const int q = (low | bits_at(block[128 + 32 * half + i], 2 * quarter, 3) << 4) - 32;
      const float scale = static_cast<float>(static_cast<int8_t>(block[192 + 2 * g + i / 16]));
      out[i] = d * scale * static_cast<float>(q);
    }
  }
}

// Group `group` of a run of blocks, counted from the first block's first.
template <sotto_dtype kType>
SOTTO_HOST_DEVICE void unpack_group_of_run(const uint8_t* blocks, int64_t group, float* out) {
  constexpr int kGroups = block_size(kType).values / kGroup;
  unpack_group<kType>(blocks + group / kGroups * block_size(kType).bytes, static_cast<int>(group % kGroups), out);
}

template <sotto_dtype kType>
struct QuantisedType {
  static constexpr sotto_dtype value = kType;
};

// Calls body(QuantisedType<type>{}).
template <typename Body>
void with_quantised(sotto_dtype type, const Body& body) {
  switch (type) {
#define SOTTO_QUANTISED_CASE(name)       \
  case SOTTO_##name:                     \
    body(QuantisedType<SOTTO_##name>{}); \
    break;
    SOTTO_QUANTISED_CASE(Q4_0)
    SOTTO_QUANTISED_CASE(Q4_1)
    SOTTO_QUANTISED_CASE(Q5_0)
    SOTTO_QUANTISED_CASE(Q5_1)
    SOTTO_QUANTISED_CASE(Q8_0)
    SOTTO_QUANTISED_CASE(Q2_K)
    SOTTO_QUANTISED_CASE(Q3_K)
    SOTTO_QUANTISED_CASE(Q4_K)
    SOTTO_QUANTISED_CASE(Q5_K)
    SOTTO_QUANTISED_CASE(Q6_K)
    SOTTO_QUANTISED_CASE(IQ4_NL)
    SOTTO_QUANTISED_CASE(IQ4_XS)
#undef SOTTO_QUANTISED_CASE
    default:
      break;
  }
}

}  // namespace sotto
