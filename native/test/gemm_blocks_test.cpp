// GEMM on rows that are aligned to 16 bytes: what the CUDA backend gives to cuBLAS in blocks of rows (cuda/gemm.cu).
#include "contract.h"

namespace sotto::test {
namespace {

// m, n, k, trans_b. Less than a block of rows, exactly one (of the emulated GPU), several and a rest.
const Op kBlocks{"gemm on aligned rows",
                 {{1, 64, 32, 0}, {70, 64, 32, 1}, {256, 256, 8, 1}, {600, 256, 12, 0}, {1300, 512, 4, 1}},
                 [](Run& run, const Shape& s) {
                   const int64_t m = s[0], n = s[1], k = s[2], lda = k + 4, ldb = (s[3] != 0 ? k : n) + 8, ldc = n + 4;
                   const float* a = run.floats(m * lda);
                   const float* b = run.floats((s[3] != 0 ? n : k) * ldb);
                   const float* bias = run.floats(n);
                   float* c = run.floats(m * ldc);
                   for (int pass = 0; pass < 2; ++pass) {  // the second meets scratch memory that the first has used
                     run.ok(sotto_gemm(run.backend, {0, s[3] != 0, m, n, k, 0.5f, a, lda, b, ldb,
                                                     pass == 0 ? 0.0f : 0.25f, c, ldc, bias}));
                     run.output("c", c, m * ldc);
                   }
                 },
                 1e-5};

}  // namespace
}  // namespace sotto::test
