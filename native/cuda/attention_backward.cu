// The gradient of softmax attention on the GPU, where queries and keys are the same rows.
//
// What it computes. With P_ij = exp(s_ij - log_sum_exp_i), as the forward pass had it, and delta_i = dout_i . out_i:
//     dS_ij = P_ij (dout_i . v_j - delta_i) scale
//     dq_i = sum_j dS_ij k_j      dk_j = sum_i dS_ij q_i      dv_j = sum_i P_ij dout_i
// dk and dv of a key head sum over the query heads of its group. P and dS are computed again from q, k and the one
// number a row that the forward pass kept, and never reach memory.
//
// Which bytes it moves. Its arguments once; keys and values once more for every tile of queries and head, queries and
// dout once more for every tile of keys and head, from the second-level cache as a rule.
//
// Why this shape. Two kernels: in the first a block owns 64 queries of a head and walks over the keys they see, in the
// second it owns 64 keys of a key head and walks over the query heads of the group and the queries that see them. Each
// gradient then has one writer and a fixed order of terms. A single kernel would spare two of the seven products a
// pair, but would add to dq from many blocks at once, with atomics in an order that depends on timing: not the same
// bits, which the audit of the guarantee rests on. The first kernel also computes delta, from rows it holds anyway.
//
// How close to the limit. 14 head_dim operations a pair in f32, 10 of them what the formulas need. Shared memory is 70
// and 87 KiB a block for 64 channels, 135 and 152 KiB for 128, which leaves one block of 8 warps a multiprocessor:
// loads are then hidden badly, and half the f32 rate is the hope. GPUs that give a block less than 152 KiB (compute
// capability 8.6 and 8.9) refuse heads of more than 64 channels. These are estimates; nothing has been measured yet.
#include <cstdint>

#include "attention_tile.cuh"
#include "check.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

struct Problem {
  int sequences;
  const int32_t* start;
  int64_t rows;
  int heads, kv_heads, head_dim;
  int64_t head_stride;
  Mask mask;
  float scale;
  const float* q;
  int64_t ldq;
  const float *k, *v;
  int64_t ldkv;
  const float *out, *dout;
  int64_t ldout;
  const float* log_sum_exp;
  float *delta, *dq;
  int64_t lddq;
  float *dk, *dv;
  int64_t lddkv;
  bool q_aligned, kv_aligned, out_aligned, dq_aligned, dkv_aligned;
};

template <typename T>
constexpr size_t query_bytes() {
  return 4 * T::kFloats * sizeof(float);
}

template <typename T>
constexpr size_t key_bytes() {
  return (4 * T::kFloats + T::kScoreFloats) * sizeof(float);
}

// A thread's part of the dot product of two rows.
template <typename T>
__device__ __forceinline__ float part_of_dot(const float* a, const float* b, int head_dim, bool aligned) {
  float sum = 0.0f;
#pragma unroll
  for (int c = 0; c < T::kChannels; c += 4) {
    const float4 x = load4(a, 4 * tile_column() + c * kSide, head_dim, aligned);
    const float4 y = load4(b, 4 * tile_column() + c * kSide, head_dim, aligned);
    sum += (x.x * y.x + x.y * y.y) + (x.z * y.z + x.w * y.w);
  }
  return sum;
}

// dq and delta.
template <typename T, typename Cap>
__global__ void __launch_bounds__(kAttentionThreads) query_kernel(const Problem p, const Cap cap) {
  SOTTO_DYNAMIC_SHARED(float, shared);
  float* const queries_tile = shared;
  float* const dout_tile = shared + T::kFloats;
  float* const keys_tile = shared + 2 * T::kFloats;
  float* const values_tile = shared + 3 * T::kFloats;  // then dS

  const int64_t number = (gridDim.x - 1 - blockIdx.x) / p.heads;
  const int head = static_cast<int>((gridDim.x - 1 - blockIdx.x) % p.heads);
  Place place;
  if (!find_place<T::kTile>(number, p.sequences, p.start, place)) return;
  const int64_t base = p.start[place.sequence];
  const int length = static_cast<int>(p.start[place.sequence + 1] - base);
  const int64_t column = static_cast<int64_t>(head) * p.head_dim;  // in out and dout
  const int64_t q_column = static_cast<int64_t>(head) * p.head_stride;
  const int64_t kv_column = static_cast<int64_t>(head / (p.heads / p.kv_heads)) * p.head_stride;
  const float* k = p.k + base * p.ldkv + kv_column;
  const float* v = p.v + base * p.ldkv + kv_column;
  load_tile<T>(p.q + base * p.ldq + q_column, p.ldq, place.first, length, p.head_dim, p.q_aligned, queries_tile);
  load_tile<T>(p.dout + base * p.ldout + column, p.ldout, place.first, length, p.head_dim, p.out_aligned, dout_tile);

  float delta[T::kRows], log_sum[T::kRows], sum[T::kRows][T::kChannels];
#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
    const int query = place.first + tile_row() * T::kRows + i;
    const int64_t row = base + query;
    const bool live = query < length;
    const int64_t at = row * p.ldout + column;
    delta[i] = over_lanes<Sum, kSide>(live ? part_of_dot<T>(p.dout + at, p.out + at, p.head_dim, p.out_aligned) : 0.0f);
    log_sum[i] = live ? p.log_sum_exp[head * p.rows + row] * kLog2e : 0.0f;
    if (live && tile_column() == 0) p.delta[head * p.rows + row] = delta[i];
#pragma unroll
    for (int c = 0; c < T::kChannels; ++c) sum[i][c] = 0.0f;
  }

  const int key_end = p.mask.causal ? min(place.first + T::kTile, length) : length;
  const int first_seen = p.mask.window > 0 ? max(0, place.first - p.mask.window + 1) : 0;
  const float scale = Cap::kChanges ? p.scale : p.scale * kLog2e;
