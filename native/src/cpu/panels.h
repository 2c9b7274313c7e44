// Panels: the layout that the register tile reads, and how they are filled.
//
// A panel of A holds kTileRows rows, a panel of B kTileColumns columns, both one word of depth after the other: word w
// of row r stands at panel[w * kTileRows + r]. A word is 32 bits: one float, or in the kernel for VDPBF16PS
// (gemm_avx512_bf16.cpp) two numbers of bf16 that follow one another in depth. What is beyond the matrix is zero, so
// the tile has no edges. Filling a panel reads each value once and is the one place where values are converted: a
// storage type of weights needs a fill_panel of its own and nothing else.
#pragma once

#include <algorithm>

#include "../common/bf16.h"
#include "lane_moves.h"
#include "pack.h"
#include "product.h"
#include "tile.h"

namespace sotto::cpu::SOTTO_ISA {

// Rounds to the numbers of bf16, as narrowed() does.
SOTTO_INLINE Vec rounded_to_bf16(Vec x) {
  typedef uint32_t Words __attribute__((vector_size(kLanes * 4)));
  Words bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const Words nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
  const Words quiet = (bits | 0x400000u) & 0xffff0000u;
  const Words result = (bits & 0x7fffffffu) > 0x7f800000u ? quiet : nearest;
  std::memcpy(&x, &result, sizeof(x));
  return x;
}

// A vector of words at a place along a row, for fill_across: `load(row, word, part)`.
//
// panel[w * width + r] = word w of row r, for a matrix whose rows are stored along the depth: a transpose, kLanes rows
// and words at a time in registers. Rows from `rows` to `width` are zero.
template <int kWidth, typename Load>
SOTTO_INLINE void fill_across(Load row_words, int64_t rows, int64_t words, float* panel) {
  for (int64_t r = 0; r < kWidth; r += kLanes) {
    const int lanes = static_cast<int>(std::min<int64_t>(kLanes, kWidth - r));
    for (int64_t w = 0; w < words; w += kLanes) {
      const int many = static_cast<int>(std::min<int64_t>(kLanes, words - w));
      Vec v[kLanes];
      for (int i = 0; i < kLanes; i++) {
        v[i] = Vec{};
        if (r + i >= rows) continue;
        v[i] = many == kLanes ? row_words(r + i, w, Full{}) : row_words(r + i, w, Part{many});
      }
      interleave(v);
      // Below kLanes rows a full store would run into the next word, and at the end into the next panel, which may be
      // another thread's.
      for (int i = 0; i < many; i++) {
        float* to = panel + (w + i) * kWidth + r;
        if (lanes == kLanes) {
          store(to, v[i]);
        } else {
          store(to, v[i], Part{lanes});
        }
      }
    }
  }
}

// A vector out of one of the rows that fill_across reads side by side, which are more than the processor follows by
// itself: what comes next is asked for.
template <typename T, typename Lanes>
SOTTO_INLINE Vec load_ahead(const T* x, Lanes part) {
  __builtin_prefetch(x + 256 / sizeof(T));
  return load(x, part);
}

// One panel of A: rows row .. row + rows - 1, depth k .. k + depth - 1, as floats; rounded where B is in bf16.
inline void fill_a_panel(const Product& p, int64_t row, int64_t rows, int64_t k, int64_t depth, float* panel) {
  const float* a = p.a_at(row, k);
  const auto words = [=](int64_t r, int64_t w, auto part) { return load_ahead(a + r * p.lda + w, part); };
  if (p.trans_a) {
    pack_rows(a, p.lda, depth, rows, panel, kTileRows);
  } else if (p.b_bf16 != nullptr) {
    const auto rounded = [=](int64_t r, int64_t w, auto part) { return rounded_to_bf16(words(r, w, part)); };
    fill_across<kTileRows>(rounded, rows, depth, panel);
  } else {
    fill_across<kTileRows>(words, rows, depth, panel);
  }
}

// One panel of B as floats, widened from what is stored.
template <typename Stored>
SOTTO_INLINE void fill_panel(const Product& p, const Stored* b, int64_t columns, int64_t depth, float* panel) {
  if (p.trans_b) {
    const auto words = [=](int64_t j, int64_t w, auto part) { return load_ahead(b + j * p.ldb + w, part); };
    fill_across<kTileColumns>(words, columns, depth, panel);
  } else {
    pack_rows(b, p.ldb, depth, columns, panel, kTileColumns);
  }
}

inline void fill_b_panel(const Product& p, int64_t column, int64_t columns, int64_t k, int64_t depth, float* panel) {
  if (p.b_bf16 != nullptr) {
    fill_panel(p, p.b_bf16 + p.place_in_b(k, column), columns, depth, panel);
  } else {
    fill_panel(p, p.b + p.place_in_b(k, column), columns, depth, panel);
  }
}

}  // namespace sotto::cpu::SOTTO_ISA
