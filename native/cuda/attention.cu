// Softmax attention on the GPU: ragged sequences, grouped heads, causal or not, with a window, with cached keys.
//
// What it computes. For each query row and head: s_j = scale q . k_j over the keys it sees, out = sum_j softmax(s)_j
// v_j and log_sum_exp = log sum_j exp s_j. No score reaches memory: the maximum and the sum of a row are carried from
// tile to tile of keys and the sum of values is rescaled when the maximum grows (Dao et al. 2022, "FlashAttention").
//
// Which bytes it moves. Queries and results once. Keys and values once a tile of 64 queries and query head, from the
// second-level cache as a rule: the heads of a group and the tiles of a sequence run side by side.
//
// Why this shape. A block owns 64 queries of one head (32 where a head has more than 128 channels) and walks over the
// keys 64 at a time; attention_tile.cuh tells how its 256 threads share the products. Keys and values take turns in one
// buffer: 52 KiB a block for 64 channels, 85 KiB for 128. With at most 128 registers a thread two blocks share a
// multiprocessor, and one computes while the other loads. Tiles of keys are counted from the sequence's first key, not
// from the first one seen, and a tile that a row does not see leaves its numbers as they are, to the bit: a row's
// result depends neither on its place in a tile, nor on other sequences, nor on whether its keys were cached.
//
// How close to the limit. 4 head_dim operations a pair, in f32 as the contract's tolerance asks: 67e12 a second on an
// H100 without tensor cores. A step of the first product is 16 multiply-adds a thread and half as many cycles of
// shared memory, so half to two thirds of that rate is the hope. Head sizes other than 64, 128 and 256 pay for the next
// larger one in the second product. One query with many cached keys keeps one block a head busy: decoding is served
// correctly, not fast. These are estimates; nothing has been measured on a GPU yet.
#include <cstdint>

#include "attention_tile.cuh"
#include "check.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

struct Problem {
  int sequences;
  const int32_t *query_start, *key_start;
  int64_t rows;
  int heads, group, head_dim;
  int64_t head_stride;
  Mask mask;
  float scale;
  const float* q;
  int64_t ldq;
  const float *k, *v;
  int64_t ldkv;
  float* out;
  int64_t ldout;
  float* log_sum_exp;
  bool q_aligned, kv_aligned, out_aligned;
};

template <typename T>
constexpr size_t shared_bytes() {
  return (2 * T::kFloats + T::kScoreFloats) * sizeof(float);
}

template <typename T, typename Cap>
__global__ void __launch_bounds__(kAttentionThreads) attention_kernel(const Problem p, const Cap cap) {
  SOTTO_DYNAMIC_SHARED(float, shared);
  float* const queries_tile = shared;
  float* const keys_tile = shared + T::kFloats;  // then the values
  float* const scores = shared + 2 * T::kFloats;

  // The last tiles of a sequence see the most keys if causal: they start first. Neighbouring blocks share keys.
  const int64_t number = (gridDim.x - 1 - blockIdx.x) / p.heads;
  const int head = static_cast<int>((gridDim.x - 1 - blockIdx.x) % p.heads);
  Place place;
  if (!find_place<T::kTile>(number, p.sequences, p.query_start, place)) return;
  const int64_t query_base = p.query_start[place.sequence], key_base = p.key_start[place.sequence];
  const int queries = static_cast<int>(p.query_start[place.sequence + 1] - query_base);
  const int keys = static_cast<int>(p.key_start[place.sequence + 1] - key_base);
  const int offset = keys - queries;
  const int64_t kv_column = static_cast<int64_t>(head / p.group) * p.head_stride;
  const float* k = p.k + key_base * p.ldkv + kv_column;
  const float* v = p.v + key_base * p.ldkv + kv_column;
  load_tile<T>(p.q + query_base * p.ldq + static_cast<int64_t>(head) * p.head_stride, p.ldq, place.first, queries,
               p.head_dim, p.q_aligned, queries_tile);

  const int last_query = min(place.first + T::kTile, queries) - 1;
  const int key_end = p.mask.causal ? last_query + offset + 1 : keys;
  const int first_seen = p.mask.window > 0 ? max(0, place.first + offset - p.mask.window + 1) : 0;
  const float scale =
      Cap::kChanges ? p.scale : p.scale * kLog2e;  // scores in units of log 2: the exponential is one instruction
  float top[T::kRows], total[T::kRows], sum[T::kRows][T::kChannels];
#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
    top[i] = Maximum::kNeutral;
    total[i] = 0.0f;
#pragma unroll
    for (int c = 0; c < T::kChannels; ++c) sum[i][c] = 0.0f;
  }

