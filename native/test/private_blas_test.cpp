// A BLAS on the private path: in blocks of one size, and only after its self-test. The built-in GEMM unless one is
// named.
#include <dlfcn.h>

#include <cstdlib>

#include "contract.h"

namespace sotto::test {
namespace {

constexpr int64_t kSide = 280;  // large enough to go through a BLAS

// A backend opened with a BLAS, on whose products `rows_differ` answers whether a row depends on the others.
class Opened {
 public:
  Opened(sotto_purpose purpose, const char* blas, const char* name = "cpu", const char* cuda = nullptr) {
    if (sotto_backend_open(name, 2, purpose, blas, cuda, &handle) != SOTTO_OK) throw Failure(sotto_last_error());
  }
  ~Opened() { sotto_backend_destroy(handle); }

  sotto_status product(Run& run, int64_t m, const float* a, const float* b, float* c, bool trans_b = false) const {
    return sotto_gemm(run.backend, {0, trans_b, m, kSide, kSide, 1, a, kSide, b, kSide, 0, c, kSide, nullptr});
  }

  // Some of 23 rows, alone and with the others. Throws where the product is refused.
  bool rows_differ(bool trans_b) {
    Run run(handle);
    const float* a = run.floats(23 * kSide);
    const float* b = run.floats(kSide * kSide);
    float* c = run.zeros(23 * kSide);
    run.ok(product(run, 23, a, b, c, trans_b));
    const std::vector<float> all = run.download(c, 23 * kSide);
    for (const int64_t m : {18, 13, 4, 1}) {
      for (int64_t first = 1; first < 5; first++) {
        run.ok(product(run, m, a + first * kSide, b, c, trans_b));
        const std::vector<float> some = run.download(c, m * kSide);
        if (std::memcmp(some.data(), all.data() + first * kSide, some.size() * sizeof(float)) != 0) return true;
      }
    }
    return false;
  }

  std::string description() const {
    char text[512];
    SOTTO_CHECK(sotto_backend_describe(handle, text, sizeof(text)) == SOTTO_OK, sotto_last_error());
    return text;
  }

