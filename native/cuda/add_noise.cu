// The release of a private sum on the GPU: the same stream, to the bit, as native/src/cpu/add_noise.cpp.
//
// What it computes. out[p] = float((sum[p] + quantum * rint(scale * z / quantum)) * multiplier), z the draw of the law
// (normal, Laplace or tabulated) that ChaCha20 gives to index first_index + p. The arithmetic is in src/common and is
// compiled here for the device; it is written so that neither nvcc nor the host compiler has an expression to contract
// or reorder, which is why the bits agree without compiler flags.
//
// Which bytes it moves. 8 read and 4 written a parameter; the key travels in the kernel's arguments. A table of at most
// 256 KiB is read at random, mostly its first rows, and stays in the caches.
//
// Why this shape. A ChaCha20 block serves eight neighbouring parameters, and its sixteen state words fit the registers
// of one thread: one thread a block, no shared memory, no synchronisation, nothing computed twice. A thread's eight
// sums are the 64 bytes next to its neighbour's, so a warp's loads, though strided, use each sector they touch, the
// later ones from the first-level cache. The call may start anywhere in a block: the first and last thread then skip
// the parameters that are not theirs. Every law draws without a loop or a branch, so a warp never diverges.
//
// How close to the limit. The twenty rounds are about 960 integer instructions a thread, 120 a parameter; a draw is
// some 35 double-precision operations for the normal, 25 for Laplace and 35 and one row of 64 bytes for a table. On a
// GPU with 64 integer lanes a multiprocessor and clock (H100: 132 multiprocessors) the rounds bind before 12 bytes a
// parameter do, near 1e11 parameters a second: a step of ten million parameters would spend 0.1 ms here. These are
// estimates; nothing has been measured yet.
#include <cstdint>

#include "check.cuh"
#include "noise.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

template <sotto_noise_law kLaw>
__global__ void __launch_bounds__(kNoiseThreads) add_noise_kernel(const Release release, float* __restrict__ out) {
  uint32_t word[16];
  const int64_t p0 = key_stream(release, word);
  if (p0 >= release.parameters) return;
#pragma unroll
  for (int pair = 0; pair < kParametersPerBlock / 2; ++pair) {
    double z[2];
    draw_pair<kLaw>(release, word + 4 * pair, z);
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int64_t p = p0 + 2 * pair + i;
      if (p < 0 || p >= release.parameters) continue;
      out[p] = released(release, p, z[i]);
    }
  }
}

}  // namespace

void add_noise(Device&, const sotto_add_noise_request& args) {
  const HostRelease host("add_noise", args.noise);
  if (args.noise.parameters == 0) return;
  const Release& release = host;
  const unsigned grid = noise_grid(release);
  if (args.noise.law == SOTTO_NOISE_GAUSSIAN) {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_GAUSSIAN>, grid, kNoiseThreads, 0, nullptr, release, args.out);
  } else if (args.noise.law == SOTTO_NOISE_LAPLACE) {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_LAPLACE>, grid, kNoiseThreads, 0, nullptr, release, args.out);
  } else {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_LMO>, grid, kNoiseThreads, 0, nullptr, release, args.out);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
