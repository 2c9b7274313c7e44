// GEMM with frozen weights in bf16: by its definition, and on the CPU to the bit against GEMM on what it multiplies,
// or where VDPBF16PS multiplies against a plain loop of what that instruction does.
#include <algorithm>
#include <limits>

#include "contract.h"

namespace sotto::test {
namespace {

uint16_t upper_half(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return static_cast<uint16_t>(bits >> 16);
}

float widened(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

std::vector<uint16_t> weights(Random& random, int64_t count) {
  std::vector<uint16_t> bf16(static_cast<size_t>(count));
  for (uint16_t& w : bf16) w = upper_half(static_cast<float>(2 * random.uniform() - 1));
  return bf16;
}

// m, n, k, trans_b, form: 0 plain, 1 beta and padded leading dimensions, 2 bias, 3 all of it.
const Op kGemmBf16{"gemm_bf16",
                   {{0, 3, 4, 0, 0},
                    {3, 0, 4, 0, 0},
                    {3, 4, 0, 0, 2},
                    {1, 1, 1, 0, 0},
                    {1, 33, 31, 0, 3},
                    {32, 33, 31, 1, 1},
                    {33, 31, 32, 1, 3},
                    {7, 1025, 1023, 0, 2},
                    {50, 1023, 1025, 1, 3},
                    {1025, 33, 7, 0, 0},
                    {200, 300, 260, 0, 2},
                    {300, 256, 64, 1, 0},
                    {2800, 33, 1540, 1, 2},
                    {40, 1500, 1540, 0, 3}},
                   [](Run& run, const Shape& s) {
                     const int64_t m = s[0], n = s[1], k = s[2], form = s[4];
                     const bool trans_b = s[3] != 0, padded = form == 1 || form == 3;
                     const int64_t pad = padded ? 5 : 0, lda = k + pad, ldb = (trans_b ? k : n) + pad, ldc = n + pad;
                     const float* a = run.floats(m * lda);
                     const uint16_t* b = run.upload(weights(run.random, (trans_b ? n : k) * ldb));
                     const float* bias = run.floats(n);
                     float* c = run.floats(m * ldc);
                     run.call([&] {
                       return sotto_gemm_bf16(run.backend, {trans_b, m, n, k, padded ? 0.5f : 1.0f, a, lda, b, ldb,
                                                            padded ? 0.25f : 0.0f, c, ldc, form >= 2 ? bias : nullptr});
                     });
                     run.output("c", c, m * ldc);
                   },
                   5e-5,
                   nullptr,
                   [](const Shape& s) { return 2.0 * s[0] * s[1] * s[2]; },
                   {{2048, 3072, 768, 1, 0},
                    {2048, 768, 3072, 1, 0},
                    {2048, 768, 3072, 0, 0},
                    {2048, 576, 576, 1, 0},
                    {2048, 1536, 576, 1, 0},
                    {2048, 1536, 576, 0, 0},
                    {2048, 576, 1536, 1, 0},
                    {2048, 576, 1536, 0, 0},
                    {384, 49152, 576, 1, 0},
                    {384, 576, 49152, 0, 0},
                    {2048, 1536, 384, 1, 0},
                    {2048, 384, 1536, 1, 0},
                    {1, 3072, 768, 1, 0}}};

// The nearest number of bf16, ties to even: in doubles, unlike the code.
float nearest(float x) {
  if (x == 0 || !std::isfinite(x)) return x;
  const double unit = std::ldexp(1.0, std::max(std::ilogb(x), -126) - 7);
  return static_cast<float>(std::nearbyint(x / unit) * unit);  // to infinity where a float of that size is beyond range
}

// Whether VDPBF16PS multiplies, which has an order of sums of its own and knows no denormals.
bool by_dot_product(const std::string& backend) { return backend == "cpu:avx512_bf16" && libraries().blas.empty(); }

// What a value of bf16 counts for on a backend.
float counted(const std::string& backend, float x) {
  return by_dot_product(backend) && std::fabs(x) < 0x1p-126f ? 0.0f : x;
}

std::vector<std::string> cpu_backends() {
  std::vector<std::string> names{"cpu-reference"};
  for (const std::string& name : backends()) {
    if (!is_cuda(name) && !by_dot_product(name)) names.push_back(name);
  }
  return names;
}

// ldb is padded by 4, so that it is aligned for some shapes and not for others.
SOTTO_TEST(gemm_bf16_has_the_bits_of_gemm_on_rounded_rows_and_widened_weights) {
  for (const std::string& name : cpu_backends()) {
    for (const auto& [n, k] :
         std::vector<std::pair<int64_t, int64_t>>{{256, 256}, {300, 520}, {33, 41}, {1100, 64}, {68, 1100}}) {
      for (const bool trans_b : {false, true}) {
        constexpr int64_t kMost = 150;
        Backend backend(name, 2);
        Run run(backend.handle);
        const int64_t ldb = (trans_b ? k : n) + 4;
        const std::vector<uint16_t> narrow = weights(run.random, (trans_b ? n : k) * ldb);
        std::vector<float> wide;
        for (const uint16_t w : narrow) wide.push_back(widened(w));
        const uint16_t* b = run.upload(narrow);
        const float* b_wide = run.upload(wide);
        const float* a = run.floats(kMost * k);
        std::vector<float> rounded = run.download(a, kMost * k);
        for (float& x : rounded) x = nearest(x);
        const float* a_rounded = run.upload(rounded);
        const float* bias = run.floats(n);
        for (const int64_t m : {int64_t{1}, int64_t{17}, int64_t{48}, kMost}) {
          float* c = run.floats(m * n);
          float* c_wide = run.upload(run.download(c, m * n));
          run.ok(sotto_gemm_bf16(run.backend, {trans_b, m, n, k, 0.5f, a, k, b, ldb, 0.25f, c, n, bias}));
          run.ok(
              sotto_gemm(run.backend, {0, trans_b, m, n, k, 0.5f, a_rounded, k, b_wide, ldb, 0.25f, c_wide, n, bias}));
          SOTTO_CHECK(std::memcmp(run.download(c, m * n).data(), run.download(c_wide, m * n).data(),
                                  m * n * sizeof(float)) == 0,
                      name << ": m=" << m << " n=" << n << " k=" << k << " trans_b=" << trans_b << " differ");
        }
      }
    }
  }
}

// On VDPBF16PS: in slices of 512 deep, pair by pair, the deeper number of a pair first.
SOTTO_TEST(gemm_bf16_by_dot_product_adds_up_in_its_stated_order) {
  for (const std::string& name : backends()) {
    if (!by_dot_product(name)) continue;
    Backend backend(name, 2);
    for (const auto& [n, k] : std::vector<std::pair<int64_t, int64_t>>{{33, 1}, {70, 511}, {40, 1100}, {300, 3200}}) {
      for (const bool trans_b : {false, true}) {
        constexpr int64_t kRows = 30, kSlice = 512;
        Run run(backend.handle);
        const std::vector<uint16_t> narrow = weights(run.random, n * k);
        const float* a = run.floats(kRows * k);
        const float* bias = run.floats(n);
        const std::vector<float> rows = run.download(a, kRows * k), biases = run.download(bias, n);
        float* c = run.floats(kRows * n);
        const std::vector<float> before = run.download(c, kRows * n);
        run.ok(sotto_gemm_bf16(
            run.backend, {trans_b, kRows, n, k, 0.5f, a, k, run.upload(narrow), trans_b ? k : n, 0.25f, c, n, bias}));
        const std::vector<float> after = run.download(c, kRows * n);
        for (int64_t i = 0; i < kRows; i++) {
          for (int64_t j = 0; j < n; j++) {
            const auto product = [&](int64_t l, float sum) {
              if (l >= k) return sum;
              return std::fmaf(nearest(rows[i * k + l]), widened(narrow[trans_b ? j * k + l : l * n + j]), sum);
            };
            float total = 0.25f * before[i * n + j];
            for (int64_t s = 0; s < k; s += kSlice) {
              float chain = 0;
              for (int64_t l = s; l < std::min(k, s + kSlice); l += 2) chain = product(l, product(l + 1, chain));
              total = 0.5f * chain + total;  // both exact halves and quarters, so fused or not
            }
            total += biases[j];
            SOTTO_CHECK(after[i * n + j] == total, name << ": n=" << n << " k=" << k << " trans_b=" << trans_b << " ["
                                                        << i << "," << j << "] is " << after[i * n + j] << ", not "
                                                        << total);
          }
        }
      }
    }
  }
}

// A column of values of every kind, times one: what comes out is the nearest number of bf16. Rows are aligned, so that
// contract_cublas tests the copy that cuBLAS reads.
SOTTO_TEST(gemm_bf16_rounds_every_value_to_the_nearest) {
  std::vector<float> a{0.0f,
                       -0.0f,
                       1.0f,
                       0x1.01p0f,
                       0x1.03p0f,
                       0x1.0100001p0f,
                       0x1.00ffffp0f,
                       -0x1.01p0f,
                       0x1.ffp5f,
                       0x1p-126f,
                       0x1p-133f,
                       0x1.8p-134f,
                       0x1p-149f,
                       0x1.fep127f,
                       0x1.fefffep127f,
                       0x1.ffp127f,
                       -0x1.fffffep127f,
                       INFINITY,
                       -INFINITY};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  uint32_t bits = 0x7f800001u;  // a NaN whose upper half is infinity's
  float hidden_nan;
  std::memcpy(&hidden_nan, &bits, sizeof(bits));
  a.insert(a.end(), {nan, hidden_nan});
  Random random(3);
  for (int i = 0; i < 2000; i++) {
    bits = static_cast<uint32_t>(random.bits());
    float any;
    std::memcpy(&any, &bits, sizeof(bits));
    a.push_back(any);
  }
  std::vector<std::string> names = backends();
  names.push_back("cpu-reference");
  for (const std::string& name : names) {
    constexpr int64_t kLd = 8;
    const int64_t m = static_cast<int64_t>(a.size());
    Backend backend(name, 2);
    Run run(backend.handle);
    std::vector<float> rows(m * kLd, 7.0f);
    for (int64_t i = 0; i < m; i++) rows[i * kLd] = a[i];
    const uint16_t* one = run.upload(std::vector<uint16_t>(kLd, 0x3f80));
    float* c = run.zeros(m * kLd);
    run.ok(sotto_gemm_bf16(run.backend, {0, m, 1, 1, 1, run.upload(rows), kLd, one, kLd, 0, c, kLd, nullptr}));
    const std::vector<float> result = run.download(c, m * kLd);
    for (int64_t i = 0; i < m; i++) {
      const float expected = counted(name, nearest(a[i])), found = result[i * kLd];
      SOTTO_CHECK(found == expected || (std::isnan(found) && std::isnan(expected)),
                  name << ": " << a[i] << " became " << found << ", not " << expected);
    }
  }
}

// Every pattern of 16 bits as a weight, times one: what comes out is the weight itself.
SOTTO_TEST(gemm_bf16_widens_every_weight_exactly) {
  std::vector<std::string> names = backends();
  names.push_back("cpu-reference");
  for (const std::string& name : names) {
    constexpr int64_t kCount = 1 << 16;
    Backend backend(name, 2);
    Run run(backend.handle);
    std::vector<uint16_t> patterns(kCount);
    for (int64_t i = 0; i < kCount; i++) patterns[i] = static_cast<uint16_t>(i);
    const float* one = run.upload(std::vector<float>{1.0f});
    const uint16_t* b = run.upload(patterns);
    for (const bool trans_b : {false, true}) {
      float* c = run.zeros(kCount);
      run.ok(sotto_gemm_bf16(run.backend,
                             {trans_b, 1, kCount, 1, 1, one, 1, b, trans_b ? 1 : kCount, 0, c, kCount, nullptr}));
      const std::vector<float> result = run.download(c, kCount);
      for (int64_t i = 0; i < kCount; i++) {
        const float expected = counted(name, widened(patterns[i]));
        SOTTO_CHECK(result[i] == expected || (std::isnan(result[i]) && std::isnan(expected)),
                    name << ": bits " << i << " became " << result[i] << ", trans_b=" << trans_b);
      }
    }
  }
}

}  // namespace
}  // namespace sotto::test
