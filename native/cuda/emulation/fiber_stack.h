// The jumps between the scheduler and a fiber, and what AddressSanitizer is told of them, so that it knows which stack
// is in use. Its own longjmp, and its calls before whatever does not return, ask the kernel for the signal stack at
// every jump, which is most of a test's time: under it the compiler's jumps are taken, in functions that it does not
// watch.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define SOTTO_JUMPS __attribute__((no_sanitize_address, noinline))
#define SOTTO_MARK(place) __builtin_setjmp(place)
#define SOTTO_JUMP(place) __builtin_longjmp(place, 1)
#else
#include <setjmp.h>
#define SOTTO_JUMPS __attribute__((noinline))
#define SOTTO_MARK(place) _setjmp(place)
#define SOTTO_JUMP(place) _longjmp(place, 1)
#endif

namespace sotto::emulation {

#ifdef __SANITIZE_ADDRESS__
using JumpPlace = void* [5];
#else
using JumpPlace = jmp_buf;
#endif

// A stack that is left and returned to. The scheduler's own is learned when a fiber is first reached.
class FiberStack {
 public:
  FiberStack() = default;
  FiberStack(const void* bottom, size_t bytes) : bottom_(bottom), bytes_(bytes) {}

#ifdef __SANITIZE_ADDRESS__
  void leave_for(const FiberStack& next) { __sanitizer_start_switch_fiber(&fake_, next.bottom_, next.bytes_); }
  void arrive_from(FiberStack& last) { __sanitizer_finish_switch_fiber(fake_, &last.bottom_, &last.bytes_); }
#else
  void leave_for(const FiberStack&) {}
  void arrive_from(FiberStack&) {}
#endif

 private:
  const void* bottom_ = nullptr;
  size_t bytes_ = 0;
  void* fake_ = nullptr;  // the sanitizer's frames of this stack
};

}  // namespace sotto::emulation
