// What the forward and backward pass of attention share: block sizes, visibility, and products of packed blocks.
//
// Scores are held transposed, [key][query], with queries across the lanes: the softmax over keys is then vertical and
// needs no sums across a vector. Keys are taken in fixed blocks counted from the sequence's first key, so a query's
// result does not depend on the other queries.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pack.h"
#include "tile.h"

namespace sotto::cpu::SOTTO_ISA {

constexpr int64_t kQueries = kTileColumns;  // queries of a block, across the lanes
constexpr int64_t kKeys = 96;               // keys of a block: a multiple of every tile height
constexpr int kSideRows =
    kLanes == 16 ? 8 : 4;  // tile height where rows are queries or head channels; divides kQueries
static_assert(kKeys % kTileRows == 0 && kKeys % kSideRows == 0 && kQueries % kSideRows == 0, "tiles must fill blocks");

// Keys of a block rounded up to the next full tile: what score_block reads.
SOTTO_INLINE int64_t tiled_keys(int64_t count) { return (count + kTileRows - 1) / kTileRows * kTileRows; }

// Which keys a block of queries sees.
struct Mask {
  bool causal;
  int64_t window;  // 0: none

  // For queries at key positions first..last and keys begin..end-1: how many of these keys, from begin on, may be seen.
  int64_t seen(int64_t first, int64_t last, int64_t begin, int64_t end) const {
    if (window > 0 && end - 1 <= first - window) return 0;
    return std::max<int64_t>(0, (causal ? std::min(end, last + 1) : end) - begin);
  }
  // Whether each of those queries sees each of the keys.
  bool whole(int64_t first, int64_t last, int64_t begin, int64_t end) const {
    return (!causal || end - 1 <= first) && (window == 0 || begin > last - window);
  }
  // Lanes whose query position sees the key.
  SOTTO_INLINE VecI lanes(VecI position, int64_t key) const {
    const VecI at = splat_int(static_cast<int32_t>(key));
    VecI visible = splat_int(-1);
    if (causal) visible &= at <= position;
    if (window > 0) visible &= at > position - static_cast<int32_t>(std::min<int64_t>(window, 1 << 30));
    return visible;
  }
};

// What a scaled product counts as: itself, or held below a cap. A type each, so that attention without a cap pays
// nothing for one.
struct NoCap {
  static constexpr bool kChanges = false;
  SOTTO_INLINE Vec operator()(Vec score) const { return score; }
};
struct TanhCap {
  static constexpr bool kChanges = true;
  float cap;
  float inverse;
  SOTTO_INLINE Vec operator()(Vec score) const { return cap * tanh(score * inverse); }
  // Of the capped score with respect to the product.
  SOTTO_INLINE Vec slope(Vec score) const {
    const Vec t = score * inverse;
    return 1.0f - t * t;
  }
};
template <typename F>
void with_cap(float cap, const F& f) {
  if (cap > 0) return f(TanhCap{cap, 1.0f / cap});
  f(NoCap{});
}

// scores[key][query] = sum over d of keys[d][key] * queries[d][query], for V vectors of queries.
template <int V>
SOTTO_INLINE void score_block(int64_t count, int64_t head_dim, const float* keys, const float* queries, float* scores) {
  for (int64_t j = 0; j < count; j += kTileRows) {
    Tile<kTileRows, V> tile;
    tile.clear();
    tile.multiply(head_dim, keys + j, 1, kKeys, queries, kQueries);
#pragma GCC unroll 16
    for (int r = 0; r < kTileRows; r++) {
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) store(scores + (j + r) * kQueries + v * kLanes, tile.value[r][v]);
    }
  }
}

// For rows r < count (rounded up to kSideRows) and columns c < width (a multiple of kLanes):
//   finish(r, c, sum over l < depth of a[r * a_row + l * a_step] * b[l * width + c])
template <typename Finish>
SOTTO_INLINE void product_block(int64_t count, int64_t width, int64_t depth, const float* a, int64_t a_row,
                                int64_t a_step, const float* b, Finish finish) {
  for (int64_t r = 0; r < count; r += kSideRows) {
    int64_t c = 0;
    for (; c + 2 * kLanes <= width; c += 2 * kLanes) {
      Tile<kSideRows, 2> tile;
      tile.clear();
      tile.multiply(depth, a + r * a_row, a_row, a_step, b + c, width);
#pragma GCC unroll 16
      for (int i = 0; i < kSideRows; i++) {
        finish(r + i, c, tile.value[i][0]);
        finish(r + i, c + kLanes, tile.value[i][1]);
      }
    }
    if (c < width) {
      Tile<kSideRows, 1> tile;
      tile.clear();
      tile.multiply(depth, a + r * a_row, a_row, a_step, b + c, width);
#pragma GCC unroll 16
      for (int i = 0; i < kSideRows; i++) finish(r + i, c, tile.value[i][0]);
    }
  }
}

// Hands out pieces of a thread's scratch memory, each aligned to 64 bytes. With a null base it only counts.
class Carver {
 public:
  explicit Carver(float* base) : base_(base) {}
  float* take(int64_t floats) {
    float* piece = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (floats + 15) / 16 * 16;
    return piece;
  }
  int64_t bytes() const { return used_ * static_cast<int64_t>(sizeof(float)); }

 private:
  float* base_;
  int64_t used_ = 0;
};

static inline int64_t padded_width(int64_t head_dim) { return (head_dim + kLanes - 1) / kLanes * kLanes; }

}  // namespace sotto::cpu::SOTTO_ISA
