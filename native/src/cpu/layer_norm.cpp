// LayerNorm (Ba et al. 2016). Two passes for mean and variance: the one-pass form loses digits when |mean| is large.
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

int64_t row_block(int64_t channels) { return 1 + (1 << 14) / (channels + 1); }

}  // namespace

void layer_norm_forward(Device& device, int64_t rows, int64_t channels, float epsilon, const float* x,
                        const float* gamma, const float* beta, float* out, float* mean, float* rstd) {
  const float n = static_cast<float>(channels);
  context(device).parallel_blocks(rows, row_block(channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = x + r * channels;
      Vec total{};
      each_vector(0, channels, [&](int64_t c, auto part) { total += load(row + c, part); });
      const float m = sum(total) / n;
      Vec squares{};
      each_vector(0, channels, [&](int64_t c, auto part) {
        // Lanes past the end of the row must not count: their x is 0, so they are given the mean.
        Vec d = load(row + c, part) - m;
        if constexpr (std::is_same_v<decltype(part), Part>) d = select(lane_index() < splat_int(part.count), d, Vec{});
        squares = fma(d, d, squares);
      });
      const float s = 1.0f / std::sqrt(sum(squares) / n + epsilon);
      mean[r] = m;
      rstd[r] = s;
      each_vector(0, channels, [&](int64_t c, auto part) {
        const Vec normal = (load(row + c, part) - m) * s;
        store(out + r * channels + c, fma(normal, load(gamma + c, part), load(beta + c, part)), part);
      });
    }
  });
}

void layer_norm_backward(Device& device, int64_t rows, int64_t channels, const float* dout, const float* x,
                         const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma,
                         float* dbeta) {
  Context& cpu = context(device);
  const float n = static_cast<float>(channels);
  // dx = rstd * (g - mean(g) - normal * mean(g * normal)), g = dout * gamma.
  cpu.parallel_blocks(rows, row_block(channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = x + r * channels;
      const float* gradient = dout + r * channels;
      const float m = mean[r];
      const float s = rstd[r];
      Vec sum_g{};
      Vec sum_gx{};
      each_vector(0, channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(gamma + c, part);
        sum_g += g;
        sum_gx = fma(g, (load(row + c, part) - m) * s, sum_gx);
      });
      const float mean_g = sum(sum_g) / n;
      const float mean_gx = sum(sum_gx) / n;
      each_vector(0, channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(gamma + c, part);
        const Vec normal = (load(row + c, part) - m) * s;
        float* target = dx + r * channels + c;
        store(target, fma(g - mean_g - normal * mean_gx, splat(s), load(target, part)), part);
      });
    }
  });
  if (dgamma == nullptr && dbeta == nullptr) return;
  // Column sums: a task owns columns and adds the rows in order.
  cpu.parallel_blocks(channels, 64, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec gamma_sum{};
      Vec beta_sum{};
      for (int64_t r = 0; r < rows; r++) {
        const Vec g = load(dout + r * channels + c, part);
        beta_sum += g;
        gamma_sum = fma(g, (load(x + r * channels + c, part) - mean[r]) * rstd[r], gamma_sum);
      }
      if (dgamma != nullptr) store(dgamma + c, load(dgamma + c, part) + gamma_sum, part);
      if (dbeta != nullptr) store(dbeta + c, load(dbeta + c, part) + beta_sum, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
