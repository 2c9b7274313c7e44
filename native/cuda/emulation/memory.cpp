// Device memory between guard zones, and the state of the emulated runtime. See cuda_runtime.h.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

#include "cuda_runtime.h"

namespace sotto::emulation {
namespace {

constexpr unsigned char kGuard = 0xa5;
constexpr size_t kTotal = size_t{16} << 30;  // more than a test should ask for

struct State {
  std::mutex mutex;
  std::map<void*, size_t> live;  // memory handed out, and its bytes
  size_t bytes = 0;
  std::map<const void*, size_t> allowed;
  cudaError_t last_error = cudaSuccess;
  bool broken = false;  // by a sticky error
  char text[512] = "";
  char damage[160] = "";
};

State& state() {
  static State the;
  return the;
}

void fill_guards(unsigned char* memory, size_t bytes) {
  std::memset(memory - kGuardBytes, kGuard, kGuardBytes);
  std::memset(memory + bytes, kGuard, kGuardBytes);
}

bool whole(const unsigned char* guard) {
  return std::all_of(guard, guard + kGuardBytes, [](unsigned char byte) { return byte == kGuard; });
}

// "" or what is wrong around this memory; mends it.
const char* damage(unsigned char* memory, size_t bytes) {
  const bool before = whole(memory - kGuardBytes), behind = whole(memory + bytes);
  if (before && behind) return "";
  std::snprintf(state().damage, sizeof state().damage, "a write %s a device allocation of %zu bytes",
                before ? "behind" : "before", bytes);
  fill_guards(memory, bytes);
  return state().damage;
}

cudaError_t failed(cudaError_t error) {
  state().last_error = error;
  state().text[0] = '\0';
  return error;
}

}  // namespace

void set_last_error(cudaError_t error, const char* text) {
  state().last_error = error;
  state().broken = error == cudaErrorLaunchFailure && std::getenv("SOTTO_EMULATED_STICKY_ERRORS") != nullptr;
  std::snprintf(state().text, sizeof state().text, "%s", text);
}

size_t allowed_dynamic_shared(const void* kernel) {
  const auto found = state().allowed.find(kernel);
  return found == state().allowed.end() ? 48 << 10 : found->second;
}

const char* damaged_device_memory() {
  const std::lock_guard<std::mutex> lock(state().mutex);
  for (const auto& [memory, bytes] : state().live) {
    const char* found = damage(static_cast<unsigned char*>(memory), bytes);
    if (*found != '\0') return found;
  }
  return "";
}

}  // namespace sotto::emulation

using sotto::emulation::failed;
using sotto::emulation::kGuardBytes;
using sotto::emulation::state;

cudaError_t cudaGetDeviceCount(int* count) {
  if (state().broken) state().last_error = cudaSuccess;  // a backend that is opened anew stands for a new process
  state().broken = false;
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"emulated on the host", sotto::emulation::kTotal, 8, 0, 4};
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 8 : attribute == cudaDevAttrComputeCapabilityMinor ? 0 : 4;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = 0;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 0;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = state().last_error;
  if (!state().broken) state().last_error = cudaSuccess;
  return error;
}

const char* cudaGetErrorString(cudaError_t error) {
  if ((error == cudaErrorLaunchFailure || error == cudaErrorInvalidConfiguration) && state().text[0] != '\0') {
    return state().text;
  }
  return error == cudaSuccess ? "no error" : error == cudaErrorMemoryAllocation ? "out of memory" : "invalid argument";
}

cudaError_t cudaDeviceSynchronize() { return state().broken ? cudaErrorLaunchFailure : cudaSuccess; }

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  static_assert(kGuardBytes % 256 == 0, "device memory is aligned to 256 bytes");
  void* block = nullptr;
  if (bytes > sotto::emulation::kTotal - state().bytes ||
      (block = std::aligned_alloc(256, (bytes + 2 * kGuardBytes + 255) / 256 * 256)) == nullptr) {
    return failed(cudaErrorMemoryAllocation);
  }
  unsigned char* inner = static_cast<unsigned char*>(block) + kGuardBytes;
  std::memset(inner, 0xff, bytes);
  sotto::emulation::fill_guards(inner, bytes);
  state().live.emplace(inner, bytes);
  state().bytes += bytes;
  *memory = inner;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  if (memory == nullptr) return cudaSuccess;
  const auto found = state().live.find(memory);
  if (found == state().live.end()) return failed(cudaErrorInvalidValue);
  const bool whole = *sotto::emulation::damage(static_cast<unsigned char*>(memory), found->second) == '\0';
  state().bytes -= found->second;
  state().live.erase(found);
  std::free(static_cast<unsigned char*>(memory) - kGuardBytes);
  return whole ? cudaSuccess : failed(cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = sotto::emulation::kTotal;
  *free = sotto::emulation::kTotal - state().bytes;
  return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int value, size_t bytes) {
  if (bytes > 0) std::memset(memory, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  if (bytes > 0) std::memcpy(to, from, bytes);
  return cudaSuccess;
}

cudaError_t sotto_allow_dynamic_shared(const void* kernel, cudaFuncAttribute, int bytes) {
  if (bytes < 0) return failed(cudaErrorInvalidValue);
  state().allowed[kernel] = static_cast<size_t>(bytes);
  return cudaSuccess;
}
