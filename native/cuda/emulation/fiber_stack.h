// Tells AddressSanitizer of a jump between the scheduler and a fiber, so that it knows which stack is in use. Without
// that sanitizer nothing is done.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace sotto::emulation {

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
