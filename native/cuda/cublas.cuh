// NVIDIA's cuBLAS, found at run time. The few entry points that are needed are declared here, so that building takes
// no cuBLAS and running without one falls back to the GEMM in gemm.cu.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend.h"

namespace sotto::cuda {

class Cublas {
 public:
  // Looks in this order: the environment variable SOTTO_CUBLAS (a path, or "none"), and for public data alone a library
  // this process has loaded already, libcublas.so.13 and .12 on the loader's path, the folders nvidia/*/lib of Python
  // packages beside this library, in VIRTUAL_ENV and in the system's Python. Null where there is none, with the reason
  // in *why. Throws where SOTTO_CUBLAS names a library that does not work.
  static std::unique_ptr<Cublas> find(sotto_purpose purpose, std::string* why);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  // Version and path.
  const std::string& description() const { return description_; }

  // Memory that cuBLAS may use on the device; it allocates none of its own after this.
  void use_workspace(void* workspace, size_t bytes);

  // Column-major C[m,n] = alpha * op(A)[m,k] * op(B)[k,n] + beta * C in f32 throughout. Asynchronous.
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
            const float* b, int64_t ldb, float beta, float* c, int64_t ldc) const;

  // The same with A and B in bf16: exact products, which the tensor cores form, with sums and C in f32.
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const uint16_t* a, int64_t lda,
            const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc) const;

 private:
  Cublas() = default;
  struct Functions;
  std::unique_ptr<Functions> functions_;
  void* handle_ = nullptr;
  std::string description_;
};

}  // namespace sotto::cuda
