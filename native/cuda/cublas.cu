// Finding cuBLAS and calling it. See cublas.cuh.
//
// Settings. For matrices in f32 the math mode "pedantic": f32 operands, f32 products, f32 sums; no TF32, no reduced or
// emulated precision, whatever the environment asks for. For matrices in bf16 the default mode, since the pedantic one
// may keep off the tensor cores, with every sum in f32: the compute type asks for it within a kernel, "disallow reduced
// precision reduction" where kernels share out a sum. The mode belongs to the handle, so every product sets it. Atomics
// are not allowed (also the default). With one stream and a workspace of its own, cuBLAS documents the same bits for
// the same call on the same GPU and version. What it does not promise, and how this backend gets by without that
// promise, is told in gemm.cu.
#include "cublas.cuh"

#if defined(__CUDACC__)

#include <dlfcn.h>
#include <glob.h>

#include <cstdlib>
#include <string>

#include "check.cuh"

namespace sotto::cuda {
namespace {

// Of cuBLAS's ABI, the same in versions 12 and 13.
constexpr int kSuccess = 0;
constexpr int kAllocationFailed = 3;
constexpr int kOperationN = 0, kOperationT = 1;
constexpr int kPedanticMath = 2;
constexpr int kDefaultMath = 0, kNoReducedPrecisionReduction = 16;
constexpr int kReal32F = 0, kReal16BF = 14;  // cudaDataType
constexpr int kCompute32F = 68;
constexpr int kDefaultAlgorithm = -1;
constexpr int kAtomicsNotAllowed = 0;

const char* name_of(int status) {
  switch (status) {
    case 1:
      return "not initialized";
    case kAllocationFailed:
      return "allocation failed";
    case 7:
      return "invalid value";
    case 8:
      return "architecture mismatch";
    case 11:
      return "mapping error";
    case 13:
      return "execution failed";
    case 14:
      return "internal error";
    case 15:
      return "not supported";
    default:
      return "an error";
  }
}

void check_cublas(int status, const char* call) {
  if (status == kSuccess) return;
  throw Error(status_of(status == kAllocationFailed ? cudaErrorMemoryAllocation : cudaErrorInvalidValue),
              std::string(call) + ": " + name_of(status) + " (" + std::to_string(status) + ")");
}

// The folder this library was loaded from, with a slash at the end.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "./";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

// The first library that opens among the files that match, or null.
void* open_matching(const std::string& pattern) {
  glob_t found{};
  void* library = nullptr;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc && library == nullptr; ++i) {
      library = dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_LOCAL);
    }
  }
  globfree(&found);
  return library;
}

void* search() {
  const char* const names[] = {"libcublas.so.13", "libcublas.so.12"};
  for (const char* name : names) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_NOLOAD)) return library;
  }
  for (const char* name : names) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  const std::string own = own_folder();
  std::string folders[] = {own + "nvidia/*/lib/", own + "../nvidia/*/lib/", "",
                           "/usr/local/lib/python3*/*-packages/nvidia/*/lib/",
                           "/usr/lib/python3*/*-packages/nvidia/*/lib/"};
  if (const char* environment = std::getenv("VIRTUAL_ENV")) {
    folders[2] = std::string(environment) + "/lib/python3*/site-packages/nvidia/*/lib/";
  }
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    for (const char* name : names) {
      if (void* library = open_matching(folder + name)) return library;
    }
  }
  return nullptr;
}

}  // namespace

struct Cublas::Functions {
  int (*create)(void** handle);
  int (*destroy)(void* handle);
  int (*get_version)(void* handle, int* version);
  int (*set_math_mode)(void* handle, int mode);
  int (*set_atomics_mode)(void* handle, int mode);
  int (*set_workspace)(void* handle, void* workspace, size_t bytes);
  int (*sgemm)(void* handle, int op_a, int op_b, int m, int n, int k, const float* alpha, const float* a, int lda,
               const float* b, int ldb, const float* beta, float* c, int ldc);
  int (*gemm_ex)(void* handle, int op_a, int op_b, int m, int n, int k, const void* alpha, const void* a, int type_a,
                 int lda, const void* b, int type_b, int ldb, const void* beta, void* c, int type_c, int ldc,
                 int compute_type, int algorithm);
};

