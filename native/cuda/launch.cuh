// Launches and shared memory, written so that one source serves nvcc and the emulation that the tests run (README.md).
//
//   SOTTO_LAUNCH(kernel, grid, block, bytes of dynamic shared memory, stream, arguments...)
//       A kernel with several template arguments goes into parentheses.
//   SOTTO_SHARED(float, tile, [16][17]);       an array in shared memory
//   SOTTO_DYNAMIC_SHARED(float, tile);         the dynamic shared memory, as a pointer (const auto b = tile + offset)
#pragma once

#if defined(__CUDACC__)

#define SOTTO_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  kernel<<<(grid), (block), (shared_bytes), (stream)>>>(__VA_ARGS__)

#define SOTTO_SHARED(type, name, extents) __shared__ type name extents

#define SOTTO_DYNAMIC_SHARED(type, name)                                \
  extern __shared__ __align__(16) unsigned char sotto_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(sotto_dynamic_shared)

#else

#include "emulation/shared_memory.h"
#include "emulation/threads.h"

#define SOTTO_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                                            \
  (static_cast<void>(static_cast<cudaStream_t>(stream)),                                                        \
   ::sotto::emulation::launch(#kernel, reinterpret_cast<const void*>(&kernel), (grid), (block), (shared_bytes), \
                              [&] { kernel(__VA_ARGS__); }))

#define SOTTO_SHARED(type, name, extents)                                           \
  static ::sotto::emulation::SharedArray<type extents> name##_of_all_blocks{#name}; \
  auto& name = name##_of_all_blocks.of_this_block()

#define SOTTO_DYNAMIC_SHARED(type, name) const auto name = ::sotto::emulation::dynamic_shared<type>()

#endif
