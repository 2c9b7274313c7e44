// LayerNorm (Ba et al. 2016). Two passes for mean and variance: the one-pass form loses digits when |mean| is large.
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

int64_t row_block(int64_t channels) { return 1 + (1 << 14) / (channels + 1); }

}  // namespace

void layer_norm_forward(Device& device, const sotto_layer_norm_forward_request& args) {
  const float n = static_cast<float>(args.channels);
  context(device).parallel_blocks(args.rows, row_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = args.x + r * args.channels;
      Vec total{};
      each_vector(0, args.channels, [&](int64_t c, auto part) { total += load(row + c, part); });
      const float m = sum(total) / n;
      Vec squares{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        // Lanes past the end of the row must not count: their x is 0, so they are given the mean.
        Vec d = load(row + c, part) - m;
        if constexpr (std::is_same_v<decltype(part), Part>) d = select(lane_index() < splat_int(part.count), d, Vec{});
        squares = fma(d, d, squares);
      });
      const float s = 1.0f / std::sqrt(sum(squares) / n + args.epsilon);
      args.mean[r] = m;
      args.rstd[r] = s;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec normal = (load(row + c, part) - m) * s;
        store(args.out + r * args.channels + c, fma(normal, load(args.gamma + c, part), load(args.beta + c, part)),
              part);
      });
    }
  });
}

void layer_norm_backward(Device& device, const sotto_layer_norm_backward_request& args) {
  Context& cpu = context(device);
  const float n = static_cast<float>(args.channels);
  // dx = rstd * (g - mean(g) - normal * mean(g * normal)), g = dout * gamma.
  cpu.parallel_blocks(args.rows, row_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = args.x + r * args.channels;
      const float* gradient = args.dout + r * args.channels;
      const float m = args.mean[r];
      const float s = args.rstd[r];
      Vec sum_g{};
      Vec sum_gx{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(args.gamma + c, part);
        sum_g += g;
        sum_gx = fma(g, (load(row + c, part) - m) * s, sum_gx);
      });
      const float mean_g = sum(sum_g) / n;
      const float mean_gx = sum(sum_gx) / n;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(args.gamma + c, part);
        const Vec normal = (load(row + c, part) - m) * s;
        float* target = args.dx + r * args.channels + c;
        store(target, fma(g - mean_g - normal * mean_gx, splat(s), load(target, part)), part);
      });
    }
  });
  if (args.dgamma == nullptr && args.dbeta == nullptr) return;
  // Column sums: a task owns columns and adds the rows in order.
  cpu.parallel_blocks(args.channels, 64, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec gamma_sum{};
      Vec beta_sum{};
      for (int64_t r = 0; r < args.rows; r++) {
        const Vec g = load(args.dout + r * args.channels + c, part);
        beta_sum += g;
        gamma_sum = fma(g, (load(args.x + r * args.channels + c, part) - args.mean[r]) * args.rstd[r], gamma_sum);
      }
      if (args.dgamma != nullptr) store(args.dgamma + c, load(args.dgamma + c, part) + gamma_sum, part);
      if (args.dbeta != nullptr) store(args.dbeta + c, load(args.dbeta + c, part) + beta_sum, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
