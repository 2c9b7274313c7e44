// A BLAS for tests, in plain loops, that can be made to have any of the faults which the private path must not meet.
//
// set_fault chooses, or the environment variable SOTTO_BLAS_FAULT before it is loaded: what a row's bits depend on
// apart from the row. The sums of a row that is at fault run from the other end, as in a kernel for the edge of a tile.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

enum Fault {
  kNone = 0,
  kNumberOfRows = 1,  // only on how many rows the call has: harmless where that is fixed
  kPlace = 2,         // on the row's place
  kCompany = 3,       // on whether the row above begins with a larger number
  kCalls = 4,         // on how many calls there have been
  kFilling = 5,       // on whether the row below begins with a zero
};

int chosen() {
  const char* number = std::getenv("SOTTO_BLAS_FAULT");
  return number == nullptr ? kPlace : std::atoi(number);
}

std::atomic<int> fault{chosen()};
std::atomic<int64_t> calls{0};

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void set_fault(int number) { fault = number; }

__attribute__((visibility("default"))) const char* openblas_get_config() { return "dependent_blas"; }

__attribute__((visibility("default"))) void cblas_sgemm(int, int trans_a, int trans_b, int m, int n, int k, float alpha,
                                                        const float* a, int lda, const float* b, int ldb, float beta,
                                                        float* c, int ldc) {
  constexpr int kTranspose = 112;
  const auto value_of_a = [&](int i, int l) {
    return trans_a == kTranspose ? a[static_cast<int64_t>(l) * lda + i] : a[static_cast<int64_t>(i) * lda + l];
  };
  const int64_t call = calls++;
  std::vector<float> packed(static_cast<size_t>(k) * n), total(n);  // B as [k, n], and one row of the product
  for (int64_t l = 0; l < k; l++) {
    for (int64_t j = 0; j < n; j++) packed[l * n + j] = trans_b == kTranspose ? b[j * ldb + l] : b[l * ldb + j];
  }
  for (int i = 0; i < m; i++) {
    const bool backwards =
        (fault == kNumberOfRows && m % 4 != 0 && i >= m / 4 * 4) || (fault == kPlace && i % 8 == 5) ||
        (fault == kCompany && i > 0 && value_of_a(i - 1, 0) > value_of_a(i, 0)) || (fault == kCalls && call % 3 == 1) ||
        (fault == kFilling && i + 1 < m && value_of_a(i + 1, 0) == 0);
    std::fill(total.begin(), total.end(), 0.0f);
    for (int step = 0; step < k; step++) {
      const int l = backwards ? k - 1 - step : step;
      const float x = value_of_a(i, l);
      const float* row = packed.data() + static_cast<int64_t>(l) * n;
      for (int j = 0; j < n; j++) total[j] += x * row[j];
    }
    for (int j = 0; j < n; j++) {
      float& out = c[static_cast<int64_t>(i) * ldc + j];
      out = beta == 0 ? alpha * total[j] : alpha * total[j] + beta * out;
    }
  }
}

}  // extern "C"
