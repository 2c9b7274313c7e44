// Marks arithmetic that the CPU kernels (compiled once an instruction set) and the CUDA kernels share.
//
// The functions are static, so that a copy compiled with AVX-512 flags can never be the one the linker picks for a
// caller that runs on an older machine. They are always inlined, so that loops over them vectorise.
#pragma once

#if defined(__CUDACC__)
#define SOTTO_HOST_DEVICE static __forceinline__ __host__ __device__
#else
#define SOTTO_HOST_DEVICE static inline __attribute__((always_inline))
#endif
