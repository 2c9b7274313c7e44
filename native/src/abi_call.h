// What every ABI function does around its kernel: refuse a dead backend, check arguments, catch everything.
#pragma once

#include <cstdint>
#include <new>
#include <string>

#include "backend.h"

namespace sotto {

// Keeps the message for sotto_last_error and returns status. Never throws: a message that cannot be stored is cut.
sotto_status report(sotto_status status, const char* function, const char* message) noexcept;
void clear_last_error() noexcept;

// Argument checks of one call. Each throws Error(SOTTO_INVALID_ARGUMENT) naming the argument and the fix.
namespace check {

// No count, row or product of two of them may come near the range of int64 in bytes.
constexpr int64_t kMaxCount = int64_t{1} << 48;

[[noreturn]] inline void fail(const std::string& message) { throw Error(SOTTO_INVALID_ARGUMENT, message); }

inline void require(bool holds, const char* message) {
  if (!holds) fail(message);
}

inline void range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    fail(std::string(name) + " is " + std::to_string(value) + ", must be in " + std::to_string(low) + ".." +
         std::to_string(high));
  }
}

inline void count(const char* name, int64_t value) { range(name, value, 0, kMaxCount); }

// The product of two counts, checked: elements of a matrix.
inline int64_t product(const char* name, int64_t a, int64_t b) {
  count(name, a);
  count(name, b);
  if (b != 0 && a > kMaxCount / b) fail(std::string(name) + ": too many elements");
  return a * b;
}

inline void pointer(const char* name, const void* value, int64_t elements = 1) {
  if (value == nullptr && elements > 0) fail(std::string(name) + " is null");
}

// A matrix of rows x columns: counts, leading dimension and pointer.
inline void matrix(const char* name, const void* data, int64_t rows, int64_t columns, int64_t ld) {
  const int64_t elements = product(name, rows, columns);
  if (ld < columns) {
    fail(std::string("the leading dimension of ") + name + " is " + std::to_string(ld) + ", must be at least " +
         std::to_string(columns));
  }
  product(name, rows, ld);
  pointer(name, data, elements);
}

}  // namespace check

// Runs body and turns what it throws into a status.
template <typename Body>
sotto_status guarded(const char* function, sotto_backend* backend, Body&& body) noexcept {
  try {
    clear_last_error();
    if (backend == nullptr) check::fail("backend is null");
    if (backend->dead) throw Error(SOTTO_CUDA_FATAL, "this backend met a fatal CUDA error and refuses further use");
    body();
    return SOTTO_OK;
  } catch (const Error& error) {
    if (error.status == SOTTO_CUDA_FATAL && backend != nullptr) backend->dead = true;
    return report(error.status, function, error.what());
  } catch (const std::bad_alloc&) {
    return report(SOTTO_OUT_OF_MEMORY, function, "out of host memory");
  } catch (const std::exception& error) {
    return report(SOTTO_INTERNAL, function, error.what());
  } catch (...) {
    return report(SOTTO_INTERNAL, function, "unknown exception");
  }
}

// The kernel, or "unsupported" where the backend's table has none.
template <typename Kernel>
Kernel available(Kernel kernel) {
  if (kernel == nullptr) throw Error(SOTTO_UNSUPPORTED, "this backend has no such kernel");
  return kernel;
}

}  // namespace sotto
