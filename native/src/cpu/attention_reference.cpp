// The definition of attention and its gradient, one query at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels.h"

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

double dot(const float* a, const float* b, int64_t count) {
  double total = 0;
  for (int64_t i = 0; i < count; i++) total += static_cast<double>(a[i]) * b[i];
  return total;
}

}  // namespace

void attention_forward(Device&, int64_t sequences, const int32_t* query_start, const int32_t* key_start, int64_t rows,
                       int64_t heads, int64_t kv_heads, int64_t head_dim, bool causal, int64_t window, float scale,
                       const float* q, int64_t ldq, const float* k, const float* v, int64_t ldkv, float* out,
                       int64_t ldout, float* log_sum_exp) {
  cpu::check_attention(sequences, query_start, key_start, rows);
  for (int64_t s = 0; s < sequences; s++) {
    const int64_t queries = query_start[s + 1] - query_start[s];
    const int64_t keys = key_start[s + 1] - key_start[s];
    for (int64_t h = 0; h < heads; h++) {
      const int64_t column = h / (heads / kv_heads) * head_dim;
      for (int64_t i = 0; i < queries; i++) {
        const int64_t row = query_start[s] + i;
        const auto [first, last] = visible(i + keys - queries, keys, causal, window);
        std::vector<double> score(static_cast<size_t>(std::max<int64_t>(0, last - first)));
        double top = -std::numeric_limits<double>::infinity();
        for (int64_t j = first; j < last; j++) {
          const double value =
              scale * dot(q + row * ldq + h * head_dim, k + (key_start[s] + j) * ldkv + column, head_dim);
          score[j - first] = value;
          top = std::max(top, value);
        }
        double total = 0;
        for (double& value : score) total += value = std::exp(value - top);
        log_sum_exp[h * rows + row] = static_cast<float>(score.empty() ? top : top + std::log(total));
        for (int64_t d = 0; d < head_dim; d++) {
          double value = 0;
          for (int64_t j = first; j < last; j++) {
            value += score[j - first] / total * v[(key_start[s] + j) * ldkv + column + d];
          }
          out[row * ldout + h * head_dim + d] = static_cast<float>(value);
        }
      }
    }
  }
}

void attention_backward(Device&, int64_t sequences, const int32_t* start, int64_t rows, int64_t heads, int64_t kv_heads,
                        int64_t head_dim, bool causal, int64_t window, float scale, const float* q, int64_t ldq,
                        const float* k, const float* v, int64_t ldkv, const float* out, const float* dout,
                        int64_t ldout, const float* log_sum_exp, float* delta, float* dq, int64_t lddq, float* dk,
                        float* dv, int64_t lddkv) {
  cpu::check_attention(sequences, start, start, rows);
  const size_t width = static_cast<size_t>(head_dim);
  for (int64_t s = 0; s < sequences; s++) {
    const int64_t base = start[s];
    const int64_t keys = start[s + 1] - base;
    for (int64_t kv = 0; kv < kv_heads; kv++) {
      const int64_t group = heads / kv_heads;
      const int64_t column = kv * head_dim;
      std::vector<double> key_gradient(width * keys);
      std::vector<double> value_gradient(width * keys);
      for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
        for (int64_t i = 0; i < keys; i++) {
          const int64_t row = base + i;
          const float* query = q + row * ldq + h * head_dim;
          const float* gradient = dout + row * ldout + h * head_dim;
          const double d = dot(gradient, out + row * ldout + h * head_dim, head_dim);
          delta[h * rows + row] = static_cast<float>(d);
          std::vector<double> query_gradient(width);
          const auto [first, last] = visible(i, keys, causal, window);
          for (int64_t j = first; j < last; j++) {
            const float* key = k + (base + j) * ldkv + column;
            const double p = std::exp(scale * dot(query, key, head_dim) - log_sum_exp[h * rows + row]);
            const double ds = p * (dot(gradient, v + (base + j) * ldkv + column, head_dim) - d) * scale;
            for (int64_t c = 0; c < head_dim; c++) {
              query_gradient[c] += ds * key[c];
              key_gradient[j * head_dim + c] += ds * query[c];
              value_gradient[j * head_dim + c] += p * gradient[c];
            }
          }
          for (int64_t c = 0; c < head_dim; c++) {
            dq[row * lddq + h * head_dim + c] = static_cast<float>(query_gradient[c]);
          }
        }
      }
      for (int64_t j = 0; j < keys; j++) {
        for (int64_t c = 0; c < head_dim; c++) {
          dk[(base + j) * lddkv + column + c] = static_cast<float>(key_gradient[j * head_dim + c]);
          dv[(base + j) * lddkv + column + c] = static_cast<float>(value_gradient[j * head_dim + c]);
        }
      }
    }
  }
}

}  // namespace sotto::reference
