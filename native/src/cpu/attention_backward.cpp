// Attention backward (Dao et al. 2022, algorithm 4): scores are recomputed from log_sum_exp, block by block.
//
// A task is one key/value head of one sequence: it alone adds to that head's dk and dv, in a fixed order over the query
// heads that share it, and to those heads' dq. Blocks of keys outside, blocks of queries inside.
//   P = exp(scale Q K^T - lse)   dV = P^T dO   dP = dO V^T   dS = P (dP - delta)   dQ = scale dS K   dK = scale dS^T Q
// Under a cap, cap tanh(scale Q K^T / cap) stands in P, and its slope in dS.
#include "attention_block.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

struct Scratch {
  float* keys_across;       // [head_dim][kKeys]
  float* values_across;     // [head_dim][kKeys]
  float* keys;              // [kKeys][width]
  float* key_gradient;      // [kKeys][width]
  float* value_gradient;    // [kKeys][width]
  float* queries_across;    // [head_dim][kQueries], scaled
  float* gradients_across;  // [head_dim][kQueries]: dout
  float* queries;           // [kQueries][width]
  float* gradients;         // [kQueries][width]: dout
  float* weights;           // [kKeys][kQueries]: P
  float* score_gradient;    // [kKeys][kQueries]: dP, then dS
  float* log_sum_exp;       // [kQueries]
  float* delta;             // [kQueries]

  Scratch(Carver& carver, int64_t head_dim, int64_t width)
      : keys_across(carver.take(kKeys * head_dim)),
        values_across(carver.take(kKeys * head_dim)),
        keys(carver.take(kKeys * width)),
        key_gradient(carver.take(kKeys * width)),
        value_gradient(carver.take(kKeys * width)),
        queries_across(carver.take(kQueries * head_dim)),
        gradients_across(carver.take(kQueries * head_dim)),
        queries(carver.take(kQueries * width)),
        gradients(carver.take(kQueries * width)),
        weights(carver.take(kKeys * kQueries)),
        score_gradient(carver.take(kKeys * kQueries)),
        log_sum_exp(carver.take(kQueries)),
        delta(carver.take(kQueries)) {}
};

// P and dS of one block, V vectors of queries.
template <int V, typename Cap>
void recompute(const Scratch& s, const Mask& mask, const Cap& cap, int64_t head_dim, int64_t queries, int64_t position,
               int64_t key, int64_t count) {
  score_block<V>(count, head_dim, s.keys_across, s.queries_across, s.weights);
  score_block<V>(count, head_dim, s.values_across, s.gradients_across, s.score_gradient);
  const bool whole = mask.whole(position, position + queries - 1, key, key + count);
  for (int64_t j = 0; j < count; j++) {
    for (int v = 0; v < V; v++) {
      float* weight = s.weights + j * kQueries + v * kLanes;
      float* gradient = s.score_gradient + j * kQueries + v * kLanes;
      const Vec score = cap(load(weight));
      Vec p = exp(score - load(s.log_sum_exp + v * kLanes));
      Vec ds = p * (load(gradient) - load(s.delta + v * kLanes));
      if constexpr (Cap::kChanges) ds *= cap.slope(score);
      if (!whole) {
        const VecI visible = mask.lanes(lane_index() + static_cast<int32_t>(position + v * kLanes), key + j);
        p = select(visible, p, Vec{});
        ds = select(visible, ds, Vec{});
      }
      store(weight, p);
      store(gradient, ds);
    }
  }
  // Rows up to the next full tile take part in the products below and must count nothing.
  const int64_t rest = (count + kSideRows - 1) / kSideRows * kSideRows - count;
  std::fill_n(s.weights + count * kQueries, rest * kQueries, 0.0f);
  std::fill_n(s.score_gradient + count * kQueries, rest * kQueries, 0.0f);
}

