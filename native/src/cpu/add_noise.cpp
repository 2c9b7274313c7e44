// The release of a private sum: noise on the grid, drawn from an addressed stream. See sotto.h for the contract and
// common/chacha20.h, gaussian.h, quantile.h and grid.h for the arithmetic, which the reference and CUDA share bit for
// bit.
//
// Shape: one vector of words runs as many ChaCha20 blocks at once as it has lanes (16 with AVX-512), all in registers;
// the key stream is then read lane by lane as the input of as many draws. Per parameter that is 8 bytes read, 4 written
// and about 80 vector operations per lane, so the loop is bound by arithmetic and threads scale.
//
// A law with a table reads one row of 64 bytes a draw. The rows are loaded whole and transposed in registers, which
// costs three shuffles a draw; with a gather instruction a coefficient the whole kernel took twice as long (AVX-512).
// Draws crowd the first rows (w is exponential, 99% lie in the first tenth), and tables of usual laws have 33 to 513
// rows, so they stay in the first-level cache.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "../common/chacha20.h"
#include "../common/gaussian.h"
#include "../common/grid.h"
#include "../common/noise_request.h"
#include "../common/quantile.h"
#include "context.h"
#include "kernels.h"
#include "release.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kBlocks = 16;
#elif defined(__AVX2__)
constexpr int kBlocks = 8;
#else
constexpr int kBlocks = 4;
#endif
constexpr int kGroup = kBlocks * kParametersPerBlock;

typedef uint32_t Words __attribute__((vector_size(kBlocks * sizeof(uint32_t))));

// Half as many lanes as Words: a vector register of doubles.
constexpr int kDoubles = kBlocks / 2;
typedef double Doubles __attribute__((vector_size(kDoubles * sizeof(double))));

struct Stream {
  const ChaCha20Key& key;
  uint32_t position14;
  uint32_t step;
};

// The two draws of one pair of parameters in every block: w[0] to w[3] hold the pair's four words, block by block.
struct Normals {
  void operator()(const uint32_t (*w)[kBlocks], double* z0, double* z1) const {
#pragma omp simd
    for (int l = 0; l < kBlocks; ++l) normal_pair(w[0][l], w[1][l], w[2][l], w[3][l], z0[l], z1[l]);
  }
};

struct Laplaces {
  void operator()(const uint32_t (*w)[kBlocks], double* z0, double* z1) const {
#pragma omp simd
    for (int l = 0; l < kBlocks; ++l) {
      z0[l] = laplace(w[0][l], w[1][l]);
      z1[l] = laplace(w[2][l], w[3][l]);
    }
  }
};

// Takes turns: a0 b0 a1 b1 ..., from the low half (kFirst = 0) or the high half (kFirst = kDoubles / 2) of a and b.
template <int kFirst, size_t... kLane>
Doubles alternate(Doubles a, Doubles b, std::index_sequence<kLane...>) {
  return __builtin_shufflevector(a, b, static_cast<int>(kLane % 2 * kDoubles + kLane / 2 + kFirst)...);
}

// Transposes kDoubles rows of kDoubles. Each round moves one bit of the row number to the bottom of the lane number.
template <int kRounds = kDoubles>
void transpose(Doubles (&v)[kDoubles]) {
  if constexpr (kRounds > 1) {
    constexpr auto kAll = std::make_index_sequence<kDoubles>();
    Doubles next[kDoubles];
    for (int i = 0; i < kDoubles / 2; ++i) {
      next[2 * i] = alternate<0>(v[i], v[i + kDoubles / 2], kAll);
      next[2 * i + 1] = alternate<kDoubles / 2>(v[i], v[i + kDoubles / 2], kAll);
    }
    for (int i = 0; i < kDoubles; ++i) v[i] = next[i];
    transpose<kRounds / 2>(v);
  }
}

struct Tabulated {
  const double* quantiles;
  double rows_per_unit;

  void operator()(const uint32_t (*w)[kBlocks], double* z0, double* z1) const {
    draw(w[0], w[1], z0);
    draw(w[2], w[3], z1);
  }

