// Whether a foreign library's product treats every row of a block alike. Private training asks a BLAS one question
// only, a fixed number of rows by one matrix B; what is to be shown is that within this call the bits of a row of C
// follow from its row of A alone, whatever its place and whatever stands in the others.
//
// Rows of one sum are added up in one order or another, so two kernels that differ in it give some of a row's n values
// other bits with near certainty, and rows of random numbers will do. Each kind of dependence is asked for by itself:
// on the call (the same one twice), on the place (one row in all places), on the company (rows moved along and turned
// around; one row alone among zeros, which fill up short blocks, and among NaN).
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

namespace sotto {

// `multiply` computes c [rows, n] from a [rows, k]. source: [rows, k]; expected: [rows, n]; all are memory of the
// caller's, in which expected ends as the product of the rows in source. Null, or what was found.
template <typename Multiply>
const char* dependent_rows(int64_t rows, int64_t n, int64_t k, float* source, float* a, float* expected, float* c,
                           const Multiply& multiply) {
  uint64_t state = 1;
  for (int64_t i = 0; i < rows * k; i++) {  // SplitMix64: signs and sizes mixed, so that every order rounds otherwise
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    const float size = static_cast<float>(1 << (z & 7));
    source[i] = size * (static_cast<float>(z >> 40) * 0x1p-23f - 1.0f);
  }
  const auto put = [&](int64_t place, int64_t row) {
    std::memcpy(a + place * k, source + row * k, static_cast<size_t>(k) * sizeof(float));
  };
  const auto is = [&](int64_t place, int64_t row) {
    return std::memcmp(c + place * n, expected + row * n, static_cast<size_t>(n) * sizeof(float)) == 0;
  };
  for (int64_t r = 0; r < rows; r++) put(r, r);
  multiply(a, expected);
  multiply(a, c);
  for (int64_t r = 0; r < rows; r++) {
    if (!is(r, r)) return "the same call gives other bits the second time";
  }
  for (int64_t r = 0; r < rows; r++) put(r, 0);
  multiply(a, c);
  for (int64_t r = 0; r < rows; r++) {
    if (!is(r, 0)) return "a row's bits depend on its place in a call";
  }
  for (const int64_t shift : {int64_t{1}, rows / 2 + 1}) {
    for (int64_t r = 0; r < rows; r++) put((r + shift) % rows, r);
    multiply(a, c);
    for (int64_t r = 0; r < rows; r++) {
      if (!is((r + shift) % rows, r)) return "a row's bits depend on the rows beside it";
    }
  }
  for (const float filler : {0.0f, std::numeric_limits<float>::quiet_NaN()}) {
    for (const int64_t row : {int64_t{0}, rows / 2, rows - 1}) {
      for (int64_t i = 0; i < rows * k; i++) a[i] = filler;
      put(row, row);
      multiply(a, c);
      if (!is(row, row)) return "a row's bits depend on the rows beside it";
    }
  }
  return nullptr;
}

}  // namespace sotto
