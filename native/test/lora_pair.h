// Inputs of per-sample gradients of a LoRA pair, for per_sample_norm_test.cpp and clip_and_sum_pair_test.cpp.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "contract.h"

namespace sotto::test {

// Rows of the units of a batch.
inline const std::vector<std::vector<int64_t>> kRagged = {{},
                                                          {0},
                                                          {1},
                                                          {0, 1, 0, 31, 2, 32, 0},
                                                          {33},
                                                          {5, 0, 0, 64, 7, 1, 1, 20},
                                                          {4, 4, 4, 4},
                                                          std::vector<int64_t>(16, 128),
                                                          std::vector<int64_t>(128, 16),
                                                          std::vector<int64_t>(8, 512)};

// What the benchmarks run, as (pattern of kRagged, in_channels, out_channels, rank): a short pattern and one of many
// short units on GPT-2 small, then 8 units of 512 tokens on GPT-2 small, a Llama of 1B and one of 7B parameters; at
// last B alone.
inline const std::vector<Shape> kPairShapes = {
    {7, 768, 768, 8},    {8, 768, 768, 8},   {9, 768, 768, 8},    {9, 768, 3072, 8},   {9, 2048, 2048, 8},
    {9, 2048, 8192, 8},  {9, 4096, 4096, 8}, {9, 4096, 4096, 16}, {9, 4096, 4096, 64}, {9, 4096, 11008, 8},
    {9, 11008, 4096, 8}, {9, 0, 768, 8},     {9, 0, 2048, 8}};

// The inputs of one call, packed.
struct Pair {
  Pair(Run& run, const std::vector<int64_t>& lengths, int64_t in, int64_t out, int64_t rank)
      : units(static_cast<int64_t>(lengths.size())),
        in(in),
        out(out),
        rank(rank),
        lddy(run.measuring > 0 ? out : out + 5) {
    for (const int64_t length : lengths) rows += length;
    start = run.starts(lengths);
    x = run.floats(rows * in);
    u = run.floats(rows * rank);
    dy = run.floats(rows * lddy);
    du = run.floats(rows * rank);
  }
  int64_t parameters() const { return rank * (in + out); }
  sotto_status norm(sotto_backend* backend, double* squared, float* gradients = nullptr, int64_t stride = 0,
                    bool accumulate = false) const {
    return sotto_per_sample_norm(
        backend, {{units, start, {in, out, rank, kScale}, x, u, dy, lddy, du}, accumulate, gradients, stride, squared});
  }
  static constexpr float kScale = 1.25f;
  int64_t units, in, out, rank, lddy, rows = 0;
  int32_t* start;
  float *x, *u, *dy, *du;
};

// Rows of a shape whose first number is a pattern.
inline double rows(const Shape& s) {
  return static_cast<double>(std::accumulate(kRagged[s[0]].begin(), kRagged[s[0]].end(), int64_t{0}));
}
}  // namespace sotto::test