  void draw(const uint32_t* low, const uint32_t* high, double* z) const {
    alignas(64) uint64_t row[kBlocks];
    alignas(64) double x[kBlocks], c[kQuantileCoefficients][kBlocks];
#pragma omp simd
    for (int l = 0; l < kBlocks; ++l) {
      const QuantilePlace place = quantile_place(exponential(low[l], high[l]), rows_per_unit);
      row[l] = kQuantileCoefficients * place.row;
      x[l] = place.x;
    }
    for (int l = 0; l < kBlocks; l += kDoubles) {
      for (int first = 0; first < kQuantileCoefficients; first += kDoubles) {
        Doubles v[kDoubles];
        for (int i = 0; i < kDoubles; ++i) std::memcpy(&v[i], quantiles + row[l + i] + first, sizeof v[i]);
        transpose(v);
        for (int i = 0; i < kDoubles; ++i) *reinterpret_cast<Doubles*>(&c[first + i][l]) = v[i];
      }
    }
#pragma omp simd
    for (int l = 0; l < kBlocks; ++l) z[l] = signed_by(low[l], quantile_polynomial(&c[0][l], kBlocks, x[l]));
  }
};

// z[i] = the standard draw of index group * kGroup + i.
template <typename Draws>
void standard_draws(const Stream& stream, const Draws& draws, uint64_t group, double* z) {
  const uint64_t first_block = group * kBlocks;  // a multiple of kBlocks: the low words never carry within a group
  Words lane{};
  for (int l = 0; l < kBlocks; ++l) lane[l] = static_cast<uint32_t>(l);
  const Words position[4] = {lane + static_cast<uint32_t>(first_block),
                             Words{} + static_cast<uint32_t>(first_block >> 32), Words{} + stream.position14,
                             Words{} + stream.step};
  Words x[16];
  for (int i = 0; i < 12; ++i) x[i] = Words{} + stream.key.word[i];
  for (int i = 0; i < 4; ++i) x[12 + i] = position[i];
  chacha20_rounds<Words>(x);
  alignas(64) uint32_t words[16][kBlocks];
  for (int i = 0; i < 12; ++i) *reinterpret_cast<Words*>(words[i]) = x[i] + stream.key.word[i];
  for (int i = 0; i < 4; ++i) *reinterpret_cast<Words*>(words[12 + i]) = x[12 + i] + position[i];

  for (int pair = 0; pair < kParametersPerBlock / 2; ++pair) {
    alignas(64) double z0[kBlocks], z1[kBlocks];
    draws(words + 4 * pair, z0, z1);
    for (int l = 0; l < kBlocks; ++l) {
      z[l * kParametersPerBlock + 2 * pair] = z0[l];
      z[l * kParametersPerBlock + 2 * pair + 1] = z1[l];
    }
  }
}

}  // namespace

Release::Release(const char* op, const sotto_noise& noise) : noise_(noise) {
  if (const std::string wrong = noise_error(noise); !wrong.empty()) {
    throw Error(SOTTO_INVALID_ARGUMENT, op + (": " + wrong));
  }
  set_chacha20_key(noise.key, key_);
}

template <typename Draws>
void Release::draw(const Draws& draws, int64_t begin, int64_t end, float* out) const {
  const Stream stream{key_, position14(noise_.tensor, noise_.law), static_cast<uint32_t>(noise_.step)};
  const double scale_in_quanta = noise_.scale / noise_.quantum, quantum = noise_.quantum,
               multiplier = noise_.multiplier;
  alignas(64) double z[kGroup];
  for (int64_t p = begin; p < end;) {
    const uint64_t index = static_cast<uint64_t>(noise_.first_index + p);
    const int offset = static_cast<int>(index % kGroup);  // not 0 only where a call or piece starts within a group
    const int64_t count = std::min<int64_t>(kGroup - offset, end - p);
    standard_draws(stream, draws, index / kGroup, z);
    const double* sum = noise_.sum + p;
    float* release = out + (p - begin);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      release[i] = noisy_release(sum[i], z[offset + i], scale_in_quanta, quantum, multiplier);
    }
    p += count;
  }
}

void Release::operator()(int64_t begin, int64_t end, float* out) const {
  if (noise_.law == SOTTO_NOISE_GAUSSIAN) {
    draw(Normals{}, begin, end, out);
  } else if (noise_.law == SOTTO_NOISE_LAPLACE) {
    draw(Laplaces{}, begin, end, out);
  } else {
    draw(Tabulated{noise_.quantiles, rows_per_unit(noise_.segments)}, begin, end, out);
  }
}

void add_noise(Device& device, const sotto_add_noise_request& args) {
  const Release release("add_noise", args.noise);
  context(device).parallel_blocks(args.noise.parameters, 4096,
                                  [&](int64_t begin, int64_t end) { release(begin, end, args.out + begin); });
}

}  // namespace sotto::cpu::SOTTO_ISA
