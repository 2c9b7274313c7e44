// Launches and shared memory, written so that one source serves nvcc and the emulation that the tests run (README.md).
//
//   SOTTO_LAUNCH(kernel, grid, block, bytes of dynamic shared memory, stream, arguments...)
//       A kernel with several template arguments goes into parentheses.
//   SOTTO_SHARED(float, tile, [16][17]);       an array in shared memory
//   SOTTO_DYNAMIC_SHARED(float, tile);         the dynamic shared memory, as a pointer (const auto b = tile + offset)
//
// During a rehearsal (context.cuh) a launch is left out. The GPU's code of a kernel is loaded when it is first needed,
// and takes device memory of the driver's; asking for the kernel's attributes loads it, and SOTTO_CUDA_CHECK_LAUNCH
// reports where that fails.
#pragma once

#include <cstdint>

namespace sotto::cuda {

// Blocks of a launch with one a row; beyond the most a block takes several rows.
inline unsigned row_blocks(int64_t rows) {
  constexpr int64_t kMost = 1 << 30;
  return static_cast<unsigned>(rows < kMost ? rows : kMost);
}

// Whether the call that this thread is in is part of a rehearsal. Set for each call by the table of ops (backend.cu).
inline thread_local bool rehearsing = false;

}  // namespace sotto::cuda

#if defined(__CUDACC__)

#define SOTTO_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)      \
  do {                                                                    \
    if (::sotto::cuda::rehearsing) {                                      \
      cudaFuncAttributes unused;                                          \
      cudaFuncGetAttributes(&unused, kernel);                             \
    } else {                                                              \
      kernel<<<(grid), (block), (shared_bytes), (stream)>>>(__VA_ARGS__); \
    }                                                                     \
  } while (false)

#define SOTTO_SHARED(type, name, extents) __shared__ type name extents

#define SOTTO_DYNAMIC_SHARED(type, name)                                \
  extern __shared__ __align__(16) unsigned char sotto_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(sotto_dynamic_shared)

#else

#include "emulation/shared_memory.h"
#include "emulation/threads.h"

#define SOTTO_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                                               \
  do {                                                                                                             \
    static_cast<void>(static_cast<cudaStream_t>(stream));                                                          \
    if (!::sotto::cuda::rehearsing) {                                                                              \
      ::sotto::emulation::launch(#kernel, reinterpret_cast<const void*>(&kernel), (grid), (block), (shared_bytes), \
                                 [&] { kernel(__VA_ARGS__); });                                                    \
    }                                                                                                              \
  } while (false)

#define SOTTO_SHARED(type, name, extents)                                           \
  static ::sotto::emulation::SharedArray<type extents> name##_of_all_blocks{#name}; \
  auto& name = name##_of_all_blocks.of_this_block()

#define SOTTO_DYNAMIC_SHARED(type, name) const auto name = ::sotto::emulation::dynamic_shared<type>()

#endif
