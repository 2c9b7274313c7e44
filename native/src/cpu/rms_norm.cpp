// RMSNorm (Zhang & Sennrich 2019).
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

int64_t row_block(int64_t channels) { return 1 + (1 << 14) / (channels + 1); }

}  // namespace

void rms_norm_forward(Device& device, const sotto_rms_norm_forward_request& args) {
  const float n = static_cast<float>(args.channels);
  context(device).parallel_blocks(args.rows, row_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = args.x + r * args.channels;
      Vec squares{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec value = load(row + c, part);
        squares = fma(value, value, squares);
      });
      const float s = 1.0f / std::sqrt(sum(squares) / n + args.epsilon);
      args.rstd[r] = s;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        store(args.out + r * args.channels + c, load(row + c, part) * s * load(args.gamma + c, part), part);
      });
    }
  });
}

void rms_norm_backward(Device& device, const sotto_rms_norm_backward_request& args) {
  Context& cpu = context(device);
  const float n = static_cast<float>(args.channels);
  // dx = rstd * (g - normal * mean(g * normal)), g = dout * gamma, normal = x * rstd.
  cpu.parallel_blocks(args.rows, row_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = args.x + r * args.channels;
      const float* gradient = args.dout + r * args.channels;
      const float s = args.rstd[r];
      Vec sum_gx{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        sum_gx = fma(load(gradient + c, part) * load(args.gamma + c, part), load(row + c, part) * s, sum_gx);
      });
      const float mean_gx = sum(sum_gx) / n;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(args.gamma + c, part);
        float* target = args.dx + r * args.channels + c;
        store(target, fma(g - load(row + c, part) * s * mean_gx, splat(s), load(target, part)), part);
      });
    }
  });
  if (args.dgamma == nullptr) return;
  // Column sums: a task owns columns and adds the rows in order.
  cpu.parallel_blocks(args.channels, 64, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec total{};
      for (int64_t r = 0; r < args.rows; r++) {
        total = fma(load(args.dout + r * args.channels + c, part),
                    load(args.x + r * args.channels + c, part) * args.rstd[r], total);
      }
      store(args.dgamma + c, load(args.dgamma + c, part) + total, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