std::unique_ptr<Cublas> Cublas::find(sotto_purpose purpose, std::string* why) {
  const char* named = std::getenv("SOTTO_CUBLAS");
  if (named != nullptr && *named == '\0') named = nullptr;
  if (named != nullptr && std::string(named) == "none") {
    *why = "SOTTO_CUBLAS=none";
    return nullptr;
  }
  if (named == nullptr && purpose == SOTTO_PRIVATE) {
    *why = "the rule of the private path; SOTTO_CUBLAS may name a cuBLAS, which is then tested";
    return nullptr;
  }
  void* library = named != nullptr ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : search();
  if (library == nullptr) {
    if (named != nullptr) {
      throw Error(SOTTO_UNSUPPORTED, std::string("SOTTO_CUBLAS names a library that does not open: ") + dlerror());
    }
    *why = "no cuBLAS found; SOTTO_CUBLAS may name one";
    return nullptr;
  }
  // From here on a failure is fatal only for a library that was asked for by name. A library stays open: unloading one
  // that has started threads is not safe.
  try {
    const auto symbol = [library](const char* name) {
      void* found = dlsym(library, name);
      if (found == nullptr) throw Error(SOTTO_UNSUPPORTED, std::string("cuBLAS has no ") + name);
      return found;
    };
    std::unique_ptr<Cublas> cublas(new Cublas);
    cublas->functions_ = std::make_unique<Functions>();
    Functions& f = *cublas->functions_;
    f.create = reinterpret_cast<decltype(f.create)>(symbol("cublasCreate_v2"));
    f.destroy = reinterpret_cast<decltype(f.destroy)>(symbol("cublasDestroy_v2"));
    f.get_version = reinterpret_cast<decltype(f.get_version)>(symbol("cublasGetVersion_v2"));
    f.set_math_mode = reinterpret_cast<decltype(f.set_math_mode)>(symbol("cublasSetMathMode"));
    f.set_atomics_mode = reinterpret_cast<decltype(f.set_atomics_mode)>(symbol("cublasSetAtomicsMode"));
    f.set_workspace = reinterpret_cast<decltype(f.set_workspace)>(symbol("cublasSetWorkspace_v2"));
    f.sgemm = reinterpret_cast<decltype(f.sgemm)>(symbol("cublasSgemm_v2"));
    f.gemm_ex = reinterpret_cast<decltype(f.gemm_ex)>(symbol("cublasGemmEx"));
    check_cublas(f.create(&cublas->handle_), "cublasCreate");
    int version = 0;
    check_cublas(f.get_version(cublas->handle_, &version), "cublasGetVersion");
    check_cublas(f.set_atomics_mode(cublas->handle_, kAtomicsNotAllowed), "cublasSetAtomicsMode");
    Dl_info info{};
    const bool known = dladdr(reinterpret_cast<void*>(f.sgemm), &info) != 0 && info.dli_fname != nullptr;
    cublas->description_ = "cublas " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) +
                           " " + (known ? info.dli_fname : "of unknown path");
    return cublas;
  } catch (const Error& error) {
    if (named != nullptr) throw Error(error.status, std::string("SOTTO_CUBLAS=") + named + ": " + error.what());
    *why = error.what();
    return nullptr;
  }
}

Cublas::~Cublas() {
  if (handle_ != nullptr) functions_->destroy(handle_);
}

void Cublas::use_workspace(void* workspace, size_t bytes) {
  check_cublas(functions_->set_workspace(handle_, workspace, bytes), "cublasSetWorkspace");
}

namespace {

int whole(int64_t value) { return static_cast<int>(value); }  // sotto_gemm refuses larger ones
int operation(bool transposed) { return transposed ? kOperationT : kOperationN; }

}  // namespace

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
                  const float* b, int64_t ldb, float beta, float* c, int64_t ldc) const {
  check_cublas(functions_->set_math_mode(handle_, kPedanticMath), "cublasSetMathMode");
  check_cublas(functions_->sgemm(handle_, operation(trans_a), operation(trans_b), whole(m), whole(n), whole(k), &alpha,
                                 a, whole(lda), b, whole(ldb), &beta, c, whole(ldc)),
               "cublasSgemm");
}

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const uint16_t* a,
                  int64_t lda, const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc) const {
  check_cublas(functions_->set_math_mode(handle_, kDefaultMath | kNoReducedPrecisionReduction), "cublasSetMathMode");
  check_cublas(functions_->gemm_ex(handle_, operation(trans_a), operation(trans_b), whole(m), whole(n), whole(k),
                                   &alpha, a, kReal16BF, whole(lda), b, kReal16BF, whole(ldb), &beta, c, kReal32F,
                                   whole(ldc), kCompute32F, kDefaultAlgorithm),
               "cublasGemmEx");
}

}  // namespace sotto::cuda

#endif  // the emulation has its own, emulation/cublas.cpp
