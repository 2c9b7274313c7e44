// The CUDA device: memory, what `describe` says, and the table of kernels.
//
// The CUDA runtime is linked statically and looks for the driver at its first call: this library loads on a machine
// without a GPU or driver and says so when it is opened.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "check.cuh"
#include "context.cuh"
#include "launch.cuh"
#include "ops.h"
#include "plugin.h"

namespace sotto::cuda {
namespace {

constexpr size_t kCublasWorkspace = size_t{32} << 20;  // what NVIDIA advises for Hopper; older GPUs need less

// Zeroed device memory. Running out of it leaves the device as it was.
void* allocate_zeroed(int64_t bytes, const char* what) {
  const size_t size = static_cast<size_t>(bytes < 64 ? 64 : bytes);  // CUDA answers 0 bytes with a null pointer
  void* memory = nullptr;
  const cudaError_t error = cudaMalloc(&memory, size);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    size_t free = 0, total = 0;
    SOTTO_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    throw Error(SOTTO_OUT_OF_MEMORY, "cannot allocate " + std::to_string(bytes) + " bytes " + what +
                                         " on the GPU: " + std::to_string(free) + " of " + std::to_string(total) +
                                         " are free; a smaller batch needs less");
  }
  SOTTO_CUDA_CHECK(error);
  const cudaError_t zeroed = cudaMemset(memory, 0, size);
  if (zeroed != cudaSuccess) cudaFree(memory);
  SOTTO_CUDA_CHECK(zeroed);
  return memory;
}

std::string version(int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); }

}  // namespace

Context::Context(sotto_purpose purpose) : purpose_(purpose) {
  SOTTO_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, 0));
  int major = 0, minor = 0;
  SOTTO_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  SOTTO_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0));
  architecture_ = "sm_" + std::to_string(major) + std::to_string(minor);
  cublas_ = Cublas::find(purpose, &why_no_cublas_);
  if (cublas_ != nullptr) cublas_->use_workspace(allocate(kCublasWorkspace), kCublasWorkspace);
}

Context::~Context() {
  cublas_.reset();
  // At the end nobody is left to hear of an error.
  for (const auto& block : live_) cudaFree(block.first);
  cudaFree(scratch_);
  for (cudaEvent_t event : timer_) {
    if (event != nullptr) cudaEventDestroy(event);
  }
}

sotto_traits Context::traits() const {
  return {SOTTO_GPU, 0, cublas_ != nullptr ? 1 : 0, SOTTO_BF16, architecture_.c_str()};
}

std::string Context::describe() const {
  cudaDeviceProp properties{};
  int driver = 0, runtime = 0;
  SOTTO_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
  SOTTO_CUDA_CHECK(cudaDriverGetVersion(&driver));
  SOTTO_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
  return std::string("cuda gpu=") + properties.name + " sm=" + std::to_string(properties.major) + "." +
         std::to_string(properties.minor) + " memory=" + std::to_string(properties.totalGlobalMem >> 20) +
         "MiB driver=" + version(driver) + " runtime=" + version(runtime) + " blas=" +
         (cublas_ == nullptr          ? "built-in (" + why_no_cublas_ + ")"
          : purpose_ == SOTTO_PRIVATE ? cublas_->description() + " (in equal blocks, each matrix tested first)"
                                      : cublas_->description());
}

void* Context::allocate(int64_t bytes) {
  if (rehearsing_) {
    throw Error(SOTTO_INVALID_ARGUMENT, "a rehearsed step wants " + std::to_string(bytes) +
                                            " bytes of memory: allocate what a step needs before rehearsing it");
  }
  void* memory = allocate_zeroed(bytes, "of memory");
  try {
    live_.emplace(memory, bytes);
  } catch (...) {
    cudaFree(memory);
    throw;
  }
  ++allocations;
  live_bytes += bytes;
  return memory;
}

void Context::release(void* memory) {
  if (memory == nullptr) return;
  const auto found = live_.find(memory);
  if (found == live_.end()) {
    throw Error(SOTTO_INVALID_ARGUMENT, "free: this memory is not (or no longer) of this backend");
  }
  live_bytes -= found->second;
  live_.erase(found);
  SOTTO_CUDA_CHECK(cudaFree(memory));
}

