// What the device can do at best, measured: the two numbers that a kernel's time is held against.
#pragma once

#include <algorithm>

#include "contract.h"

namespace sotto::test {

// bytes per second of a copy beyond the caches, and FLOPs per second of a large product in f32.
struct Roofline {
  double bandwidth = 0;
  double rate = 0;
  int64_t stream = 0;  // floats of the copy
  int64_t gemm = 0;    // rows, columns and depth of the product

  // The share of the limit that a call of so many bytes and FLOPs reaches: the least possible time over its own.
  double share(double bytes, double flops, double seconds) const {
    return std::max(bytes / bandwidth, flops / rate) / seconds;
  }
};

constexpr int64_t kLongestStream = int64_t{1} << 26;  // 256 MiB, beyond every cache
constexpr int64_t kLargestProduct = 8192;
constexpr double kLongStream = 0.002;  // seconds of a call after which a larger one shows no more
constexpr double kLongProduct = 0.001;

// x + x in place, 8 bytes a float (zeros stay zeros), and a square product; both grow until a call is long.
inline Roofline measure_roofline(sotto_backend* backend, double measuring) {
  Roofline found;
  double taken = 0;
  const auto fastest = [&](const std::function<void(Run&)>& op) {
    Run run(backend);
    run.measuring = measuring;
    op(run);
    return run.seconds;
  };
  for (int64_t n = 1 << 18; taken < kLongStream && n <= kLongestStream; n *= 4) {
    taken = fastest([n](Run& run) {
      float* x = run.zeros(n);
      run.call([&] { return sotto_add(run.backend, {n, x, x, x}); });
    });
    found.bandwidth = 8.0 * static_cast<double>(n) / taken;
    found.stream = n;
  }
  taken = 0;
  for (int64_t n = 64; taken < kLongProduct && n <= kLargestProduct; n *= 2) {
    taken = fastest([n](Run& run) {
      const float* a = run.floats(n * n);
      float* c = run.zeros(n * n);
      run.call([&] { return sotto_gemm(run.backend, {0, 0, n, n, n, 1, a, n, a, n, 0, c, n, nullptr}); });
    });
    found.rate = 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) / taken;
    found.gemm = n;
  }
  return found;
}

}  // namespace sotto::test