#pragma unroll 1
  for (int first_key = first_seen / T::kTile * T::kTile; first_key < key_end; first_key += T::kTile) {
    load_tile<T>(k, p.ldkv, first_key, length, p.head_dim, p.kv_aligned, keys_tile);
    load_tile<T>(v, p.ldkv, first_key, length, p.head_dim, p.kv_aligned, values_tile);
    __syncthreads();
    float score[T::kRows][T::kRows], slope[T::kRows][T::kRows];
    dot_rows<T>(queries_tile, keys_tile, p.head_dim, score);
    dot_rows<T>(dout_tile, values_tile, p.head_dim, slope);
#pragma unroll
    for (int i = 0; i < T::kRows; ++i) {
      const int query = place.first + tile_row() * T::kRows + i;
#pragma unroll
      for (int j = 0; j < T::kRows; ++j) {
        const bool seen = query < length && p.mask.sees(query, first_key + tile_column() + kSide * j, length);
        const float s = score_of(cap, score[i][j], scale);
        const float probability = exp2f(s - log_sum[i]);
        const float factor = Cap::kChanges ? p.scale * cap.slope(s * kLn2) : p.scale;
        slope[i][j] = seen ? probability * (slope[i][j] - delta[i]) * factor : 0.0f;
      }
    }
    __syncthreads();  // the values have been read
    store_scores<T>(slope, values_tile);
    __syncwarp();
    add_weighted_rows<T>(values_tile, keys_tile, sum);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
    const int query = place.first + tile_row() * T::kRows + i;
    if (query >= length) continue;
    store_row<T>(sum[i], 1.0f, p.dq + (base + query) * p.lddq + q_column, p.head_dim, p.dq_aligned);
  }
}

// dk and dv. The rows of its tiles of scores are keys, the columns queries.
template <typename T, typename Cap>
__global__ void __launch_bounds__(kAttentionThreads) key_kernel(const Problem p, const Cap cap) {
  SOTTO_DYNAMIC_SHARED(float, shared);
  float* const keys_tile = shared;
  float* const values_tile = shared + T::kFloats;
  float* const queries_tile = shared + 2 * T::kFloats;
  float* const dout_tile = shared + 3 * T::kFloats;
  float* const scores = shared + 4 * T::kFloats;

  const int64_t number = blockIdx.x / p.kv_heads;
  const int kv_head = static_cast<int>(blockIdx.x % p.kv_heads);
  Place place;
  if (!find_place<T::kTile>(number, p.sequences, p.start, place)) return;
  const int64_t base = p.start[place.sequence];
  const int length = static_cast<int>(p.start[place.sequence + 1] - base);
  const int64_t kv_column = static_cast<int64_t>(kv_head) * p.head_stride;
  const int group = p.heads / p.kv_heads;
  load_tile<T>(p.k + base * p.ldkv + kv_column, p.ldkv, place.first, length, p.head_dim, p.kv_aligned, keys_tile);
  load_tile<T>(p.v + base * p.ldkv + kv_column, p.ldkv, place.first, length, p.head_dim, p.kv_aligned, values_tile);

  float key_sum[T::kRows][T::kChannels], value_sum[T::kRows][T::kChannels];
#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
#pragma unroll
    for (int c = 0; c < T::kChannels; ++c) key_sum[i][c] = value_sum[i][c] = 0.0f;
  }

  const int first_query = p.mask.causal ? place.first : 0;
  const int64_t seen_until = static_cast<int64_t>(place.first) + T::kTile - 1 + p.mask.window;
  const int query_end = p.mask.window > 0 && seen_until < length ? static_cast<int>(seen_until) : length;
  const float scale = Cap::kChanges ? p.scale : p.scale * kLog2e;
#pragma unroll 1
  for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    const int64_t column = static_cast<int64_t>(head) * p.head_dim;  // in dout
    const int64_t q_column = static_cast<int64_t>(head) * p.head_stride;
