// Copies into the k-major layout that Tile reads, padded with zeros to a fixed width. The source may be in bf16: it is
// widened on the way.
#pragma once

#include "../common/bf16.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

SOTTO_INLINE Vec load(const uint16_t* bf16, Full = {}) {
  typedef uint16_t Halves __attribute__((vector_size(kLanes * 2)));
  typedef uint32_t Words __attribute__((vector_size(kLanes * 4)));
  Halves halves;
  std::memcpy(&halves, bf16, sizeof(halves));
  const Words words = __builtin_convertvector(halves, Words) << 16;
  Vec v;
  std::memcpy(&v, &words, sizeof(v));
  return v;
}
SOTTO_INLINE Vec load(const uint16_t* bf16, Part part) {
  Vec v{};
  for (int i = 0; i < part.count; i++) v[i] = widened(bf16[i]);
  return v;
}

typedef float Quad __attribute__((vector_size(16)));

SOTTO_INLINE Quad load_quad(const float* p) {
  Quad q;
  std::memcpy(&q, p, sizeof(q));
  return q;
}
SOTTO_INLINE Quad load_quad(const uint16_t* bf16) {
  return Quad{widened(bf16[0]), widened(bf16[1]), widened(bf16[2]), widened(bf16[3])};
}

// out[k * width + j] = in[k * ld + j] for j < columns, 0 for columns <= j < width.
template <typename T>
SOTTO_INLINE void pack_rows(const T* in, int64_t ld, int64_t depth, int64_t columns, float* out, int64_t width) {
  for (int64_t k = 0; k < depth; k++) {
    const T* from = in + k * ld;
    float* to = out + k * width;
    each_vector(0, columns, [&](int64_t j, auto part) { store(to + j, load(from + j, part), part); });
    each_vector(columns, width, [&](int64_t j, auto part) { store(to + j, Vec{}, part); });
  }
}

// out[k * width + j] = in[j * ld + k] * scale for j < columns, 0 for columns <= j < filled: the transpose, in blocks of
// 4 x 4.
template <typename T>
SOTTO_INLINE void pack_transposed(const T* in, int64_t ld, int64_t depth, int64_t columns, float* out, int64_t width,
                                  int64_t filled, float scale = 1.0f) {
  int64_t j = 0;
  for (; j + 4 <= columns; j += 4) {
    const T* row = in + j * ld;
    int64_t k = 0;
    for (; k + 4 <= depth; k += 4) {
      Quad x[4];
      for (int i = 0; i < 4; i++) x[i] = load_quad(row + i * ld + k);
      const Quad low01 = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
      const Quad high01 = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
      const Quad low23 = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
      const Quad high23 = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
      const Quad y[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5) * scale,
                         __builtin_shufflevector(low01, low23, 2, 3, 6, 7) * scale,
                         __builtin_shufflevector(high01, high23, 0, 1, 4, 5) * scale,
                         __builtin_shufflevector(high01, high23, 2, 3, 6, 7) * scale};
      for (int i = 0; i < 4; i++) std::memcpy(out + (k + i) * width + j, &y[i], sizeof(Quad));
    }
    for (; k < depth; k++) {
      for (int i = 0; i < 4; i++) out[k * width + j + i] = widened(row[i * ld + k]) * scale;
    }
  }
  for (; j < columns; j++) {
    for (int64_t k = 0; k < depth; k++) out[k * width + j] = widened(in[j * ld + k]) * scale;
  }
  if (columns == filled) return;
  for (int64_t k = 0; k < depth; k++) {
    each_vector(columns, filled, [&](int64_t z, auto part) { store(out + k * width + z, Vec{}, part); });
  }
}

}  // namespace sotto::cpu::SOTTO_ISA
