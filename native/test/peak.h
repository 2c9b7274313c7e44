// What one core does at most: FMAs in f32, and VDPBF16PS, in registers alone.
#pragma once

#include <time.h>

#include <cstdint>
#include <string>

namespace sotto::test {

// Seconds of processor time of this process: on a machine with other load, the time that a call takes of its own.
inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

#if defined(__x86_64__)

// Independent sums, more than latency times units; written out, because a compiler would keep them in memory. AVX-512
// has registers for two dozen, which VDPBF16PS with its longer latency needs.
#define SOTTO_SIX(op, width, a, b, c, d, e, f)                                                                         \
  op " %%" width "13,%%" width "12,%%" width a "\n" op " %%" width "13,%%" width "12,%%" width b "\n" op " %%" width   \
     "13,%%" width "12,%%" width c "\n" op " %%" width "13,%%" width "12,%%" width d "\n" op " %%" width "13,%%" width \
     "12,%%" width e "\n" op " %%" width "13,%%" width "12,%%" width f "\n"
#define SOTTO_DOZEN(op, width) \
  SOTTO_SIX(op, width, "0", "1", "2", "3", "4", "5") SOTTO_SIX(op, width, "6", "7", "8", "9", "10", "11")
#define SOTTO_TWO_DOZEN(op) \
  SOTTO_DOZEN(op, "zmm")    \
  SOTTO_SIX(op, "zmm", "14", "15", "16", "17", "18", "19") SOTTO_SIX(op, "zmm", "20", "21", "22", "23", "24", "25")
#define SOTTO_SUMS \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15"

// FLOPs a second of the fastest of many short runs.
template <typename Loop>
double peak(double flops_a_loop, Loop loop) {
  constexpr int kRuns = 1000, kLoops = 2000;
  double fastest = 1e9;
  for (int run = 0; run < kRuns; run++) {
    asm volatile("vzeroall" ::: SOTTO_SUMS, "xmm12", "xmm13");
    const double begin = processor_seconds();
    for (int i = 0; i < kLoops; i++) loop();
    const double taken = processor_seconds() - begin;
    if (taken < fastest) fastest = taken;
  }
  return flops_a_loop * kLoops / fastest;
}

// The limit of a kernel for products with this ISA on one core; 0: not known.
inline double peak_of(const std::string& isa, bool bf16) {
  const bool avx512 = isa == "avx512_bf16" || isa == "avx512";
  if (isa == "avx512_bf16" && bf16) {
    return peak(48 * 64, [] { asm volatile(SOTTO_TWO_DOZEN("vdpbf16ps") SOTTO_TWO_DOZEN("vdpbf16ps")::: SOTTO_SUMS); });
  }
  if (avx512) {
    return peak(48 * 32, [] {
      asm volatile(SOTTO_TWO_DOZEN("vfmadd231ps") SOTTO_TWO_DOZEN("vfmadd231ps")::: SOTTO_SUMS);
    });
  }
  if (isa != "avx2") return 0;
  return peak(24 * 16, [] {
    asm volatile(SOTTO_DOZEN("vfmadd231ps", "ymm") SOTTO_DOZEN("vfmadd231ps", "ymm")::: SOTTO_SUMS);
  });
}

#undef SOTTO_TWO_DOZEN
#undef SOTTO_DOZEN
#undef SOTTO_SIX
#undef SOTTO_SUMS

#else
inline double peak_of(const std::string&, bool) { return 0; }
#endif

}  // namespace sotto::test
