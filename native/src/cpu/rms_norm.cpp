// RMSNorm (Zhang & Sennrich 2019), of rows or of the heads that stand side by side in them.
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

int64_t head_block(int64_t channels) { return 1 + (1 << 14) / (channels + 1); }

// Where head i, counted over all rows, begins in a matrix of that leading dimension.
struct Heads {
  int64_t heads;
  int64_t channels;
  int64_t offset(int64_t i, int64_t ld) const { return i / heads * ld + i % heads * channels; }
};

}  // namespace

void rms_norm_forward(Device& device, const sotto_rms_norm_forward_request& args) {
  const float n = static_cast<float>(args.channels);
  const Heads place{args.heads, args.channels};
  context(device).parallel_blocks(args.rows * args.heads, head_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* head = args.x + place.offset(i, args.ldx);
      float* out = args.out + place.offset(i, args.ldout);
      Vec squares{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec value = load(head + c, part);
        squares = fma(value, value, squares);
      });
      const float s = 1.0f / std::sqrt(sum(squares) / n + args.epsilon);
      args.rstd[i] = s;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        store(out + c, load(head + c, part) * s * load(args.gamma + c, part), part);
      });
    }
  });
}

void rms_norm_backward(Device& device, const sotto_rms_norm_backward_request& args) {
  Context& cpu = context(device);
  const float n = static_cast<float>(args.channels);
  const Heads place{args.heads, args.channels};
  // dx = rstd * (g - normal * mean(g * normal)), g = dout * gamma, normal = x * rstd.
  cpu.parallel_blocks(args.rows * args.heads, head_block(args.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* head = args.x + place.offset(i, args.ldx);
      const float* gradient = args.dout + place.offset(i, args.lddout);
      float* dx = args.dx + place.offset(i, args.lddx);
      const float s = args.rstd[i];
      Vec sum_gx{};
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        sum_gx = fma(load(gradient + c, part) * load(args.gamma + c, part), load(head + c, part) * s, sum_gx);
      });
      const float mean_gx = sum(sum_gx) / n;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec g = load(gradient + c, part) * load(args.gamma + c, part);
        store(dx + c, fma(g - load(head + c, part) * s * mean_gx, splat(s), load(dx + c, part)), part);
      });
    }
  });
  if (args.dgamma == nullptr) return;
  // Column sums: a task owns columns and adds the heads of the rows in order.
  cpu.parallel_blocks(args.channels, 64, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec total{};
      for (int64_t r = 0; r < args.rows; r++) {
        for (int64_t h = 0; h < args.heads; h++) {
          const int64_t at = h * args.channels + c;
          total = fma(load(args.dout + r * args.lddout + at, part),
                      load(args.x + r * args.ldx + at, part) * args.rstd[r * args.heads + h], total);
        }
      }
      store(args.dgamma + c, load(args.dgamma + c, part) + total, part);
    });
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
