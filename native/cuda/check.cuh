// Every CUDA call and launch goes through here: a failure becomes an Error that names the call and its place.
#pragma once

#include <cuda_runtime.h>

#include <cstring>
#include <string>

#include "backend.h"

namespace sotto::cuda {

// A sticky error (an illegal address, a failed assertion) has destroyed the CUDA context: every later call reports it
// again, and only a new process helps. Others concern one call.
inline sotto_status status_of(cudaError_t error) {
  cudaGetLastError();  // clears an error of one call; a sticky one stays and shows in the next line
  if (cudaDeviceSynchronize() != cudaSuccess) return SOTTO_CUDA_FATAL;
  return error == cudaErrorMemoryAllocation ? SOTTO_OUT_OF_MEMORY : SOTTO_CUDA_ERROR;
}

inline void check(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  const char* slash = std::strrchr(file, '/');
  throw Error(status_of(error), std::string(slash == nullptr ? file : slash + 1) + ":" + std::to_string(line) + ": " +
                                    call + ": " + cudaGetErrorString(error));
}

}  // namespace sotto::cuda

#define SOTTO_CUDA_CHECK(call) ::sotto::cuda::check((call), #call, __FILE__, __LINE__)

// After a launch: reports a launch that was refused. What goes wrong while a kernel runs shows at the next call that
// waits for it.
#define SOTTO_CUDA_CHECK_LAUNCH() SOTTO_CUDA_CHECK(cudaGetLastError())
