// What attention.cu and attention_backward.cu share: tiles of rows in shared memory, their two products, the mask, and
// the way from a block's number to a tile of a ragged batch.
//
// A block is 16 x 16 threads and works on square tiles of scores, kTile queries by kTile keys. Thread (ty, tx) holds
// kRows x kRows scores, rows ty * kRows + i, columns tx + 16 j, and of a result tile [kTile, kDim] the same rows and
// the channels 4 tx + 64 c .. + 3. The 16 threads of a row are half a warp, so a row's maximum is four shuffles, and
// what a thread leaves in shared memory for a product is read by its own half warp alone: __syncwarp is enough.
//
// A row of a tile is kDim + 4 floats apart from the next: eight threads that read 16 bytes from eight rows then touch
// all 32 banks once. Channels beyond head_dim and rows beyond the sequence are zeros, never a neighbour's values.
#pragma once

#include <cstdint>
#include <string>

#include "backend.h"
#include "four.cuh"
#include "launch.cuh"
#include "reduce.cuh"

namespace sotto::cuda {

constexpr int kSide = 16;
constexpr int kAttentionThreads = kSide * kSide;
constexpr float kLog2e = 1.44269504088896341f;
constexpr float kLn2 = 0.693147180559945309f;

template <int kTile_, int kDim_>
struct Tile {
  static constexpr int kTile = kTile_;
  static constexpr int kDim = kDim_;
  static constexpr int kRows = kTile / kSide;
  static constexpr int kChannels = kDim / kSide;  // of a result row, a thread
  static constexpr int kStride = kDim + 4;        // from row to row, in floats
  static constexpr int kScoreStride = kTile + 4;
  static constexpr int kFloats = kTile * kStride;  // of a tile of rows
  static constexpr int kScoreFloats = kTile * kScoreStride;
  static_assert(kDim % 64 == 0 && kTile % kSide == 0 && kScoreFloats <= kFloats, "see the top of this file");
};

__device__ __forceinline__ int tile_column() { return static_cast<int>(threadIdx.x) % kSide; }
__device__ __forceinline__ int tile_row() { return static_cast<int>(threadIdx.x) / kSide; }

// Which keys a query sees. window: 0 for none. A query stands at key position query + (keys - queries).
struct Mask {
  bool causal;
  int window;
  __device__ __forceinline__ bool sees(int position, int key, int keys) const {
    return key < keys && (!causal || key <= position) && (window == 0 || key > position - window);
  }
};

// What a scaled product counts as: itself, or held below a cap (Gemma 2). A type each, so that attention without a cap
// pays nothing for one.
struct NoCap {
  static constexpr bool kChanges = false;
  __device__ __forceinline__ float operator()(float score) const { return score; }
  __device__ __forceinline__ float slope(float) const { return 1.0f; }
};
struct TanhCap {
  static constexpr bool kChanges = true;
  float cap;
  __device__ __forceinline__ float operator()(float score) const { return cap * tanhf(score / cap); }
  // Of the capped score with respect to the product.
  __device__ __forceinline__ float slope(float score) const { return 1.0f - score / cap * (score / cap); }
};

// Calls f with what the products of such attention count as.
template <typename F>
void with_cap(float cap, const F& f) {
  if (cap > 0) {
    f(TanhCap{cap});
  } else {
    f(NoCap{});
  }
}

// A score in units of log 2: scale * product, or under a cap log2(e) times the capped product. In `scale` the factor
// log2(e) stands without a cap only.
template <typename Cap>
__device__ __forceinline__ float score_of(const Cap& cap, float product, float scale) {
  return Cap::kChanges ? cap(product * scale) * kLog2e : product * scale;
}

// A tile of one sequence: its rows are first .. first + kTile - 1 of the sequence's own.
struct Place {
  int sequence;
  int first;
};

// A launch has rows / kTile + sequences places: sequence s owns those from start[s] / kTile + s on, which is at least
// as many as it has tiles, so a block finds its place by bisection and nobody has to count tiles. false: none is left.
template <int kTile>
__device__ __forceinline__ bool find_place(int64_t number, int sequences, const int32_t* __restrict__ start,
                                           Place& place) {
  int low = 0, high = sequences;  // the sequence is in [low, high)
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    if (start[middle] / kTile + static_cast<int64_t>(middle) <= number) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const int64_t first = (number - start[low] / kTile - low) * kTile;
  place = {low, static_cast<int>(first)};
  return first < start[low + 1] - start[low];
}

inline int64_t places(int64_t rows, int64_t sequences, int tile) { return rows / tile + sequences; }

// Copies rows first .. of a sequence with `count` rows, head_dim channels each, to shared memory.
template <typename T>
__device__ __forceinline__ void load_tile(const float* __restrict__ rows, int64_t ld, int first, int count,
                                          int head_dim, bool aligned, float* tile) {
  constexpr int kQuads = T::kDim / 4;
#pragma unroll 4
  for (int i = threadIdx.x; i < T::kTile * kQuads; i += kAttentionThreads) {
    const int r = i / kQuads, c = i % kQuads * 4;
    float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (first + r < count) value = load4(rows + (first + r) * ld, c, head_dim, aligned);
    *reinterpret_cast<float4*>(tile + r * T::kStride + c) = value;
  }
}

// product[i][j] = a[row i] . b[column j]: 16 multiply-adds for every two 16-byte reads (kRows = 4).
template <typename T>
__device__ __forceinline__ void dot_rows(const float* a, const float* b, int head_dim,
                                         float (&product)[T::kRows][T::kRows]) {
  const float* own = a + tile_row() * T::kRows * T::kStride;
  const float* other = b + tile_column() * T::kStride;
#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
#pragma unroll
    for (int j = 0; j < T::kRows; ++j) product[i][j] = 0.0f;
  }
#pragma unroll 1
  for (int c = 0; c < head_dim; c += 4) {
    float4 x[T::kRows], y[T::kRows];
#pragma unroll
    for (int i = 0; i < T::kRows; ++i) {
      x[i] = *reinterpret_cast<const float4*>(own + i * T::kStride + c);
      y[i] = *reinterpret_cast<const float4*>(other + i * kSide * T::kStride + c);
    }
#pragma unroll
    for (int i = 0; i < T::kRows; ++i) {
#pragma unroll
      for (int j = 0; j < T::kRows; ++j) {
        product[i][j] += x[i].x * y[j].x;
        product[i][j] += x[i].y * y[j].y;
        product[i][j] += x[i].z * y[j].z;
        product[i][j] += x[i].w * y[j].w;
      }
    }
  }
}

