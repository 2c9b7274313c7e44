// RMSNorm (Zhang & Sennrich 2019).
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

int64_t row_block(int64_t channels) { return 1 + (1 << 14) / (channels + 1); }

}  // namespace

void rms_norm_forward(Device& device, int64_t rows, int64_t channels, float epsilon, const float* x, const float* gamma,
                      float* out, float* rstd) {
  const float n = static_cast<float>(channels);
  context(device).parallel_blocks(rows, row_block(channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = x + r * channels;
      Vec squares{};
      each_vector(0, channels, [&](int64_t c, auto part) {
        const Vec value = load(row + c, part);
        squares = fma(value, value, squares);
      });
      const float s = 1.0f / std::sqrt(sum(squares) / n + epsilon);
      rstd[r] = s;
      each_vector(0, channels, [&](int64_t c, auto part) {
        store(out + r * channels + c, load(row + c, part) * s * load(gamma + c, part), part);
      });
    }
  });
}

void rms_norm_backward(Device& device, int64_t rows, int64_t channels, const float* dout, const float* x,
                       const float* gamma, const float* rstd, float* dx, float* dgamma) {
  Context& cpu = context(device);
  const float n = static_cast<float>(channels);
  // dx = rstd * (g - normal * mean(g * normal)), g = dout * gamma, normal = x * rstd.
  cpu.parallel_blocks(rows, row_block(channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = x + r * channels;
      const float* gradient = dout + r * channels;
      const float s = rstd[r];
      Vec sum_gx{};
      each_vector(0, channels, [&](int64_t c, auto part) {
        sum_gx = fma(load(gradient + c, part) * load(gamma + c, part), load(row + c, part) * s, sum_gx);
      });
      const float mean_gx = sum(sum_gx) / n;
      each_vector(0, channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(gamma + c, part);
        float* target = dx + r * channels + c;
        store(target, fma(g - load(row + c, part) * s * mean_gx, splat(s), load(target, part)), part);
      });
    }
  });
  if (dgamma == nullptr) return;
  // Column sums: a task owns columns and adds the rows in order.
  cpu.parallel_blocks(channels, 64, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec total{};
      for (int64_t r = 0; r < rows; r++) {
        total = fma(load(dout + r * channels + c, part), load(x + r * channels + c, part) * rstd[r], total);
      }
      store(dgamma + c, load(dgamma + c, part) + total, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
