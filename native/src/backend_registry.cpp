// Backends by name. The CPU kernels' ISA is chosen here, once; the CUDA library is opened here, only when asked for.
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

#include "backend.h"
#include "cpu/context.h"
#include "cpu/kernels.h"
#include "plugin.h"

namespace sotto {

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
namespace cpu::avx512_bf16 {
SOTTO_DECLARE_KERNEL(gemm_bf16)
}
#endif

namespace {

constexpr const char* kIsas[] = {"avx512_bf16", "avx512", "avx2", "portable"};  // the fastest first

bool runs_here(const std::string& isa) {
  if (isa == "portable") return true;
#ifdef SOTTO_X86
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (isa == "avx2") return avx2;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (isa == "avx512") return avx512;
  if (isa == "avx512_bf16") return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
  return false;
}

Ops table_for(const std::string& isa) {
#ifdef SOTTO_X86
  if (isa == "avx512" || isa == "avx512_bf16") return cpu::avx512::table();
  if (isa == "avx2") return cpu::avx2::table();
#endif
  if (isa == "reference") return reference::table();
  return cpu::portable::table();
}

template <typename Request>
void does_nothing(Device&, const Request&) {}

void does_nothing(Device&, const sotto_count_nonfinite_request& args) { *args.found = 0; }

// On the CPU a rehearsed call does nothing, but a product through a BLAS is made sure of (cpu/blas.cpp).
Ops rehearsal_of(const Ops& ops, bool through_blas) {
  Ops rehearsal{};
#define SOTTO_DO_NOTHING(op) rehearsal.op = does_nothing;
  SOTTO_EACH_OP(SOTTO_DO_NOTHING)
#undef SOTTO_DO_NOTHING
  if (through_blas) {
    rehearsal.gemm = ops.gemm;
    rehearsal.gemm_bf16 = ops.gemm_bf16;
  }
  return rehearsal;
}

std::unique_ptr<sotto_backend> open_cpu(const std::string& isa, int threads, sotto_purpose purpose,
                                        const char* blas_library) {
  auto backend = std::make_unique<sotto_backend>();
  auto device = std::make_unique<cpu::Context>(isa, threads, purpose, blas_library);
  backend->ops = table_for(isa);
#ifdef SOTTO_X86
  // A BLAS multiplies what it always multiplied: rounded rows in f32.
  if (isa == "avx512_bf16" && device->sgemm == nullptr) backend->ops.gemm_bf16 = cpu::avx512_bf16::gemm_bf16;
#endif
  backend->rehearsal = rehearsal_of(backend->ops, device->sgemm != nullptr);
  backend->device = std::move(device);
  return backend;
}

// What the environment variable SOTTO_ISA names, else the fastest that runs here.
std::string chosen_isa() {
  const char* named = std::getenv("SOTTO_ISA");
  if (named != nullptr && *named != '\0') {
    std::string known;
    for (const std::string isa : kIsas) {
      if (isa == named && runs_here(isa)) return isa;
      if (isa == named) throw Error(SOTTO_UNSUPPORTED, "SOTTO_ISA is " + isa + ", which this processor cannot run");
      known += (known.empty() ? "" : ", ") + isa;
    }
    throw Error(SOTTO_INVALID_ARGUMENT, "SOTTO_ISA must be one of " + known + ", not \"" + named + "\"");
  }
  for (const char* isa : kIsas) {
    if (runs_here(isa)) return isa;
  }
  return "portable";
}

// The folder that this library was loaded from, with a slash at the end; "" if the loader cannot say.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const char* slash = std::strrchr(info.dli_fname, '/');
  return slash == nullptr ? "" : std::string(info.dli_fname, slash + 1);
}

// The plugin's sotto_plugin_open, once its ABI is known to be this library's.
PluginOpen shake_hands(void* library, const std::string& path) {
  const auto abi = reinterpret_cast<PluginAbi>(dlsym(library, kPluginAbi));
  const auto open = reinterpret_cast<PluginOpen>(dlsym(library, kPluginOpen));
  if (abi == nullptr || open == nullptr) {
    throw Error(SOTTO_UNSUPPORTED,
                path + " is no library of Sotto's kernels: it has no " + (abi == nullptr ? kPluginAbi : kPluginOpen));
  }
  int64_t count = 0;
  const AbiPart* parts = abi(&count);
  if (const std::string difference = abi_difference(parts, count); !difference.empty()) {
    throw Error(SOTTO_UNSUPPORTED, path + " was built for another version of Sotto: " + difference);
  }
  return open;
}

// A plugin stays loaded for good: unloading a CUDA runtime while its threads live is not safe.
std::unique_ptr<sotto_backend> open_cuda(sotto_purpose purpose, const char* cuda_library) {
  const std::string path = cuda_library != nullptr ? cuda_library : own_folder() + "libsotto_cuda.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(SOTTO_UNSUPPORTED, std::string("the CUDA library cannot be opened: ") + dlerror());
  }
  const PluginOpen open = shake_hands(library, path);
  auto backend = std::make_unique<sotto_backend>();
  char reason[512] = "";
  Device* device = nullptr;
  const sotto_status status = open(purpose, &device, &backend->ops, reason, sizeof(reason));
  backend->device.reset(device);
  if (status != SOTTO_OK) throw Error(status, reason);
  backend->rehearsal = backend->ops;  // these know themselves when they are rehearsed
  return backend;
}

}  // namespace

std::unique_ptr<sotto_backend> create_backend(const std::string& name, int threads, sotto_purpose purpose,
                                              const char* blas_library, const char* cuda_library) {
  if (name == "cpu") return open_cpu(chosen_isa(), threads, purpose, blas_library);
  if (name == "cpu-reference") return open_cpu("reference", 1, purpose, nullptr);
  if (name == "cuda") return open_cuda(purpose, cuda_library);
  for (const char* isa : kIsas) {
    if (name != std::string("cpu:") + isa) continue;
    if (!runs_here(isa)) throw Error(SOTTO_UNSUPPORTED, "this processor cannot run the backend " + name);
    return open_cpu(isa, threads, purpose, blas_library);
  }
  throw Error(SOTTO_INVALID_ARGUMENT, "unknown backend \"" + name + "\"; known: cpu, cpu-reference, cuda");
}

}  // namespace sotto
