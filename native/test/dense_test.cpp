// GEMM and the elementwise ops.
#include <limits>

#include "common/quantised.h"
#include "contract.h"

namespace sotto::test {
namespace {

const std::vector<Shape> kCounts{{0}, {1}, {31}, {32}, {33}, {1023}, {1025}, {100003}};

double elements(const Shape& shape) { return static_cast<double>(shape[0]); }

// m, n, k, trans_a, trans_b, form: 0 plain, 1 beta and padded leading dimensions, 2 bias, 3 all of it.
void gemm_body(Run& run, const Shape& s) {
  const int64_t m = s[0], n = s[1], k = s[2], form = s[5];
  const bool trans_a = s[3] != 0, trans_b = s[4] != 0, padded = form == 1 || form == 3;
  const int64_t pad = padded ? 5 : 0;
  const int64_t lda = (trans_a ? m : k) + pad, ldb = (trans_b ? k : n) + pad, ldc = n + pad;
  const float* a = run.floats((trans_a ? k : m) * lda);
  const float* b = run.floats((trans_b ? n : k) * ldb);
  const float* bias = run.floats(n);
  float* c = run.floats(m * ldc);
  run.call([&] {
    return sotto_gemm(run.backend, {trans_a, trans_b, m, n, k, padded ? 0.5f : 1.0f, a, lda, b, ldb,
                                    padded ? 0.25f : 0.0f, c, ldc, form >= 2 ? bias : nullptr});
  });
  run.output("c", c, m * ldc);
}

const Op kGemm{
    "gemm",
    {{0, 3, 4, 0, 0, 0},
     {3, 0, 4, 0, 0, 0},
     {3, 4, 0, 0, 0, 2},
     {1, 1, 1, 0, 0, 0},
     {1, 33, 31, 0, 0, 3},
     {31, 32, 33, 1, 0, 0},
     {32, 33, 31, 0, 1, 1},
     {33, 31, 32, 1, 1, 3},
     {7, 1025, 1023, 0, 0, 2},
     {1023, 7, 33, 1, 0, 1},
     {50, 1023, 1025, 0, 1, 3},
     {1025, 33, 7, 0, 0, 0},
     {400, 600, 300, 0, 0, 2},
     {33, 600, 260, 0, 1, 3},
     {400, 300, 520, 1, 0, 1},
     {2, 520, 600, 0, 1, 0},
     {2800, 33, 800, 0, 1, 2},
     {40, 1500, 800, 0, 0, 3}},
    gemm_body,
    5e-5,
    nullptr,
    [](const Shape& s) { return 2.0 * s[0] * s[1] * s[2]; },
    {{1024, 1024, 1024, 0, 0, 0}, {2048, 3072, 768, 0, 0, 2}, {2048, 3072, 768, 0, 1, 0}, {2048, 768, 3072, 0, 1, 0},
     {2048, 576, 576, 0, 1, 0},   {2048, 1536, 576, 0, 1, 0}, {2048, 1536, 576, 0, 0, 0}, {2048, 576, 1536, 0, 1, 0},
     {2048, 576, 1536, 0, 0, 0},  {384, 49152, 576, 0, 1, 0}, {384, 576, 49152, 0, 0, 0}, {2048, 1536, 384, 0, 1, 0},
     {2048, 384, 1536, 0, 1, 0},  {768, 3072, 2048, 1, 0, 1}, {192, 256, 256, 0, 0, 0},   {4096, 256, 256, 0, 1, 0},
     {4096, 1024, 256, 0, 1, 0},  {4096, 256, 1024, 0, 1, 0}, {1, 3072, 768, 0, 1, 0},    {16, 3072, 768, 0, 1, 0}}};

const Op kAdd{"add",
              kCounts,
              [](Run& run, const Shape& s) {
                const float* a = run.floats(s[0]);
                const float* b = run.floats(s[0]);
                float* out = run.zeros(s[0]);
                run.call([&] { return sotto_add(run.backend, {s[0], a, b, out}); });
                run.output("out", out, s[0]);
              },
              1e-7,
              [](const Shape& s) { return 12 * elements(s); },
              nullptr,
              {{1 << 24}}};

const Op kColumnSum{"column_sum",
                    {{0, 5}, {1, 1}, {31, 33}, {1025, 31}, {3, 1025}, {1000, 64}},
                    [](Run& run, const Shape& s) {
                      const float* x = run.floats(s[0] * (s[1] + 3));
                      float* sum = run.floats(s[1]);
                      run.call([&] { return sotto_column_sum(run.backend, {s[0], s[1], x, s[1] + 3, sum}); });
                      run.output("sum", sum, s[1]);
                    },
                    5e-6,
                    [](const Shape& s) { return 4.0 * s[0] * s[1]; },
                    nullptr,
                    {{2048, 768}}};

const Op kSquaredNorm{"squared_norm",
                      kCounts,
                      [](Run& run, const Shape& s) {
                        const float* x = run.floats(s[0]);
                        double* out = run.upload(std::vector<double>{3.5});
                        run.call([&] { return sotto_squared_norm(run.backend, {s[0], x, out}); });
                        run.output("out", out, 1);
                      },
                      1e-13,
                      [](const Shape& s) { return 4 * elements(s); },
                      nullptr,
                      {{1 << 24}}};

const Op kConvert{"convert_to_f32", {{0, 0}, {33, 0}, {65536, 1}, {65536, 2}, {1023, 2}}, [](Run& run, const Shape& s) {
                    // Every 16-bit pattern once, at an odd address: subnormals, infinities and NaN among them.
                    std::vector<char> source(1 + 4 * s[0]);
                    for (int64_t i = 0; i < s[0]; i++) {
                      const uint16_t pattern = static_cast<uint16_t>(i);
                      const float value = static_cast<float>(i) - 7.5f;
                      if (s[1] == 0) std::memcpy(&source[1 + 4 * i], &value, 4);
                      if (s[1] != 0) std::memcpy(&source[1 + 2 * i], &pattern, 2);
                    }
                    float* out = run.zeros(s[0]);
                    run.ok(sotto_convert_to_f32(run.backend, {static_cast<sotto_dtype>(s[1]), s[0], &source[1], out}));
                    run.output("out", out, s[0], 1e-300);  // exact
                  }};

// Blocks of each quantised type, of any bits, at an odd address.
const Op kUnpack{"convert_to_f32",
                 {{0, SOTTO_Q4_0},
                  {32, SOTTO_Q4_0},
                  {70400, SOTTO_Q4_0},
                  {4096, SOTTO_Q4_1},
                  {4096, SOTTO_Q5_0},
                  {4096, SOTTO_Q5_1},
                  {4096, SOTTO_Q8_0},
                  {4096, SOTTO_Q2_K},
                  {4096, SOTTO_Q3_K},
                  {256, SOTTO_Q4_K},
                  {70400, SOTTO_Q4_K},
                  {4096, SOTTO_Q5_K},
                  {4096, SOTTO_Q6_K},
                  {4096, SOTTO_IQ4_NL},
                  {4096, SOTTO_IQ4_XS}},
                 [](Run& run, const Shape& s) {
                   const auto type = static_cast<sotto_dtype>(s[1]);
                   const BlockSize size = block_size(type);
                   std::vector<uint8_t> source(static_cast<size_t>(1 + s[0] / size.values * size.bytes));
                   for (uint8_t& byte : source) byte = static_cast<uint8_t>(run.random.below(256));
                   float* out = run.zeros(s[0]);
                   run.ok(sotto_convert_to_f32(run.backend, {type, s[0], &source[1], out}));
                   run.output("out", out, s[0], 1e-300);  // exact
                 }};

// Rows of a large product against the same rows computed alone and in other company.
SOTTO_TEST(gemm_rows_do_not_depend_on_m) {
  for (const std::string& name : backends()) {
    for (const auto& [n, k] : std::vector<std::pair<int64_t, int64_t>>{
             {256, 256}, {300, 520}, {33, 40}, {1100, 64}, {65, 1100}, {20, 3200}}) {
      for (const auto& [trans_b, bf16] : std::vector<std::pair<bool, bool>>{{0, 0}, {1, 0}, {0, 1}, {1, 1}}) {
        constexpr int64_t kMost = 500;
        Backend backend(name, 2);
        Run run(backend.handle);
        const int64_t ldb = trans_b ? k : n;
        const float* a = run.floats(kMost * k);
        const float* b = run.floats(n * k);
        std::vector<uint16_t> halves(static_cast<size_t>(n * k));
        for (uint16_t& w : halves)
          w = static_cast<uint16_t>(0x3f00 + run.random.below(0x100) + (run.random.below(2) << 15));
        const uint16_t* narrow = run.upload(halves);
        const float* bias = run.floats(n);
        float* c = run.zeros(kMost * n);
        const auto rows = [&, trans_b = trans_b, bf16 = bf16, n = n, k = k](int64_t first, int64_t m) {
          const float* from = a + first * k;
          run.ok(bf16 ? sotto_gemm_bf16(run.backend, {trans_b, m, n, k, 1, from, k, narrow, ldb, 0, c, n, bias})
                      : sotto_gemm(run.backend, {0, trans_b, m, n, k, 1, from, k, b, ldb, 0, c, n, bias}));
          return run.download(c, m * n);
        };
        const std::vector<float> all = rows(0, kMost);
        for (const int64_t m : {1, 2, 7, 16, 47, 48, 191, 192, 385}) {
          for (const int64_t first : {0, 5, 115}) {
            const std::vector<float> some = rows(first, m);
            SOTTO_CHECK(std::memcmp(some.data(), all.data() + first * n, some.size() * sizeof(float)) == 0,
                        name << ": rows " << first << ".." << first + m - 1 << " of n=" << n << " k=" << k
                             << " trans_b=" << trans_b << " bf16=" << bf16 << " differ from those of a call with "
                             << kMost << " rows");
          }
        }
      }
    }
  }
}

SOTTO_TEST(gemm_with_beta_zero_does_not_read_c) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    constexpr int64_t kSize = 300;
    const float* a = run.floats(kSize * kSize);
    float* c = run.upload(std::vector<float>(kSize * kSize, std::numeric_limits<float>::quiet_NaN()));
    run.ok(sotto_gemm(run.backend, {0, 0, kSize, kSize, kSize, 1, a, kSize, a, kSize, 0, c, kSize, nullptr}));
    int64_t bad = -1;
    run.ok(sotto_count_nonfinite(run.backend, {kSize * kSize, c, &bad}));
    SOTTO_CHECK(bad == 0, name << ": " << bad << " values of C are not finite");
  }
}

SOTTO_TEST(count_nonfinite_finds_each) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::string& name : backends()) {
    for (const int64_t count : {1, 31, 33, 100003}) {
      Backend backend(name, 2);
      Run run(backend.handle);
      std::vector<float> x(count, std::numeric_limits<float>::max());
      x[0] = nan;
      x[count / 2] = -infinity;
      x[count - 1] = infinity;
      int64_t found = -1;
      run.ok(sotto_count_nonfinite(run.backend, {count, run.upload(x), &found}));
      const int64_t expected = count == 1 ? 1 : 3;
      SOTTO_CHECK(found == expected, name << ": found " << found << " of " << expected << " among " << count);
    }
  }
}

}  // namespace
}  // namespace sotto::test
