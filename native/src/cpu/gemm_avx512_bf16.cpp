// GEMM with frozen weights in bf16 on a processor with AVX512_BF16: VDPBF16PS, twice the rate of FMAs in f32.
//
// VDPBF16PS adds two products to each of 16 floats: a word of a panel is two numbers of bf16 that follow one another in
// depth, the first in the lower half. So the tile, its blocks and their bytes are those of f32 (blocked_product.h,
// tile.h) at half the words: a slice is 512 deep, and its panels take 12 KiB of A and 32 KiB of B. A is rounded where
// its panels are filled, each value by itself; B is only moved: rows along the depth are words already and are
// transposed as such, rows across it are interleaved in pairs. Filling moves 4 bytes of A and 2 of B a value once, and
// each word of B that a tile reads serves 12 rows.
//
// What the instruction does, which is not what two FMAs of C++ do (Intel's manual, "VDPBF16PS"): it rounds to the
// nearest even whatever MXCSR says, raises nothing, takes denormal inputs for zero and gives zero for denormal results.
// Of the two products the one deeper in the sum is added first. All of that is a function of one lane alone, so a row
// still depends on no other; but the bits are not those of sotto_gemm on the rounded and the widened matrix, as they
// are on the other backends: they differ by the rounding of sums, and where a value or a sum is below 2^-126. An odd
// depth is filled up with a product of zeros.
#include <immintrin.h>

#include "blocked_product.h"
#include "kernels.h"

namespace sotto::cpu::avx512_bf16 {

namespace {

struct PairKernel {
  static constexpr int64_t kDepthOfWord = 2;

  template <int R>
  SOTTO_INLINE static void multiply(Tile<R, kTileVectors>& tile, int64_t words, const float* a, const float* b) {
    for (int64_t w = 0; w < words; w++) {
      __m512bh column[kTileVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kTileVectors; v++) {
        column[v] = reinterpret_cast<__m512bh>(_mm512_loadu_ps(b + w * kTileColumns + v * kLanes));
      }
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        const __m512bh x = reinterpret_cast<__m512bh>(_mm512_set1_ps(a[w * kTileRows + r]));
#pragma GCC unroll 4
        for (int v = 0; v < kTileVectors; v++) {
          tile.value[r][v] =
              reinterpret_cast<Vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(tile.value[r][v]), x, column[v]));
        }
      }
    }
  }

  // The values of two vectors that follow one another, rounded to the nearest even: 16 words.
  SOTTO_INLINE static Vec pairs(Vec first, Vec second) {
    return reinterpret_cast<Vec>(
        _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(second), reinterpret_cast<__m512>(first)));
  }

  typedef uint32_t Words __attribute__((vector_size(kLanes * 4)));
  SOTTO_INLINE static Words bits(Vec v) { return reinterpret_cast<Words>(v); }

  // The first `count` of kLanes numbers, the others zero.
  template <typename T>
  SOTTO_INLINE static Vec some(const T* x, int64_t count) {
    if (count >= kLanes) return load(x);
    return count <= 0 ? Vec{} : load(x, Part{static_cast<int>(count)});
  }

  static void fill_a(const Product& p, int64_t row, int64_t rows, int64_t k, int64_t depth, float* panel) {
    const float* a = p.a_at(row, k);
    fill_across<kTileRows>(
        [=](int64_t r, int64_t w, auto) {
          const float* x = a + r * p.lda + 2 * w;
          const int64_t left = depth - 2 * w;
          __builtin_prefetch(x + 4 * kLanes);
          __builtin_prefetch(x + 5 * kLanes);
          return pairs(some(x, left), some(x + kLanes, left - kLanes));
        },
        rows, (depth + 1) / 2, panel);
  }

  static void fill_b(const Product& p, int64_t column, int64_t columns, int64_t k, int64_t depth, float* panel) {
    const uint16_t* b = p.b_bf16 + p.place_in_b(k, column);
    const int64_t words = (depth + 1) / 2;
    if (p.trans_b) {
      fill_across<kTileColumns>(
          [=](int64_t j, int64_t w, auto) {
            const int64_t left = std::min<int64_t>(2 * kLanes, depth - 2 * w);
            const auto mask = static_cast<__mmask32>((uint64_t{1} << left) - 1);
            const uint16_t* x = b + j * p.ldb + 2 * w;
            __builtin_prefetch(x + 8 * kLanes);
            return reinterpret_cast<Vec>(_mm512_maskz_loadu_epi16(mask, x));
          },
          columns, words, panel);
      return;
    }
    // A widened number stands in the upper half of its word.
    const auto upper = [=](int64_t i, int64_t v) {
      return i < depth ? bits(some(b + i * p.ldb + v, columns - v)) : Words{};
    };
    for (int64_t w = 0; w < words; w++) {
      for (int64_t v = 0; v < kTileColumns; v += kLanes) {
        const Words pair = upper(2 * w, v) >> 16 | upper(2 * w + 1, v);
        store(panel + w * kTileColumns + v, reinterpret_cast<Vec>(pair));
      }
    }
  }
};

}  // namespace

// Takes the place of avx512::gemm_bf16 (backend_registry.cpp).
void gemm_bf16(Device& device, const sotto_gemm_bf16_request& args) {
  if (args.m == 0 || args.n == 0) return;
  multiply_blocked<PairKernel>(context(device),
                               {false, args.trans_b != 0, args.m, args.n, args.k, args.alpha, args.a, args.lda, nullptr,
                                args.ldb, args.beta, args.c, args.ldc, args.bias, args.b});
}

}  // namespace sotto::cpu::avx512_bf16