#pragma unroll 1
  for (int first_key = first_seen / T::kTile * T::kTile; first_key < key_end; first_key += T::kTile) {
    load_tile<T>(k, p.ldkv, first_key, keys, p.head_dim, p.kv_aligned, keys_tile);
    __syncthreads();
    float score[T::kRows][T::kRows];
    dot_rows<T>(queries_tile, keys_tile, p.head_dim, score);
#pragma unroll
    for (int i = 0; i < T::kRows; ++i) {
      const int position = place.first + tile_row() * T::kRows + i + offset;
      float highest = top[i];
#pragma unroll
      for (int j = 0; j < T::kRows; ++j) {
        const bool seen = p.mask.sees(position, first_key + tile_column() + kSide * j, keys);
        score[i][j] = seen ? score_of(cap, score[i][j], scale) : -INFINITY;
        highest = fmaxf(highest, score[i][j]);
      }
      highest = over_lanes<Maximum, kSide>(highest);
      const float shrink = exp2f(top[i] - highest);  // 1 where nothing was seen: top starts finite
      top[i] = highest;
      total[i] *= shrink;
#pragma unroll
      for (int j = 0; j < T::kRows; ++j) {
        score[i][j] = exp2f(score[i][j] - highest);
        total[i] += score[i][j];
      }
#pragma unroll
      for (int c = 0; c < T::kChannels; ++c) sum[i][c] *= shrink;
    }
    store_scores<T>(score, scores);
    __syncthreads();  // the keys have been read, the scores written
    load_tile<T>(v, p.ldkv, first_key, keys, p.head_dim, p.kv_aligned, keys_tile);
    __syncthreads();
    add_weighted_rows<T>(scores, keys_tile, sum);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
    const float all = over_lanes<Sum, kSide>(total[i]);
    const int query = place.first + tile_row() * T::kRows + i;
    if (query >= queries) continue;
    const int64_t row = query_base + query;
    store_row<T>(sum[i], 1.0f / all, p.out + row * p.ldout + static_cast<int64_t>(head) * p.head_dim, p.head_dim,
                 p.out_aligned);
    if (tile_column() == 0) p.log_sum_exp[head * p.rows + row] = top[i] * kLn2 + logf(all);
  }
}

template <typename T, typename Cap>
void launch(const Problem& p, const Cap& cap) {
  const auto kernel = attention_kernel<T, Cap>;
  const int64_t blocks = places(p.rows, p.sequences, T::kTile) * p.heads;
  if (blocks > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "attention_forward: too many rows for one launch");
  SOTTO_CUDA_CHECK(
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes<T>())));
  SOTTO_LAUNCH((attention_kernel<T, Cap>), static_cast<unsigned>(blocks), kAttentionThreads, shared_bytes<T>(), nullptr,
               p, cap);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void attention_forward(Device&, const sotto_attention_forward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  if (args.rows == 0 || args.sequences == 0) return;
  const bool fours = shape.head_dim % 4 == 0;
  const bool strided_fours = fours && shape.head_stride % 4 == 0;
  const Problem p{static_cast<int>(args.sequences),
                  args.query_start,
                  args.key_start,
                  args.rows,
                  static_cast<int>(shape.heads),
                  static_cast<int>(shape.heads / shape.kv_heads),
                  static_cast<int>(shape.head_dim),
                  shape.head_stride,
                  mask_of(shape.causal, shape.window),
                  shape.scale,
                  args.q,
                  args.ldq,
                  args.k,
                  args.v,
                  args.ldkv,
                  args.out,
                  args.ldout,
                  args.log_sum_exp,
                  strided_fours && four_aligned(args.q, args.ldq),
                  strided_fours && four_aligned(args.k, args.ldkv) && four_aligned(args.v, args.ldkv),
                  fours && four_aligned(args.out, args.ldout)};
  by_head_dim(shape.head_dim,
              [&](auto tile) { with_cap(shape.cap, [&](const auto& cap) { launch<decltype(tile)>(p, cap); }); });
}

}  // namespace sotto::cuda
