// The threads of a block, emulated: what a kernel may call, and the launch that runs it.
//
// A block's threads are fibers of one host thread. A fiber runs until it waits (__syncthreads, a warp's exchange) or
// ends; when none can go on, waits that are complete are released, and a wait that can never be complete is a fault.
// Blocks run one after the other, odd ones with their threads in reverse order, so that a missing barrier has a chance
// to show. A fault stops the launch; the next cudaGetLastError reports it with kernel, block and thread.
//
// This is for tests: it finds wrong results, wrong barriers and writes out of bounds on a machine without a GPU. It
// says nothing about speed, and nothing about races that these orders of threads do not show.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

// Set before a fiber runs. Plain globals: one launch runs at a time, on one host thread.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace sotto::emulation {

// Where in the source a thread waits. Threads that wait together must wait at the same place.
struct Site {
  const char* call;
  const char* file;
  int line;
};

// What the lanes of a warp brought to an exchange.
struct Exchange {
  uint64_t value[32];
  unsigned present;  // a bit a lane
};

// Ends the launch with a message; never returns to the kernel.
[[noreturn]] void fault(const char* format, ...) __attribute__((format(printf, 1, 2)));

void wait_for_block(const Site& site);
// Waits until every lane in mask that has not ended is at the same site with the same mask.
const Exchange& wait_for_warp(unsigned mask, uint64_t value, const Site& site);
int lane();

// Runs body once a thread. Configuration errors and faults show in cudaGetLastError.
void launch(const char* kernel, const void* function, dim3 grid, dim3 block, size_t shared_bytes, void (*body)(void*),
            void* argument);

template <typename Body>
void launch(const char* kernel, const void* function, dim3 grid, dim3 block, size_t shared_bytes, Body body) {
  launch(
      kernel, function, grid, block, shared_bytes, [](void* b) { (*static_cast<Body*>(b))(); }, &body);
}

template <typename T>
T value_of_lane(const Exchange& exchange, int source, const Site& site) {
  if ((exchange.present >> source & 1) == 0) {
    fault("%s:%d: %s reads lane %d, which does not take part", site.file, site.line, site.call, source);
  }
  T value;
  std::memcpy(&value, &exchange.value[source], sizeof value);
  return value;
}

template <typename T>
uint64_t bits(T value) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>, "a lane exchanges 4 or 8 bytes");
  uint64_t word = 0;
  std::memcpy(&word, &value, sizeof value);
  return word;
}

}  // namespace sotto::emulation

// The defaults are evaluated where the kernel calls.
#define SOTTO_SITE_PARAMETERS const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(SOTTO_SITE_PARAMETERS) { sotto::emulation::wait_for_block({"__syncthreads", file, line}); }

inline void __syncwarp(unsigned mask = ~0u, SOTTO_SITE_PARAMETERS) {
  sotto::emulation::wait_for_warp(mask, 0, {"__syncwarp", file, line});
}

// Shuffles: width, a power of two, splits the warp; a lane that would read beyond its part reads itself.
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, SOTTO_SITE_PARAMETERS) {
  const sotto::emulation::Site site{"__shfl_down_sync", file, line};
  const auto& all = sotto::emulation::wait_for_warp(mask, sotto::emulation::bits(value), site);
  const int own = sotto::emulation::lane(), source = own + static_cast<int>(delta);
  return sotto::emulation::value_of_lane<T>(all, source / width == own / width ? source : own, site);
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, SOTTO_SITE_PARAMETERS) {
  const sotto::emulation::Site site{"__shfl_up_sync", file, line};
  const auto& all = sotto::emulation::wait_for_warp(mask, sotto::emulation::bits(value), site);
  const int own = sotto::emulation::lane(), source = own - static_cast<int>(delta);
  return sotto::emulation::value_of_lane<T>(all, source >= own / width * width ? source : own, site);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, SOTTO_SITE_PARAMETERS) {
  const sotto::emulation::Site site{"__shfl_xor_sync", file, line};
  const auto& all = sotto::emulation::wait_for_warp(mask, sotto::emulation::bits(value), site);
  const int own = sotto::emulation::lane(), source = own ^ lane_mask;
  return sotto::emulation::value_of_lane<T>(all, source / width <= own / width ? source : own, site);
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, SOTTO_SITE_PARAMETERS) {
  const sotto::emulation::Site site{"__shfl_sync", file, line};
  const auto& all = sotto::emulation::wait_for_warp(mask, sotto::emulation::bits(value), site);
  const int own = sotto::emulation::lane();
  return sotto::emulation::value_of_lane<T>(all, own / width * width + (source & (width - 1)), site);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, SOTTO_SITE_PARAMETERS) {
  const auto& all = sotto::emulation::wait_for_warp(mask, predicate != 0, {"__ballot_sync", file, line});
  unsigned votes = 0;
  for (int l = 0; l < 32; ++l) votes |= (all.present >> l & 1) != 0 && all.value[l] != 0 ? 1u << l : 0;
  return votes;
}

inline int __any_sync(unsigned mask, int predicate, SOTTO_SITE_PARAMETERS) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, SOTTO_SITE_PARAMETERS) {
  return __ballot_sync(mask, predicate == 0, file, line) == 0;
}

// Atomics, on whole numbers alone: the order of floating-point atomics, and with it the bits of a sum, would depend on
// timing. Fibers are never interrupted, so plain reads and writes are atomic here.
template <typename T, typename Change>
T sotto_atomic(T* place, Change change) {
  static_assert(std::is_integral_v<T>, "floating-point atomics would make the bits of a sum depend on timing");
  const T before = *place;
  *place = change(before);
  return before;
}
template <typename T>
T atomicAdd(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return static_cast<T>(old + value); });
}
template <typename T>
T atomicMax(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return std::max(old, value); });
}
template <typename T>
T atomicMin(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return std::min(old, value); });
}
template <typename T>
T atomicOr(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return static_cast<T>(old | value); });
}
template <typename T>
T atomicAnd(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return static_cast<T>(old & value); });
}
template <typename T>
T atomicExch(T* place, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T) { return value; });
}
template <typename T>
T atomicCAS(T* place, std::common_type_t<T> expected, std::common_type_t<T> value) {
  return sotto_atomic(place, [&](T old) { return old == expected ? value : old; });
}

template <typename T>
T __ldg(const T* place) {
  return *place;
}
inline void __threadfence() {}
inline void __threadfence_block() {}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
using std::max;
using std::min;

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
