// Checks of what a call is given, before any of it is touched. Each throws Error(SOTTO_INVALID_ARGUMENT) naming the
// argument and the fix. The contents of device memory (ids, starts, targets) are not readable here for every backend:
// the CPU kernels check those themselves.
#pragma once

#include <cstdint>
#include <string>

#include "backend.h"

namespace sotto {

// One an op: what its request must hold on every backend, in cpu/<op>_reference.cpp beside the op's definition.
#define SOTTO_DECLARE_CHECK(op) void check_request(const sotto_##op##_request& args);
SOTTO_EACH_OP(SOTTO_DECLARE_CHECK)
#undef SOTTO_DECLARE_CHECK

namespace check {

// No count, row or product of two of them may come near the range of int64 in bytes.
constexpr int64_t kMaxCount = int64_t{1} << 48;

[[noreturn]] inline void fail(const std::string& message) { throw Error(SOTTO_INVALID_ARGUMENT, message); }

inline void require(bool holds, const char* message) {
  if (!holds) fail(message);
}

void range(const char* name, int64_t value, int64_t low, int64_t high);
inline void count(const char* name, int64_t value) { range(name, value, 0, kMaxCount); }
void finite(const char* name, double value);

// The product of two counts, checked: elements of a matrix.
int64_t product(const char* name, int64_t a, int64_t b);

inline void pointer(const char* name, const void* value, int64_t elements = 1) {
  if (value == nullptr && elements > 0) fail(std::string(name) + " is null");
}

// A matrix of rows x columns: counts, leading dimension and pointer.
void matrix(const char* name, const void* data, int64_t rows, int64_t columns, int64_t ld);

// Parts of more than one request.
void epsilon(float epsilon);
// Heads of `width` channels that begin `stride` apart. The name of the width.
void strided_heads(int64_t heads, int64_t width, int64_t stride, const char* name);
// A cap on scores or logits: 0 for none.
void cap(float cap);
void quantum(double quantum);
void lora(int64_t rows, const sotto_lora_shape& shape, int64_t most_rank = 256);
void factors(const sotto_pair_factors& factors);
void noise(const sotto_noise& noise);
void sgd(int64_t parameters, const sotto_sgd& update);
void adamw(int64_t parameters, const sotto_adamw& update, const char* counter = "step");

}  // namespace check
}  // namespace sotto
