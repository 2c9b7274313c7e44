// LoRA's low-rank path, forward and backward (Hu et al. 2022): two skinny matrix products a direction.
//
//     squeeze   out[t,r]  = factor * sum_c in[t,c] m[r,c]      (u = x A^T;  du = scale dy B)
//     expand    out[t,c] += factor * sum_r in[t,r] m[r,c]      (y += scale u B^T;  dx += du A)
//
// with m [rank, channels]: A as it is, B transposed once a call. General GEMMs block for square shapes and pack their
// operands; at rank 8 the packing is the work. Here squeeze keeps a tile of rows x ranks dot products in registers,
// each a vector of partial sums along the channels, and expand keeps a tile of rows x channels while the few ranks go
// by. Both read the wide matrix once: 2*rank FLOPs a float, so at rank 8 expand is bound by memory and squeeze nearly
// so.
//
// Determinism: an output's additions come in the same order whatever tile it falls in, so a row's bits depend on that
// row alone.
#include <algorithm>
#include <cstdint>

#include "context.h"
#include "kernels.h"
#include "lane_moves.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

// Tiles sized to the register file: 32 registers with AVX-512, 16 without.
constexpr bool kManyRegisters = kLanes == 16;
constexpr int kSqueezeRows = 3;
constexpr int kSqueezeRanks = kManyRegisters ? 8 : 4;
constexpr int kExpandRows = kManyRegisters ? 4 : 2;
constexpr int kExpandVectors = 4;
constexpr int64_t kRowsPerTask = 48;  // a multiple of both row counts
constexpr int64_t kMaxRank = 256;

struct Squeeze {
  const float* in;
  int64_t ld_in;
  const float* m;  // [rank, channels]
  int64_t channels;
  int64_t rank;
  float factor;
  float* out;  // [rows, rank]
};

template <int kRows, int kRanks>
void squeeze_tile(const Squeeze& s, int64_t row, int64_t r0) {
  const float* in = s.in + row * s.ld_in;
  const float* m = s.m + r0 * s.channels;
  Vec sum[kRows][kRanks] = {};
  const auto add = [&](const Vec(&x)[kRows], int r, Vec weight) {
    for (int i = 0; i < kRows; ++i) sum[i][r] = fma(x[i], weight, sum[i][r]);
  };
  int64_t c = 0;
  for (; c + kLanes <= s.channels; c += kLanes) {
    Vec x[kRows];
    for (int i = 0; i < kRows; ++i) x[i] = load(in + i * s.ld_in + c);
    for (int r = 0; r < kRanks; ++r) add(x, r, load(m + r * s.channels + c));
  }
  if (c < s.channels) {
    const Part left{static_cast<int>(s.channels - c)};
    Vec x[kRows];
    for (int i = 0; i < kRows; ++i) x[i] = load(in + i * s.ld_in + c, left);
    for (int r = 0; r < kRanks; ++r) add(x, r, load(m + r * s.channels + c, left));
  }
  for (int i = 0; i < kRows; ++i) {
    sum_lanes<kRanks>(sum[i]);
    store(s.out + (row + i) * s.rank + r0, sum[i][0] * s.factor, Part{kRanks});
  }
}

template <int kRanks>
void squeeze_rows(const Squeeze& s, int64_t begin, int64_t end, int64_t r0) {
  int64_t row = begin;
  for (; row + kSqueezeRows <= end; row += kSqueezeRows) squeeze_tile<kSqueezeRows, kRanks>(s, row, r0);
  for (; row < end; ++row) squeeze_tile<1, kRanks>(s, row, r0);
}

// Ranks outside, rows inside: kRanks rows of m stay in the first cache while the rows of the task pass.
void squeeze(const Squeeze& s, int64_t begin, int64_t end) {
  int64_t r = 0;
  for (; r + kSqueezeRanks <= s.rank; r += kSqueezeRanks) squeeze_rows<kSqueezeRanks>(s, begin, end, r);
  if constexpr (kSqueezeRanks > 4) {
    for (; r + 4 <= s.rank; r += 4) squeeze_rows<4>(s, begin, end, r);
  }
  for (; r < s.rank; ++r) squeeze_rows<1>(s, begin, end, r);
}

struct Expand {
  const float* in;  // [rows, rank]
  const float* m;   // [rank, channels]
  int64_t channels;
  int64_t rank;
  float factor;
  float* out;
  int64_t ld_out;
};

