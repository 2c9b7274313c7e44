// Backends by name. The CPU kernels' ISA is chosen here, once; the CUDA library is opened here, only when asked for.
#include <dlfcn.h>

#include <cstring>

#include "backend.h"
#include "cpu/context.h"

namespace sotto {

namespace reference {
Ops table();
}
namespace cpu::portable {
Ops table();
}
#ifdef SOTTO_X86
namespace cpu::avx2 {
Ops table();
}
namespace cpu::avx512 {
Ops table();
}
#endif

namespace {

bool runs_here(const std::string& isa) {
  if (isa == "portable") return true;
#ifdef SOTTO_X86
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (isa == "avx2") return avx2;
  if (isa == "avx512") {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return false;
}

Ops table_for(const std::string& isa) {
#ifdef SOTTO_X86
  if (isa == "avx512") return cpu::avx512::table();
  if (isa == "avx2") return cpu::avx2::table();
#endif
  if (isa == "reference") return reference::table();
  return cpu::portable::table();
}

std::unique_ptr<sotto_backend> open_cpu(const std::string& isa, int threads, const char* blas_library) {
  auto backend = std::make_unique<sotto_backend>();
  backend->device = std::make_unique<cpu::Context>(isa, threads, blas_library);
  backend->ops = table_for(isa);
  return backend;
}

// The folder that this library was loaded from, with a slash at the end; "" if the loader cannot say.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const char* slash = std::strrchr(info.dli_fname, '/');
  return slash == nullptr ? "" : std::string(info.dli_fname, slash + 1);
}

// libsotto_cuda.so stays loaded for good: unloading a CUDA runtime while its threads live is not safe.
std::unique_ptr<sotto_backend> open_cuda(const char* cuda_library) {
  using Open = sotto_status (*)(Device**, Ops*, char* reason, int64_t capacity);
  const std::string path = cuda_library != nullptr ? cuda_library : own_folder() + "libsotto_cuda.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(SOTTO_UNSUPPORTED, std::string("the CUDA library cannot be opened: ") + dlerror());
  }
  const auto open = reinterpret_cast<Open>(dlsym(library, "sotto_cuda_open"));
  if (open == nullptr) throw Error(SOTTO_UNSUPPORTED, path + " is not Sotto's CUDA library: no sotto_cuda_open");
  auto backend = std::make_unique<sotto_backend>();
  char reason[512] = "";
  Device* device = nullptr;
  const sotto_status status = open(&device, &backend->ops, reason, sizeof(reason));
  backend->device.reset(device);
  if (status != SOTTO_OK) throw Error(status, reason);
  return backend;
}

}  // namespace

std::unique_ptr<sotto_backend> create_backend(const std::string& name, int threads, const char* blas_library,
                                              const char* cuda_library) {
  if (name == "cpu") {
    for (const char* isa : {"avx512", "avx2"}) {
      if (runs_here(isa)) return open_cpu(isa, threads, blas_library);
    }
    return open_cpu("portable", threads, blas_library);
  }
  if (name == "cpu-reference") return open_cpu("reference", 1, nullptr);
  if (name == "cuda") return open_cuda(cuda_library);
  for (const char* isa : {"avx512", "avx2", "portable"}) {
    if (name != std::string("cpu:") + isa) continue;
    if (!runs_here(isa)) throw Error(SOTTO_UNSUPPORTED, "this processor cannot run the backend " + name);
    return open_cpu(isa, threads, blas_library);
  }
  throw Error(SOTTO_INVALID_ARGUMENT, "unknown backend \"" + name + "\"; known: cpu, cpu-reference, cuda");
}

}  // namespace sotto