void Context::upload(void* device, const void* host, int64_t bytes) {
  if (rehearsing_) return;
  SOTTO_CUDA_CHECK(cudaMemcpy(device, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice));
}

void Context::download(void* host, const void* device, int64_t bytes) {
  if (rehearsing_) {
    std::memset(host, 0, static_cast<size_t>(bytes));
    return;
  }
  SOTTO_CUDA_CHECK(cudaMemcpy(host, device, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost));
}

void Context::zero(void* device, int64_t bytes) {
  if (rehearsing_) return;
  SOTTO_CUDA_CHECK(cudaMemset(device, 0, static_cast<size_t>(bytes)));
}

void Context::start_timer() {
  for (cudaEvent_t& event : timer_) {
    if (event == nullptr) SOTTO_CUDA_CHECK(cudaEventCreate(&event));
  }
  SOTTO_CUDA_CHECK(cudaEventRecord(timer_[0], nullptr));
  timing_ = true;
}

double Context::stop_timer() {
  if (!timing_) throw Error(SOTTO_INVALID_ARGUMENT, "the timer was not started");
  timing_ = false;
  SOTTO_CUDA_CHECK(cudaEventRecord(timer_[1], nullptr));
  SOTTO_CUDA_CHECK(cudaEventSynchronize(timer_[1]));  // also shows what went wrong in the kernels between
  float milliseconds = 0;
  SOTTO_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, timer_[0], timer_[1]));
  return milliseconds * 1e-3;
}

void* Context::scratch(int64_t bytes) {
  if (rehearsing_) {
    alignas(256) static unsigned char stand_in[256];
    rehearsed_bytes_ = std::max(rehearsed_bytes_, bytes);
    return stand_in;
  }
  if (bytes > scratch_bytes_) grow_scratch(bytes);
  return scratch_;
}

void Context::rehearse(bool on) {
  if (on == rehearsing_) {
    throw Error(SOTTO_INVALID_ARGUMENT, on ? "a rehearsal has begun already" : "no rehearsal has begun");
  }
  rehearsing_ = on;
  if (on) {
    rehearsed_bytes_ = 0;
  } else if (rehearsed_bytes_ > scratch_bytes_) {
    grow_scratch(rehearsed_bytes_);
  }
}

void Context::grow_scratch(int64_t bytes) {
  // The old memory goes first, or both would have to fit. cudaFree waits for the kernels that still use it.
  SOTTO_CUDA_CHECK(cudaFree(scratch_));
  live_bytes -= scratch_bytes_;
  scratch_ = nullptr;
  scratch_bytes_ = 0;
  scratch_ = allocate_zeroed(bytes, "of scratch memory");
  scratch_bytes_ = bytes;
  live_bytes += bytes;
  ++allocations;
}

namespace {

std::unique_ptr<Device> open_device(sotto_purpose purpose) {
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
  return std::make_unique<Context>(purpose);
}

// An op's entry in the table: the op, and for as long as it runs, whether its launches are to be left out.
template <typename Request, void (*kOp)(Device&, const Request&)>
void entry(Device& device, const Request& args) {
  struct Scope {
    explicit Scope(bool on) { rehearsing = on; }
    ~Scope() { rehearsing = false; }
  } const scope(context(device).rehearsing());
  kOp(device, args);
}

Ops table() {
  Ops ops{};
#define SOTTO_ENTER_REHEARSED(op) ops.op = entry<sotto_##op##_request, op>;
  SOTTO_EACH_OP(SOTTO_ENTER_REHEARSED)
#undef SOTTO_ENTER_REHEARSED
  return ops;
}

}  // namespace
}  // namespace sotto::cuda

extern "C" {

SOTTO_API const sotto::AbiPart* sotto_plugin_abi(int64_t* count) noexcept { return sotto::abi_parts(count); }

// Opens device 0.
SOTTO_API sotto_status sotto_plugin_open(sotto_purpose purpose, sotto::Device** device, sotto::Ops* ops, char* reason,
                                         int64_t capacity) noexcept {
  const auto fail = [&](sotto_status status, const char* message) {
    if (capacity > 0) std::snprintf(reason, static_cast<size_t>(capacity), "%s", message);
    return status;
  };
  *device = nullptr;
  try {
    std::unique_ptr<sotto::Device> opened = sotto::cuda::open_device(purpose);
    *ops = sotto::cuda::table();
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

}  // extern "C"
