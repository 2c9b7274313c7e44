// The definition of attention and its gradient, one query at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels.h"

namespace sotto {

namespace {

void check_shape(const sotto_attention_shape& shape) {
  check::strided_heads(shape.heads, shape.head_dim, shape.head_stride, "head_dim");
  check::range("kv_heads", shape.kv_heads, 1, shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    check::fail("heads is " + std::to_string(shape.heads) +
                ", must be a multiple of kv_heads = " + std::to_string(shape.kv_heads));
  }
  check::count("window", shape.window);
  check::cap(shape.cap);
}

// Floats of a row from its first head to its last.
int64_t span(const sotto_attention_shape& shape, int64_t heads) {
  return (heads - 1) * shape.head_stride + shape.head_dim;
}

}  // namespace

void check_request(const sotto_attention_forward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  check_shape(shape);
  check::range("sequences", args.sequences, 0, INT32_MAX - 1);
  check::range("rows", args.rows, 0, INT32_MAX);
  check::pointer("query_start", args.query_start, args.sequences);
  check::pointer("key_start", args.key_start, args.sequences);
  check::matrix("q", args.q, args.rows, span(shape, shape.heads), args.ldq);
  check::matrix("k", args.k, args.rows > 0 ? 1 : 0, span(shape, shape.kv_heads), args.ldkv);
  check::matrix("v", args.v, args.rows > 0 ? 1 : 0, span(shape, shape.kv_heads), args.ldkv);
  check::matrix("out", args.out, args.rows, shape.heads * shape.head_dim, args.ldout);
  check::pointer("log_sum_exp", args.log_sum_exp, args.rows);
}

void check_request(const sotto_attention_backward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  check_shape(shape);
  check::range("sequences", args.sequences, 0, INT32_MAX - 1);
  check::range("rows", args.rows, 0, INT32_MAX);
  check::pointer("start", args.start, args.sequences);
  check::matrix("q", args.q, args.rows, span(shape, shape.heads), args.ldq);
  check::matrix("k", args.k, args.rows, span(shape, shape.kv_heads), args.ldkv);
  check::matrix("v", args.v, args.rows, span(shape, shape.kv_heads), args.ldkv);
  check::matrix("out", args.out, args.rows, shape.heads * shape.head_dim, args.ldout);
  check::matrix("dout", args.dout, args.rows, shape.heads * shape.head_dim, args.ldout);
  check::pointer("log_sum_exp", args.log_sum_exp, args.rows);
  check::pointer("delta", args.delta, args.rows);
  check::matrix("dq", args.dq, args.rows, span(shape, shape.heads), args.lddq);
  check::matrix("dk", args.dk, args.rows, span(shape, shape.kv_heads), args.lddkv);
  check::matrix("dv", args.dv, args.rows, span(shape, shape.kv_heads), args.lddkv);
}

}  // namespace sotto

