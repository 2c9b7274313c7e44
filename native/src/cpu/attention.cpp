// Attention forward: one pass over the keys with a running maximum and sum (Milakov & Gimelshein 2018; Dao et al.
// 2022).
//
// A task is one head of one sequence and up to kChunk queries. It walks the keys in blocks; for each it packs K and V
// once, then for every block of queries computes scores, rescales what it has and adds P V. Scratch: the chunk's
// queries and results, one block of keys, values and scores; nothing grows with the length of the sequence.
#include <cmath>
#include <limits>

#include "attention_block.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

constexpr int64_t kChunk = 256;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

struct Scratch {
  float* queries;  // [kChunk / kQueries][head_dim][kQueries], scaled
  float* sums;     // [kChunk][width]: unnormalised results
  float* top;      // [kChunk]: running maximum
  float* total;    // [kChunk]: running sum of exponentials
  float* keys;     // [head_dim][kKeys]
  float* values;   // [kKeys][width]
  float* scores;   // [kKeys][kQueries]
  float* rescale;  // [kQueries]

  Scratch(Carver& carver, int64_t head_dim)
      : queries(carver.take(kChunk * head_dim)),
        sums(carver.take(kChunk * padded_width(head_dim))),
        top(carver.take(kChunk)),
        total(carver.take(kChunk)),
        keys(carver.take(kKeys * head_dim)),
        values(carver.take(kKeys * padded_width(head_dim))),
        scores(carver.take(kKeys * kQueries)),
        rescale(carver.take(kQueries)) {}
};

// One block of keys meets one block of queries, V vectors of them, which start `at` queries into the chunk.
template <int V, typename Cap>
void meet(const Scratch& s, const Mask& mask, const Cap& cap, int64_t head_dim, int64_t at, int64_t queries,
          int64_t position, int64_t key, int64_t count) {
  score_block<V>(count, head_dim, s.keys, s.queries + at * head_dim, s.scores);
  const bool whole = mask.whole(position, position + queries - 1, key, key + count);
  Vec safe[V];
  Vec total[V];
  for (int v = 0; v < V; v++) {
    float* column = s.scores + v * kLanes;
    const VecI lane_position = lane_index() + static_cast<int32_t>(position + v * kLanes);
    const Vec before = load(s.top + at + v * kLanes);
    Vec top = before;
    for (int64_t j = 0; j < count; j++) {
      Vec score = cap(load(column + j * kQueries));
      if (!whole) score = select(mask.lanes(lane_position, key + j), score, splat(kMinusInfinity));
      if (Cap::kChanges || !whole) store(column + j * kQueries, score);
      top = max(score, top);
    }
    // A query that has seen no key yet has top = -inf; subtracting 0 instead keeps exp(-inf) = 0 rather than NaN.
    safe[v] = select(top == splat(kMinusInfinity), Vec{}, top);
    const Vec rescale = exp(before - safe[v]);
    store(s.top + at + v * kLanes, top);
    store(s.rescale + v * kLanes, rescale);
    total[v] = load(s.total + at + v * kLanes) * rescale;
  }
  for (int64_t j = 0; j < count; j++) {
    for (int v = 0; v < V; v++) {
      float* cell = s.scores + j * kQueries + v * kLanes;
      const Vec p = exp(load(cell) - safe[v]);
      store(cell, p);
      total[v] += p;
    }
  }
  for (int v = 0; v < V; v++) store(s.total + at + v * kLanes, total[v]);
  const int64_t width = padded_width(head_dim);
  product_block(queries, width, count, s.scores, 1, kQueries, s.values, [&](int64_t r, int64_t c, Vec value) {
    float* target = s.sums + (at + r) * width + c;
    store(target, fma(load(target), splat(s.rescale[r]), value));
  });
}

