// The CUDA device: memory and the table of kernels. Everything runs in order on the default stream of device 0
// (CUDA_VISIBLE_DEVICES picks another), so a download sees the results of the kernels launched before it.
//
// The CUDA runtime is linked statically and looks for the driver at its first call: this library loads on a machine
// without a GPU or driver and says so when it is opened.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>

#include "check.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

class Context final : public Device {
 public:
  ~Context() override {
    for (const auto& block : live_) cudaFree(block.first);  // at the end nobody is left to hear of an error
  }

  std::string describe() const override {
    cudaDeviceProp properties{};
    int driver = 0, runtime = 0;
    SOTTO_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    SOTTO_CUDA_CHECK(cudaDriverGetVersion(&driver));
    SOTTO_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
    return std::string("cuda gpu=") + properties.name + " sm=" + std::to_string(properties.major) + "." +
           std::to_string(properties.minor) + " memory=" + std::to_string(properties.totalGlobalMem >> 20) +
           "MiB driver=" + version(driver) + " runtime=" + version(runtime);
  }

  void* allocate(int64_t bytes) override {
    const size_t size = static_cast<size_t>(bytes < 64 ? 64 : bytes);  // CUDA answers 0 bytes with a null pointer
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, size);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      size_t free = 0, total = 0;
      SOTTO_CUDA_CHECK(cudaMemGetInfo(&free, &total));
      throw Error(SOTTO_OUT_OF_MEMORY, "cannot allocate " + std::to_string(bytes) + " bytes on the GPU: " +
                                           std::to_string(free) + " of " + std::to_string(total) + " are free");
    }
    SOTTO_CUDA_CHECK(error);
    try {
      SOTTO_CUDA_CHECK(cudaMemset(memory, 0, size));
      live_.emplace(memory, bytes);
    } catch (...) {
      cudaFree(memory);
      throw;
    }
    ++allocations;
    live_bytes += bytes;
    return memory;
  }

  void release(void* memory) override {
    if (memory == nullptr) return;
    const auto found = live_.find(memory);
    if (found == live_.end()) {
      throw Error(SOTTO_INVALID_ARGUMENT, "free: this memory is not (or no longer) of this backend");
    }
    live_bytes -= found->second;
    live_.erase(found);
    SOTTO_CUDA_CHECK(cudaFree(memory));
  }

  void upload(void* device, const void* host, int64_t bytes) override {
    SOTTO_CUDA_CHECK(cudaMemcpy(device, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice));
  }

  void download(void* host, const void* device, int64_t bytes) override {
    SOTTO_CUDA_CHECK(cudaMemcpy(host, device, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost));
  }

  void zero(void* device, int64_t bytes) override {
    SOTTO_CUDA_CHECK(cudaMemset(device, 0, static_cast<size_t>(bytes)));
  }

 private:
  static std::string version(int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); }

  std::unordered_map<void*, int64_t> live_;  // what allocate handed out, and its bytes
};

std::unique_ptr<Device> open_device() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorInsufficientDriver) {  // CUDA's text for it speaks of versions even where there is no driver
    int driver = 0;
    cudaDriverGetVersion(&driver);
    throw Error(SOTTO_UNSUPPORTED, driver == 0 ? "no CUDA device: no NVIDIA driver was found"
                                               : "no CUDA device: the NVIDIA driver is too old for this library");
  }
  if (error != cudaSuccess) {
    throw Error(SOTTO_UNSUPPORTED, std::string("no CUDA device: ") + cudaGetErrorString(error));
  }
  if (count == 0) throw Error(SOTTO_UNSUPPORTED, "no CUDA device: the driver lists none");
  int major = 0;
  SOTTO_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  if (major < 8) {
    throw Error(SOTTO_UNSUPPORTED,
                "no CUDA device: compute capability 8.0 is needed, the GPU's is " + std::to_string(major) + ".x");
  }
  return std::make_unique<Context>();
}

}  // namespace
}  // namespace sotto::cuda

// Opens device 0 and fills the table. On failure *device stays null and reason holds one line, always terminated.
extern "C" __attribute__((visibility("default"))) sotto_status sotto_cuda_open(sotto::Device** device, sotto::Ops* ops,
                                                                               char* reason,
                                                                               int64_t capacity) noexcept {
  const auto fail = [&](sotto_status status, const char* message) {
    if (capacity > 0) std::snprintf(reason, static_cast<size_t>(capacity), "%s", message);
    return status;
  };
  *device = nullptr;
  try {
    std::unique_ptr<sotto::Device> opened = sotto::cuda::open_device();
    *ops = sotto::Ops{};
    ops->add_noise = sotto::cuda::add_noise;
    *device = opened.release();
    return SOTTO_OK;
  } catch (const sotto::Error& error) {
    return fail(error.status, error.what());
  } catch (const std::bad_alloc&) {
    return fail(SOTTO_OUT_OF_MEMORY, "out of host memory");
  } catch (const std::exception& error) {
    return fail(SOTTO_INTERNAL, error.what());
  }
}