// factors[r][i]: factor * in of the tile's row i, so that the inner loop reads them in order.
template <int kRows, int kVectors>
void expand_tile(const Expand& e, const float (*factors)[kRows], int64_t row, int64_t c) {
  Vec sum[kRows][kVectors] = {};
  for (int64_t r = 0; r < e.rank; ++r) {
    Vec weight[kVectors];
    for (int v = 0; v < kVectors; ++v) weight[v] = load(e.m + r * e.channels + c + v * kLanes);
    for (int i = 0; i < kRows; ++i) {
      const Vec f = splat(factors[r][i]);
      for (int v = 0; v < kVectors; ++v) sum[i][v] = fma(f, weight[v], sum[i][v]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    float* out = e.out + (row + i) * e.ld_out + c;
    for (int v = 0; v < kVectors; ++v) store(out + v * kLanes, load(out + v * kLanes) + sum[i][v]);
  }
}

template <int kRows>
void expand_tail(const Expand& e, const float (*factors)[kRows], int64_t row, int64_t c) {
  const Part left{static_cast<int>(e.channels - c)};
  Vec sum[kRows] = {};
  for (int64_t r = 0; r < e.rank; ++r) {
    const Vec weight = load(e.m + r * e.channels + c, left);
    for (int i = 0; i < kRows; ++i) sum[i] = fma(splat(factors[r][i]), weight, sum[i]);
  }
  for (int i = 0; i < kRows; ++i) {
    float* out = e.out + (row + i) * e.ld_out + c;
    store(out, load(out, left) + sum[i], left);
  }
}

template <int kRows>
void expand_rows(const Expand& e, int64_t row) {
  float factors[kMaxRank][kRows];
  for (int64_t r = 0; r < e.rank; ++r) {
    for (int i = 0; i < kRows; ++i) factors[r][i] = e.factor * e.in[(row + i) * e.rank + r];
  }
  int64_t c = 0;
  for (; c + kExpandVectors * kLanes <= e.channels; c += kExpandVectors * kLanes) {
    expand_tile<kRows, kExpandVectors>(e, factors, row, c);
  }
  for (; c + kLanes <= e.channels; c += kLanes) expand_tile<kRows, 1>(e, factors, row, c);
  if (c < e.channels) expand_tail<kRows>(e, factors, row, c);
}

void expand(const Expand& e, int64_t begin, int64_t end) {
  int64_t row = begin;
  for (; row + kExpandRows <= end; row += kExpandRows) expand_rows<kExpandRows>(e, row);
  for (; row < end; ++row) expand_rows<1>(e, row);
}

// B [channels, rank] as [rank, channels], in the first thread's scratch memory (the tasks use none).
const float* transposed(Context& ctx, const float* b, int64_t channels, int64_t rank) {
  ctx.reserve_scratch(channels * rank * static_cast<int64_t>(sizeof(float)));
  float* out = static_cast<float*>(ctx.scratch(0));
  ctx.parallel_blocks(channels, 1024, [=](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < rank; ++r) {
      for (int64_t c = begin; c < end; ++c) out[r * channels + c] = b[c * rank + r];
    }
  });
  return out;
}

}  // namespace

void lora_forward(Device& device, const sotto_lora_forward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  Context& ctx = context(device);
  const Squeeze down{args.x, shape.in_channels, args.a, shape.in_channels, shape.rank, 1.0f, args.u};
  const Expand up{args.u,
                  transposed(ctx, args.b, shape.out_channels, shape.rank),
                  shape.out_channels,
                  shape.rank,
                  shape.scale,
                  args.y,
                  args.ldy};
  ctx.parallel_blocks(args.rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
    squeeze(down, begin, end);
    expand(up, begin, end);
  });
}

void lora_backward(Device& device, const sotto_lora_backward_request& args) {
  const sotto_lora_shape& shape = args.shape;
  Context& ctx = context(device);
  const Squeeze down{
      args.dy,     args.lddy, transposed(ctx, args.b, shape.out_channels, shape.rank), shape.out_channels, shape.rank,
      shape.scale, args.du};
  const Expand up{args.du, args.a, shape.in_channels, shape.rank, 1.0f, args.dx, shape.in_channels};
  ctx.parallel_blocks(args.rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
    squeeze(down, begin, end);
    if (args.dx != nullptr) expand(up, begin, end);
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