template <typename Cap>
void attend(Device& device, const sotto_attention_forward_request& args, const Cap& cap) {
  const sotto_attention_shape& shape = args.shape;
  check_attention(args.sequences, args.query_start, args.key_start, args.rows);
  Context& cpu = context(device);
  Carver measure(nullptr);
  Scratch{measure, shape.head_dim};
  cpu.reserve_scratch(measure.bytes());
  int64_t longest = 0;
  for (int64_t s = 0; s < args.sequences; s++)
    longest = std::max<int64_t>(longest, args.query_start[s + 1] - args.query_start[s]);
  const int64_t chunks = (longest + kChunk - 1) / kChunk;
  const int64_t width = padded_width(shape.head_dim);
  const Mask mask{shape.causal != 0, shape.window};

  cpu.parallel_for(args.sequences * shape.heads * chunks, [&](int64_t task, int thread) {
    const int64_t h = task % shape.heads;
    const int64_t chunk = task / shape.heads % chunks;
    const int64_t sequence = task / shape.heads / chunks;
    const int64_t length = args.query_start[sequence + 1] - args.query_start[sequence];
    const int64_t key_count = args.key_start[sequence + 1] - args.key_start[sequence];
    const int64_t begin = chunk * kChunk;
    if (begin >= length) return;
    const int64_t size = std::min(kChunk, length - begin);
    const int64_t row = args.query_start[sequence] + begin;
    const int64_t position = begin + key_count - length;
    const int64_t kv_offset =
        args.key_start[sequence] * args.ldkv + h / (shape.heads / shape.kv_heads) * shape.head_stride;
    const float* key_base = args.k + kv_offset;
    const float* value_base = args.v + kv_offset;
    Carver carver(static_cast<float*>(cpu.scratch(thread)));
    const Scratch s(carver, shape.head_dim);

    for (int64_t at = 0; at < size; at += kQueries) {
      pack_transposed(args.q + (row + at) * args.ldq + h * shape.head_stride, args.ldq, shape.head_dim,
                      std::min(kQueries, size - at), s.queries + at * shape.head_dim, kQueries, kQueries, shape.scale);
    }
    std::fill_n(s.sums, size * width, 0.0f);
    std::fill_n(s.top, kChunk, kMinusInfinity);
    std::fill_n(s.total, kChunk, 0.0f);

    for (int64_t key = 0; key < key_count; key += kKeys) {
      const int64_t count = mask.seen(position, position + size - 1, key, std::min(key + kKeys, key_count));
      if (count == 0) continue;
      pack_transposed(key_base + key * args.ldkv, args.ldkv, shape.head_dim, count, s.keys, kKeys, tiled_keys(count));
      pack_rows(value_base + key * args.ldkv, args.ldkv, count, shape.head_dim, s.values, width);
      for (int64_t at = 0; at < size; at += kQueries) {
        const int64_t queries = std::min(kQueries, size - at);
        const int64_t first = position + at;
        const int64_t seen = mask.seen(first, first + queries - 1, key, key + count);
        if (seen == 0) continue;
        if (queries <= kLanes) {
          meet<1>(s, mask, cap, shape.head_dim, at, queries, first, key, seen);
        } else {
          meet<kTileVectors>(s, mask, cap, shape.head_dim, at, queries, first, key, seen);
        }
      }
    }

    for (int64_t i = 0; i < size; i++) {
      const bool saw_none = s.total[i] == 0;
      const float inverse = saw_none ? 0.0f : 1.0f / s.total[i];
      args.log_sum_exp[h * args.rows + row + i] = saw_none ? kMinusInfinity : s.top[i] + std::log(s.total[i]);
      float* target = args.out + (row + i) * args.ldout + h * shape.head_dim;
      each_vector(0, shape.head_dim,
                  [&](int64_t d, auto part) { store(target + d, load(s.sums + i * width + d) * inverse, part); });
    }
  });
}

}  // namespace

void attention_forward(Device& device, const sotto_attention_forward_request& args) {
  with_cap(args.shape.cap, [&](const auto& cap) { attend(device, args, cap); });
}

}  // namespace sotto::cpu::SOTTO_ISA
