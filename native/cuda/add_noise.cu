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
#include <string>

#include "check.cuh"
#include "common/chacha20.h"
#include "common/gaussian.h"
#include "common/grid.h"
#include "common/noise_request.h"
#include "common/quantile.h"
#include "launch.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 128;

struct Release {
  ChaCha20Key key;
  uint32_t position14;
  uint32_t step;
  uint64_t first_index;
  int64_t parameters;
  const double* quantiles;
  double rows_per_unit;
  double scale_in_quanta;
  double quantum;
  double multiplier;
};

template <sotto_noise kLaw>
__device__ __forceinline__ void draw_pair(const Release& release, const uint32_t* w, double (&z)[2]) {
  if constexpr (kLaw == SOTTO_NOISE_GAUSSIAN) {
    normal_pair(w[0], w[1], w[2], w[3], z[0], z[1]);
  } else if constexpr (kLaw == SOTTO_NOISE_LAPLACE) {
    z[0] = laplace(w[0], w[1]);
    z[1] = laplace(w[2], w[3]);
  } else {
    z[0] = tabulated(release.quantiles, release.rows_per_unit, w[0], w[1]);
    z[1] = tabulated(release.quantiles, release.rows_per_unit, w[2], w[3]);
  }
}

template <sotto_noise kLaw>
__global__ void __launch_bounds__(kThreads)
    add_noise_kernel(const Release release, const double* __restrict__ sum, float* __restrict__ out) {
  const uint64_t first_block = release.first_index / kParametersPerBlock;
  const uint64_t block = first_block + static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  // The place of the block's first parameter in this call; negative where the call starts within the block.
  const int64_t p0 = static_cast<int64_t>(block * kParametersPerBlock - release.first_index);
  if (p0 >= release.parameters) return;
  const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), release.position14,
                                release.step};
  uint32_t word[16];
  chacha20_block(release.key, position, word);
#pragma unroll
  for (int pair = 0; pair < kParametersPerBlock / 2; ++pair) {
    double z[2];
    draw_pair<kLaw>(release, word + 4 * pair, z);
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int64_t p = p0 + 2 * pair + i;
      if (p < 0 || p >= release.parameters) continue;
      out[p] = noisy_release(sum[p], z[i], release.scale_in_quanta, release.quantum, release.multiplier);
    }
  }
}

}  // namespace

void add_noise(Device&, sotto_noise law, int64_t parameters, double scale, double quantum, const uint8_t* key,
               int64_t step, int32_t tensor, int64_t first_index, const double* quantiles, int64_t segments,
               double largest, const double* sum, double multiplier, float* out) {
  const NoiseRequest request{law, scale, quantum, step, tensor, parameters, first_index, segments, largest};
  if (const std::string wrong = noise_error(request); !wrong.empty()) {
    throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: " + wrong);
  }
  if (parameters == 0) return;
  const Release release{chacha20_key(key),
                        position14(tensor, law),
                        static_cast<uint32_t>(step),
                        static_cast<uint64_t>(first_index),
                        parameters,
                        quantiles,
                        rows_per_unit(segments),
                        scale / quantum,
                        quantum,
                        multiplier};
  const int64_t first_block = first_index / kParametersPerBlock;
  const int64_t blocks = (first_index + parameters - 1) / kParametersPerBlock - first_block + 1;
  const int64_t blocks_of_threads = (blocks + kThreads - 1) / kThreads;
  if (blocks_of_threads > INT32_MAX) {
    throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: too many parameters for one launch");
  }
  const unsigned grid = static_cast<unsigned>(blocks_of_threads);
  if (law == SOTTO_NOISE_GAUSSIAN) {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_GAUSSIAN>, grid, kThreads, 0, nullptr, release, sum, out);
  } else if (law == SOTTO_NOISE_LAPLACE) {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_LAPLACE>, grid, kThreads, 0, nullptr, release, sum, out);
  } else {
    SOTTO_LAUNCH(add_noise_kernel<SOTTO_NOISE_LMO>, grid, kThreads, 0, nullptr, release, sum, out);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
