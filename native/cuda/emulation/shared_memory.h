// Shared memory, emulated: found unwritten and out-of-bounds uses.
//
// Every array starts each block filled with the byte 0xff, which reads as NaN or -1: shared memory is not zeroed on a
// GPU either. Guard zones lie before and after each array and are checked when the block ends; an index into an array
// of known size is checked at once by the compiler's bounds sanitizer, whose reports end in fault(). Dynamic shared
// memory is handed out as a span that checks its index.
#pragma once

#include <cstddef>

#include "threads.h"

namespace sotto::emulation {

constexpr size_t kGuardBytes = 256;

// Fills values and guards at an array's first use in a block, and has the guards checked at the block's end.
void enter_shared(const char* name, unsigned char* before, unsigned char* values, size_t bytes, unsigned char* after,
                  uint64_t& block_of_last_use);

template <typename Array>
struct SharedArray {
  const char* name;
  uint64_t block_of_last_use = 0;
  unsigned char before[kGuardBytes] = {};
  alignas(16) unsigned char values[sizeof(Array)] = {};
  unsigned char after[kGuardBytes] = {};

  Array& of_this_block() {
    enter_shared(name, before, values, sizeof values, after, block_of_last_use);
    return *reinterpret_cast<Array*>(values);
  }
};

// The launch's dynamic shared memory.
void* dynamic_shared(size_t* bytes);

// A pointer that knows its end. It behaves like one in expressions such as tile[i] and tile + offset; converted to a
// plain pointer it is no longer checked, but the guard zone behind it is.
template <typename T>
class CheckedSpan {
 public:
  CheckedSpan(T* data, ptrdiff_t count) : data_(data), count_(count) {}
  T& operator[](ptrdiff_t i) const {
    if (i < 0 || i >= count_) {
      fault("index %td is outside the %td elements of dynamic shared memory", i, count_);
    }
    return data_[i];
  }
  CheckedSpan operator+(ptrdiff_t offset) const { return {data_ + offset, count_ - offset}; }
  operator T*() const { return data_; }  // NOLINT: stands for a pointer

 private:
  T* data_;
  ptrdiff_t count_;
};

template <typename T>
CheckedSpan<T> dynamic_shared() {
  size_t bytes;
  T* data = static_cast<T*>(dynamic_shared(&bytes));
  return {data, static_cast<ptrdiff_t>(bytes / sizeof(T))};
}

}  // namespace sotto::emulation