// Leaves a thread's scores in shared memory, for the threads of its rows.
template <typename T>
__device__ __forceinline__ void store_scores(const float (&score)[T::kRows][T::kRows], float* scores) {
#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
#pragma unroll
    for (int j = 0; j < T::kRows; ++j) {
      scores[(tile_row() * T::kRows + i) * T::kScoreStride + tile_column() + kSide * j] = score[i][j];
    }
  }
}

// sum[i][..] += sum over the tile's rows t, in their order, of scores[row i][t] * b[t][..].
template <typename T>
__device__ __forceinline__ void add_weighted_rows(const float* scores, const float* b,
                                                  float (&sum)[T::kRows][T::kChannels]) {
  const float* own = scores + tile_row() * T::kRows * T::kScoreStride;
  const float* channels = b + 4 * tile_column();
#pragma unroll 1
  for (int t = 0; t < T::kTile; t += 4) {
    float weight[T::kRows][4];
#pragma unroll
    for (int i = 0; i < T::kRows; ++i) {
      const float4 w = *reinterpret_cast<const float4*>(own + i * T::kScoreStride + t);
      weight[i][0] = w.x;
      weight[i][1] = w.y;
      weight[i][2] = w.z;
      weight[i][3] = w.w;
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) {
#pragma unroll
      for (int c = 0; c < T::kChannels; c += 4) {
        const float4 v = *reinterpret_cast<const float4*>(channels + (t + k) * T::kStride + c * kSide);
#pragma unroll
        for (int i = 0; i < T::kRows; ++i) {
          sum[i][c] += weight[i][k] * v.x;
          sum[i][c + 1] += weight[i][k] * v.y;
          sum[i][c + 2] += weight[i][k] * v.z;
          sum[i][c + 3] += weight[i][k] * v.w;
        }
      }
    }
  }
}

// Writes a thread's part of row i of a result: factor * sum.
template <typename T>
__device__ __forceinline__ void store_row(const float (&sum)[T::kChannels], float factor, float* row, int head_dim,
                                          bool aligned) {
#pragma unroll
  for (int c = 0; c < T::kChannels; c += 4) {
    store4(row, 4 * tile_column() + c * kSide, head_dim, aligned,
           make_float4(sum[c] * factor, sum[c + 1] * factor, sum[c + 2] * factor, sum[c + 3] * factor));
  }
}

// No sequence has 2^31 rows, so a longer window sees all that one of that length does.
inline Mask mask_of(bool causal, int64_t window) {
  return {causal, static_cast<int>(window < INT32_MAX ? window : INT32_MAX)};
}

// Calls f with the tile for heads of head_dim channels. The tile depends on head_dim alone, for the sake of the bits.
template <typename F>
void by_head_dim(int64_t head_dim, const F& f) {
  if (head_dim <= 64) {
    f(Tile<64, 64>{});
  } else if (head_dim <= 128) {
    f(Tile<64, 128>{});
  } else if (head_dim <= 256) {
    f(Tile<32, 256>{});
  } else {
    throw Error(SOTTO_UNSUPPORTED,
                "attention: the CUDA backend takes heads of at most 256 channels, not " + std::to_string(head_dim));
  }
}

}  // namespace sotto::cuda