template <typename Cap>
void differentiate(Device& device, const sotto_attention_backward_request& args, const Cap& cap) {
  const sotto_attention_shape& shape = args.shape;
  check_attention(args.sequences, args.start, args.start, args.rows);
  Context& cpu = context(device);
  const int64_t width = padded_width(shape.head_dim);
  const int64_t group = shape.heads / shape.kv_heads;
  const Mask mask{shape.causal != 0, shape.window};
  Carver measure(nullptr);
  Scratch{measure, shape.head_dim, width};
  cpu.reserve_scratch(measure.bytes());

  cpu.parallel_for(args.sequences * shape.kv_heads, [&](int64_t task, int thread) {
    const int64_t kv = task % shape.kv_heads;
    const int64_t base = args.start[task / shape.kv_heads];
    const int64_t length = args.start[task / shape.kv_heads + 1] - base;
    const int64_t kv_column = kv * shape.head_stride;
    Carver carver(static_cast<float*>(cpu.scratch(thread)));
    const Scratch s(carver, shape.head_dim, width);

    for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
      for (int64_t row = base; row < base + length; row++) {
        const float* gradient = args.dout + row * args.ldout + h * shape.head_dim;
        const float* result = args.out + row * args.ldout + h * shape.head_dim;
        Vec total{};
        each_vector(0, shape.head_dim, [&](int64_t d, auto part) {
          total = fma(load(gradient + d, part), load(result + d, part), total);
        });
        args.delta[h * args.rows + row] = sum(total);
        std::fill_n(args.dq + row * args.lddq + h * shape.head_stride, shape.head_dim, 0.0f);
      }
    }

    for (int64_t key = 0; key < length; key += kKeys) {
      const int64_t count = std::min(kKeys, length - key);
      const float* key_rows = args.k + (base + key) * args.ldkv + kv_column;
      const float* value_rows = args.v + (base + key) * args.ldkv + kv_column;
      pack_transposed(key_rows, args.ldkv, shape.head_dim, count, s.keys_across, kKeys, tiled_keys(count));
      pack_transposed(value_rows, args.ldkv, shape.head_dim, count, s.values_across, kKeys, tiled_keys(count));
      pack_rows(key_rows, args.ldkv, count, shape.head_dim, s.keys, width);
      std::fill_n(s.key_gradient, kKeys * width, 0.0f);
      std::fill_n(s.value_gradient, kKeys * width, 0.0f);
      for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
        for (int64_t at = 0; at < length; at += kQueries) {
          const int64_t queries = std::min(kQueries, length - at);
          const int64_t seen = mask.seen(at, at + queries - 1, key, key + count);
          if (seen == 0) continue;
          const int64_t row = base + at;
          const float* query_rows = args.q + row * args.ldq + h * shape.head_stride;
          const float* gradient_rows = args.dout + row * args.ldout + h * shape.head_dim;
          pack_transposed(query_rows, args.ldq, shape.head_dim, queries, s.queries_across, kQueries, kQueries,
                          shape.scale);
          pack_transposed(gradient_rows, args.ldout, shape.head_dim, queries, s.gradients_across, kQueries, kQueries);
          pack_rows(query_rows, args.ldq, queries, shape.head_dim, s.queries, width);
          pack_rows(gradient_rows, args.ldout, queries, shape.head_dim, s.gradients, width);
          std::copy_n(args.log_sum_exp + h * args.rows + row, queries, s.log_sum_exp);
          std::copy_n(args.delta + h * args.rows + row, queries, s.delta);
          std::fill_n(s.log_sum_exp + queries, kQueries - queries, 0.0f);
          std::fill_n(s.delta + queries, kQueries - queries, 0.0f);
          if (queries <= kLanes) {
            recompute<1>(s, mask, cap, shape.head_dim, queries, at, key, seen);
          } else {
            recompute<kTileVectors>(s, mask, cap, shape.head_dim, queries, at, key, seen);
          }
          product_block(seen, width, queries, s.weights, kQueries, 1, s.gradients,
                        [&](int64_t r, int64_t c, Vec value) {
                          float* target = s.value_gradient + r * width + c;
                          store(target, load(target) + value);
                        });
          product_block(seen, width, queries, s.score_gradient, kQueries, 1, s.queries,
                        [&](int64_t r, int64_t c, Vec value) {
                          float* target = s.key_gradient + r * width + c;
                          store(target, fma(value, splat(shape.scale), load(target)));
                        });
          product_block(queries, width, seen, s.score_gradient, 1, kQueries, s.keys,
                        [&](int64_t r, int64_t c, Vec value) {
                          if (r >= queries) return;
                          float* target = args.dq + (row + r) * args.lddq + h * shape.head_stride + c;
                          const int64_t left = shape.head_dim - c;
                          if (left >= kLanes) {
                            store(target, fma(value, splat(shape.scale), load(target)));
                          } else {
                            const Part part{static_cast<int>(left)};
                            store(target, fma(value, splat(shape.scale), load(target, part)), part);
                          }
                        });
        }
      }
      for (int64_t j = 0; j < count; j++) {
        std::copy_n(s.key_gradient + j * width, shape.head_dim, args.dk + (base + key + j) * args.lddkv + kv_column);
        std::copy_n(s.value_gradient + j * width, shape.head_dim, args.dv + (base + key + j) * args.lddkv + kv_column);
      }
    }
  });
}

}  // namespace

void attention_backward(Device& device, const sotto_attention_backward_request& args) {
  with_cap(args.shape.cap, [&](const auto& cap) { differentiate(device, args, cap); });
}

}  // namespace sotto::cpu::SOTTO_ISA
