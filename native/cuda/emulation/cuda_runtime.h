// The part of the CUDA runtime that the backend calls, on the host: found instead of NVIDIA's header of the same name.
#pragma once

#include <cstddef>

#include "shared_memory.h"
#include "threads.h"

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
using cudaStream_t = void*;

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor;
  int multiProcessorCount;
};

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
// Reports the last error and forgets it. Unlike on a GPU a launch failure is forgotten too, so that one test's fault is
// not the next one's; with the environment variable SOTTO_EMULATED_STICKY_ERRORS it stays, as on a GPU.
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaDeviceSynchronize();

// Device memory lies between guard zones, which every launch and cudaFree check; it starts as 0xff, not zero.
cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMemset(void* memory, int value, size_t bytes);
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);

// Events stamp the host's steady clock: work is done when its launch returns, so an event is reached when recorded.
// Reading one that was never recorded, or is gone, is an error, as on a GPU.
using cudaEvent_t = struct sotto_emulated_event*;
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop);

// A launch with more than 48 KiB of dynamic shared memory is refused unless its kernel was allowed it here.
cudaError_t sotto_allow_dynamic_shared(const void* kernel, cudaFuncAttribute attribute, int bytes);
template <typename Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute attribute, int bytes) {
  return sotto_allow_dynamic_shared(reinterpret_cast<const void*>(kernel), attribute, bytes);
}

namespace sotto::emulation {

// What the launch and the memory tell the runtime.
void set_last_error(cudaError_t error, const char* text);
size_t allowed_dynamic_shared(const void* kernel);
// The first damaged guard zone of device memory as text, "" if all are whole. A damaged one is mended.
const char* damaged_device_memory();

}  // namespace sotto::emulation
