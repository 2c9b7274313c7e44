// Moving numbers between the lanes of vectors: sums over lanes and transposes, for the LoRA kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

// Both vectors hold partial sums in segments of kSegment lanes. Folds each segment onto its first half; the segments of
// a, now half as long, come first in the result and those of b after them.
template <int kSegment, size_t... kLane>
SOTTO_INLINE Vec fold(Vec a, Vec b, std::index_sequence<kLane...>) {
  constexpr int kHalf = kSegment / 2;
  constexpr int low[] = {
      static_cast<int>(kLane / (kLanes / 2) * kLanes + kLane % (kLanes / 2) / kHalf * kSegment + kLane % kHalf)...};
  return __builtin_shufflevector(a, b, low[kLane]...) + __builtin_shufflevector(a, b, low[kLane] + kHalf...);
}

// The sums over the lanes of kVectors (a power of two, at most kLanes) vectors, in the first kVectors lanes of v[0].
// The order of the additions is fixed. A tree of folds needs a third of the shuffles of one horizontal sum a vector.
template <int kVectors, int kSegment = kLanes>
SOTTO_INLINE void sum_lanes(Vec* v) {
  if constexpr (kSegment > 1) {
    constexpr auto kAll = std::make_index_sequence<kLanes>();
    if constexpr (kVectors > 1) {
      for (int i = 0; i < kVectors / 2; ++i) v[i] = fold<kSegment>(v[2 * i], v[2 * i + 1], kAll);
      sum_lanes<kVectors / 2, kSegment / 2>(v);
    } else {
      v[0] = fold<kSegment>(v[0], v[0], kAll);
      sum_lanes<1, kSegment / 2>(v);
    }
  }
}

// Takes turns: a0 b0 a1 b1 ..., from the low half (kFirst = 0) or the high half (kFirst = kLanes / 2) of a and b.
template <int kFirst, size_t... kLane>
SOTTO_INLINE Vec alternate(Vec a, Vec b, std::index_sequence<kLane...>) {
  return __builtin_shufflevector(a, b, static_cast<int>(kLane % 2 * kLanes + kLane / 2 + kFirst)...);
}

// Transposes the matrix of kVectors (a power of two) rows of kLanes floats: afterwards the vectors in order hold the
// transpose in order. Each round moves one bit of the row number to the bottom of the lane number.
template <int kVectors, int kRounds = kVectors>
SOTTO_INLINE void interleave(Vec (&v)[kVectors]) {
  if constexpr (kRounds > 1) {
    constexpr auto kAll = std::make_index_sequence<kLanes>();
    Vec next[kVectors];
    for (int i = 0; i < kVectors / 2; ++i) {
      next[2 * i] = alternate<0>(v[i], v[i + kVectors / 2], kAll);
      next[2 * i + 1] = alternate<kLanes / 2>(v[i], v[i + kVectors / 2], kAll);
    }
    for (int i = 0; i < kVectors; ++i) v[i] = next[i];
    interleave<kVectors, kRounds / 2>(v);
  }
}

}  // namespace sotto::cpu::SOTTO_ISA
