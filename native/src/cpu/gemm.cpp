// GEMM: with the built-in kernel, or through a BLAS library where there is one and the matrix is large (blas.cpp).
//
// With trans_a unset a row of C has the same bits whatever M is and whichever thread computes it: in the built-in
// kernel by construction (blocked_product.h, tile.h).
//
// With B in bf16 the products are those of A rounded to bf16: a product of two such numbers is exact in f32, so what is
// left is gemm on the rounded and the widened matrix, to the bit. Values are widened and rounded where panels are
// filled. A processor with VDPBF16PS has a kernel of its own (gemm_avx512_bf16.cpp).
#include "blocked_product.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

// FMAs in f32: a word is a float.
struct FloatKernel {
  static constexpr int64_t kDepthOfWord = 1;

  template <int R>
  SOTTO_INLINE static void multiply(Tile<R, kTileVectors>& tile, int64_t words, const float* a, const float* b) {
    tile.multiply(words, a, 1, kTileRows, b, kTileColumns);
  }
  static void fill_a(const Product& p, int64_t row, int64_t rows, int64_t k, int64_t depth, float* panel) {
    fill_a_panel(p, row, rows, k, depth, panel);
  }
  static void fill_b(const Product& p, int64_t column, int64_t columns, int64_t k, int64_t depth, float* panel) {
    fill_b_panel(p, column, columns, k, depth, panel);
  }
};

void multiply(Context& cpu, const Product& product) {
  if (through_blas(cpu, product)) {
    by_blas(cpu, product);
  } else if (!cpu.rehearsing()) {
    multiply_blocked<FloatKernel>(cpu, product);
  }
}

}  // namespace

void gemm(Device& device, const sotto_gemm_request& args) {
  if (args.m == 0 || args.n == 0) return;
  multiply(context(device), {args.trans_a != 0, args.trans_b != 0, args.m, args.n, args.k, args.alpha, args.a, args.lda,
                             args.b, args.ldb, args.beta, args.c, args.ldc, args.bias});
}

void gemm_bf16(Device& device, const sotto_gemm_bf16_request& args) {
  if (args.m == 0 || args.n == 0) return;
  multiply(context(device), {false, args.trans_b != 0, args.m, args.n, args.k, args.alpha, args.a, args.lda, nullptr,
                             args.ldb, args.beta, args.c, args.ldc, args.bias, args.b});
}

}  // namespace sotto::cpu::SOTTO_ISA