namespace sotto::reference {

namespace {

// The keys [first, last) that a query at key position p sees.
struct Visible {
  int64_t first;
  int64_t last;
};

Visible visible(int64_t p, int64_t keys, bool causal, int64_t window) {
  return {window > 0 ? std::max<int64_t>(0, p - window + 1) : 0, causal ? p + 1 : keys};
}

// What a scaled product counts as, and what its gradient is multiplied by.
double capped(double score, double cap) { return cap > 0 ? cap * std::tanh(score / cap) : score; }
double cap_slope(double capped_score, double cap) {
  return cap > 0 ? 1 - capped_score / cap * (capped_score / cap) : 1;
}

double dot(const float* a, const float* b, int64_t count) {
  double total = 0;
  for (int64_t i = 0; i < count; i++) total += static_cast<double>(a[i]) * b[i];
  return total;
}

}  // namespace

void attention_forward(Device&, const sotto_attention_forward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  cpu::check_attention(args.sequences, args.query_start, args.key_start, args.rows);
  for (int64_t s = 0; s < args.sequences; s++) {
    const int64_t queries = args.query_start[s + 1] - args.query_start[s];
    const int64_t keys = args.key_start[s + 1] - args.key_start[s];
    for (int64_t h = 0; h < shape.heads; h++) {
      const int64_t column = h / (shape.heads / shape.kv_heads) * shape.head_stride;
      for (int64_t i = 0; i < queries; i++) {
        const int64_t row = args.query_start[s] + i;
        const auto [first, last] = visible(i + keys - queries, keys, shape.causal, shape.window);
        std::vector<double> score(static_cast<size_t>(std::max<int64_t>(0, last - first)));
        double top = -std::numeric_limits<double>::infinity();
        for (int64_t j = first; j < last; j++) {
          const double product = dot(args.q + row * args.ldq + h * shape.head_stride,
                                     args.k + (args.key_start[s] + j) * args.ldkv + column, shape.head_dim);
          const double value = capped(shape.scale * product, shape.cap);
          score[j - first] = value;
          top = std::max(top, value);
        }
        double total = 0;
        for (double& value : score) total += value = std::exp(value - top);
        args.log_sum_exp[h * args.rows + row] = static_cast<float>(score.empty() ? top : top + std::log(total));
        for (int64_t d = 0; d < shape.head_dim; d++) {
          double value = 0;
          for (int64_t j = first; j < last; j++) {
            value += score[j - first] / total * args.v[(args.key_start[s] + j) * args.ldkv + column + d];
          }
          args.out[row * args.ldout + h * shape.head_dim + d] = static_cast<float>(value);
        }
      }
    }
  }
}

void attention_backward(Device&, const sotto_attention_backward_request& args) {
  const sotto_attention_shape& shape = args.shape;
  cpu::check_attention(args.sequences, args.start, args.start, args.rows);
  const size_t width = static_cast<size_t>(shape.head_dim);
  for (int64_t s = 0; s < args.sequences; s++) {
    const int64_t base = args.start[s];
    const int64_t keys = args.start[s + 1] - base;
    for (int64_t kv = 0; kv < shape.kv_heads; kv++) {
      const int64_t group = shape.heads / shape.kv_heads;
      const int64_t column = kv * shape.head_stride;
      std::vector<double> key_gradient(width * keys);
      std::vector<double> value_gradient(width * keys);
      for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
        for (int64_t i = 0; i < keys; i++) {
          const int64_t row = base + i;
          const float* query = args.q + row * args.ldq + h * shape.head_stride;
          const float* gradient = args.dout + row * args.ldout + h * shape.head_dim;
          const double d = dot(gradient, args.out + row * args.ldout + h * shape.head_dim, shape.head_dim);
          args.delta[h * args.rows + row] = static_cast<float>(d);
          std::vector<double> query_gradient(width);
          const auto [first, last] = visible(i, keys, shape.causal, shape.window);
          for (int64_t j = first; j < last; j++) {
            const float* key = args.k + (base + j) * args.ldkv + column;
            const double score = capped(shape.scale * dot(query, key, shape.head_dim), shape.cap);
            const double p = std::exp(score - args.log_sum_exp[h * args.rows + row]);
            const double dp = dot(gradient, args.v + (base + j) * args.ldkv + column, shape.head_dim);
            const double ds = p * (dp - d) * cap_slope(score, shape.cap) * shape.scale;
            for (int64_t c = 0; c < shape.head_dim; c++) {
              query_gradient[c] += ds * key[c];
              key_gradient[j * shape.head_dim + c] += ds * query[c];
              value_gradient[j * shape.head_dim + c] += p * gradient[c];
            }
          }
          for (int64_t c = 0; c < shape.head_dim; c++) {
            args.dq[row * args.lddq + h * shape.head_stride + c] = static_cast<float>(query_gradient[c]);
          }
        }
      }
      for (int64_t j = 0; j < keys; j++) {
        for (int64_t c = 0; c < shape.head_dim; c++) {
          args.dk[(base + j) * args.lddkv + column + c] = static_cast<float>(key_gradient[j * shape.head_dim + c]);
          args.dv[(base + j) * args.lddkv + column + c] = static_cast<float>(value_gradient[j * shape.head_dim + c]);
        }
      }
    }
  }
}

}  // namespace sotto::reference