#pragma unroll 1
    for (int first = first_query; first < query_end; first += T::kTile) {
      load_tile<T>(p.q + base * p.ldq + q_column, p.ldq, first, length, p.head_dim, p.q_aligned, queries_tile);
      load_tile<T>(p.dout + base * p.ldout + column, p.ldout, first, length, p.head_dim, p.out_aligned, dout_tile);
      __syncthreads();
      float score[T::kRows][T::kRows], slope[T::kRows][T::kRows];
      dot_rows<T>(keys_tile, queries_tile, p.head_dim, score);
      dot_rows<T>(values_tile, dout_tile, p.head_dim, slope);
#pragma unroll
      for (int j = 0; j < T::kRows; ++j) {
        const int query = first + tile_column() + kSide * j;
        const bool live = query < length;
        const int64_t at = head * p.rows + base + query;
        const float log_sum = live ? p.log_sum_exp[at] * kLog2e : 0.0f;
        const float delta = live ? p.delta[at] : 0.0f;
#pragma unroll
        for (int i = 0; i < T::kRows; ++i) {
          const bool seen = live && p.mask.sees(query, place.first + tile_row() * T::kRows + i, length);
          const float s = score_of(cap, score[i][j], scale);
          const float probability = exp2f(s - log_sum);
          const float factor = Cap::kChanges ? p.scale * cap.slope(s * kLn2) : p.scale;
          score[i][j] = seen ? probability : 0.0f;
          slope[i][j] = seen ? probability * (slope[i][j] - delta) * factor : 0.0f;
        }
      }
      store_scores<T>(score, scores);
      __syncwarp();
      add_weighted_rows<T>(scores, dout_tile, value_sum);
      __syncwarp();
      store_scores<T>(slope, scores);
      __syncwarp();
      add_weighted_rows<T>(scores, queries_tile, key_sum);
      __syncthreads();
    }
  }

#pragma unroll
  for (int i = 0; i < T::kRows; ++i) {
    const int key = place.first + tile_row() * T::kRows + i;
    if (key >= length) continue;
    const int64_t at = (base + key) * p.lddkv + kv_column;
    store_row<T>(key_sum[i], 1.0f, p.dk + at, p.head_dim, p.dkv_aligned);
    store_row<T>(value_sum[i], 1.0f, p.dv + at, p.head_dim, p.dkv_aligned);
  }
}

template <typename T, typename Cap>
void launch(const Problem& p, const Cap& cap) {
  const auto queries = query_kernel<T, Cap>;
  const auto keys = key_kernel<T, Cap>;
  const int64_t blocks = places(p.rows, p.sequences, T::kTile);
  if (blocks * p.heads > INT32_MAX) {
    throw Error(SOTTO_INVALID_ARGUMENT, "attention_backward: too many rows for one launch");
  }
  SOTTO_CUDA_CHECK(
      cudaFuncSetAttribute(queries, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(query_bytes<T>())));
  SOTTO_CUDA_CHECK(
      cudaFuncSetAttribute(keys, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(key_bytes<T>())));
  SOTTO_LAUNCH((query_kernel<T, Cap>), static_cast<unsigned>(blocks * p.heads), kAttentionThreads, query_bytes<T>(),
               nullptr, p, cap);
  SOTTO_CUDA_CHECK_LAUNCH();
  SOTTO_LAUNCH((key_kernel<T, Cap>), static_cast<unsigned>(blocks * p.kv_heads), kAttentionThreads, key_bytes<T>(),
               nullptr, p, cap);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void attention_backward(Device&, const sotto_attention_backward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  if (args.rows == 0 || args.sequences == 0) return;
  const bool fours = shape.head_dim % 4 == 0;
  const bool strided_fours = fours && shape.head_stride % 4 == 0;
  const Problem p{static_cast<int>(args.sequences),
                  args.start,
                  args.rows,
                  static_cast<int>(shape.heads),
                  static_cast<int>(shape.kv_heads),
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
                  args.dout,
                  args.ldout,
                  args.log_sum_exp,
                  args.delta,
                  args.dq,
                  args.lddq,
                  args.dk,
                  args.dv,
                  args.lddkv,
                  strided_fours && four_aligned(args.q, args.ldq),
                  strided_fours && four_aligned(args.k, args.ldkv) && four_aligned(args.v, args.ldkv),
                  fours && four_aligned(args.out, args.ldout) && four_aligned(args.dout, args.ldout),
                  strided_fours && four_aligned(args.dq, args.lddq),
                  strided_fours && four_aligned(args.dk, args.lddkv) && four_aligned(args.dv, args.lddkv)};
  by_head_dim(shape.head_dim,
              [&](auto tile) { with_cap(shape.cap, [&](const auto& cap) { launch<decltype(tile)>(p, cap); }); });
}

}  // namespace sotto::cuda