  sotto_backend* handle = nullptr;
};

void set_fault(int fault) {
  void* library = dlopen(SOTTO_DEPENDENT_BLAS, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Failure(dlerror());
  reinterpret_cast<void (*)(int)>(dlsym(library, "set_fault"))(fault);
}

constexpr int kFaults = 5;
constexpr int kNumberOfRows = 1;

void check_refused(Opened& opened, const std::string& what) {
  Run run(opened.handle);
  const float* a = run.floats(7 * kSide);
  const float* b = run.floats(kSide * kSide);
  float* c = run.zeros(7 * kSide);
  for (const int begin : {1, 0}) {  // in a rehearsal, so before a step, and at the product itself
    if (begin == 1) run.ok(sotto_backend_rehearse(run.backend, 1));
    SOTTO_CHECK(opened.product(run, 7, a, b, c) == SOTTO_DEPENDENT_ROWS, what << ": " << sotto_last_error());
    const std::string message = sotto_last_error();
    SOTTO_CHECK(message.find("cannot serve private training") != std::string::npos, message);
    SOTTO_CHECK(message.find('\n') == std::string::npos, message);
    if (begin == 1) run.ok(sotto_backend_rehearse(run.backend, 0));
  }
  SOTTO_CHECK(run.download(c, 7 * kSide) == std::vector<float>(7 * kSide, 0.0f), what << ": a refused product wrote");
}

SOTTO_TEST(private_blas_is_refused_unless_its_rows_are_treated_alike) {
  for (int fault = 0; fault <= kFaults; fault++) {
    set_fault(fault);
    Opened opened(SOTTO_PRIVATE, SOTTO_DEPENDENT_BLAS);
    if (fault == 0 || fault == kNumberOfRows) {  // always asked with the same number of rows
      for (const bool trans_b : {false, true}) {
        SOTTO_CHECK(!opened.rows_differ(trans_b), "fault " << fault << ": rows depend on their number");
      }
    } else {
      check_refused(opened, "fault " + std::to_string(fault));
    }
  }
  set_fault(0);
}

// The control: what the private path refuses or gets around does depend on the batch where the library is used freely.
SOTTO_TEST(public_blas_is_used_as_it_comes) {
  for (int fault = 0; fault <= kFaults; fault++) {
    set_fault(fault);
    Opened opened(SOTTO_PUBLIC, SOTTO_DEPENDENT_BLAS);
    const bool differ = opened.rows_differ(false) || opened.rows_differ(true);
    SOTTO_CHECK(fault == 5 || differ == (fault != 0), "fault " << fault << ": differ " << differ);
  }
  set_fault(0);
}

SOTTO_TEST(private_blas_has_the_product_of_the_built_in_gemm) {
  set_fault(0);
  for (const int64_t m : {1, 95, 96, 97, 200}) {
    for (const bool bf16 : {false, true}) {
      std::vector<std::vector<float>> results;
      for (const char* blas : {static_cast<const char*>(nullptr), SOTTO_DEPENDENT_BLAS}) {
        Opened opened(SOTTO_PRIVATE, blas);
        Run run(opened.handle);
        const int64_t ld = kSide + 5;
        const float* a = run.floats(m * ld);
        const float* b = run.floats(kSide * ld);
        const uint16_t* narrow = run.upload(std::vector<uint16_t>(kSide * ld, 0x3f81));
        const float* bias = run.floats(kSide);
        float* c = run.floats(m * ld);
        run.ok(bf16 ? sotto_gemm_bf16(run.backend, {1, m, kSide, kSide, 0.5f, a, ld, narrow, ld, 0.25f, c, ld, bias})
                    : sotto_gemm(run.backend, {0, 1, m, kSide, kSide, 0.5f, a, ld, b, ld, 0.25f, c, ld, bias}));
        results.push_back(run.download(c, m * ld));
      }
      for (size_t i = 0; i < results[0].size(); i++) {
        const float expected = results[0][i], found = results[1][i];
        SOTTO_CHECK(std::abs(found - expected) <= 5e-5f * (1 + std::abs(expected)),
                    "m=" << m << " bf16=" << bf16 << ": " << found << " at " << i << ", not " << expected);
      }
    }
  }
}

SOTTO_TEST(private_path_takes_the_built_in_gemm_unless_a_library_is_named) {
  Opened plain(SOTTO_PRIVATE, nullptr);
  SOTTO_CHECK(plain.description().find("blas=built-in") != std::string::npos, plain.description());
  Opened named(SOTTO_PRIVATE, SOTTO_DEPENDENT_BLAS);
  SOTTO_CHECK(named.description().find("dependent_blas (in equal blocks") != std::string::npos, named.description());
}

// Sets SOTTO_CUBLAS for a scope.
struct Environment {
  explicit Environment(const char* value) {
    if (const char* old = std::getenv("SOTTO_CUBLAS")) before = old;
    setenv("SOTTO_CUBLAS", value, 1);
  }
  ~Environment() { before.empty() ? unsetenv("SOTTO_CUBLAS") : setenv("SOTTO_CUBLAS", before.c_str(), 1); }
  std::string before;
};

SOTTO_TEST(private_cublas_is_refused_unless_its_rows_are_treated_alike) {
  for (const bool dependent : {false, true}) {
    const Environment environment(dependent ? "emulated-dependent" : "emulated");
    Opened opened(SOTTO_PRIVATE, nullptr, "cuda", SOTTO_EMULATED_CUDA);
    SOTTO_CHECK(opened.description().find("cublas emulated") != std::string::npos, opened.description());
    if (dependent) {
      check_refused(opened, "a dependent cuBLAS");
      Opened freely(SOTTO_PUBLIC, nullptr, "cuda", SOTTO_EMULATED_CUDA);
      SOTTO_CHECK(freely.rows_differ(false), "the dependent cuBLAS has independent rows");
    } else {
      SOTTO_CHECK(!opened.rows_differ(false) && !opened.rows_differ(true), "rows depend on their number");
    }
  }
}

}  // namespace
}  // namespace sotto::test
