// The release of a private sum on the GPU: the same stream, to the bit, as native/src/cpu/add_noise.cpp.
//
// What it computes. out[p] = float((sum[p] + quantum * rint(scale * z / quantum)) * multiplier), z the standard normal
// that ChaCha20 gives to index first_index + p. The arithmetic is in src/common and is compiled here for the device; it
// is written so that neither nvcc nor the host compiler has an expression to contract or reorder, which is why the
// bits agree without compiler flags.
//
// Which bytes it moves. 8 read and 4 written a parameter; the key travels in the kernel's arguments.
//
// Why this shape. A ChaCha20 block serves eight neighbouring parameters, and its sixteen state words fit the registers
// of one thread: one thread a block, no shared memory, no synchronisation, nothing computed twice. A thread's eight
// sums are the 64 bytes next to its neighbour's, so a warp's loads, though strided, use each sector they touch, the
// later ones from the first-level cache. The call may start anywhere in a block: the first and last thread then skip
// the parameters that are not theirs.
//
// How close to the limit. The twenty rounds are about 960 integer instructions a thread, 120 a parameter, and the
// Box-Muller transforms some 35 in double precision a parameter. On a GPU with 64 integer lanes a multiprocessor and
// clock (H100: 132 multiprocessors) the rounds bind before 12 bytes a parameter do, near 1e11 parameters a second: a
// step of ten million parameters would spend 0.1 ms here. These are estimates; nothing has been measured yet.
#include <cstdint>
#include <string>

#include "check.cuh"
#include "common/chacha20.h"
#include "common/gaussian.h"
#include "common/grid.h"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 128;

struct Release {
  ChaCha20Key key;
  uint32_t tensor;
  uint32_t step;
  uint64_t first_index;
  int64_t parameters;
  double scale_in_quanta;
  double quantum;
  double multiplier;
};

__global__ void __launch_bounds__(kThreads)
    add_noise_kernel(const Release release, const double* __restrict__ sum, float* __restrict__ out) {
  const uint64_t first_block = release.first_index / kParametersPerBlock;
  const uint64_t block = first_block + static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  // The place of the block's first parameter in this call; negative where the call starts within the block.
  const int64_t p0 = static_cast<int64_t>(block * kParametersPerBlock - release.first_index);
  if (p0 >= release.parameters) return;
  const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), release.tensor,
                                release.step};
  uint32_t word[16];
  chacha20_block(release.key, position, word);
#pragma unroll
  for (int pair = 0; pair < kParametersPerBlock / 2; ++pair) {
    const uint32_t* w = word + 4 * pair;
    double z[2];
    normal_pair(w[0], w[1], w[2], w[3], z[0], z[1]);
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
               int64_t step, int32_t tensor, int64_t first_index, const double* sum, double multiplier, float* out) {
  if (law != SOTTO_NOISE_GAUSSIAN) throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: unknown noise law");
  if (const char* wrong = noise_error(scale, quantum, step, parameters, first_index)) {
    throw Error(SOTTO_INVALID_ARGUMENT, std::string("add_noise: ") + wrong);
  }
  if (parameters == 0) return;
  const Release release{chacha20_key(key),
                        static_cast<uint32_t>(tensor),
                        static_cast<uint32_t>(step),
                        static_cast<uint64_t>(first_index),
                        parameters,
                        scale / quantum,
                        quantum,
                        multiplier};
  const int64_t first_block = first_index / kParametersPerBlock;
  const int64_t blocks = (first_index + parameters - 1) / kParametersPerBlock - first_block + 1;
  const int64_t grid = (blocks + kThreads - 1) / kThreads;
  if (grid > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: too many parameters for one launch");
  add_noise_kernel<<<static_cast<unsigned>(grid), kThreads>>>(release, sum, out);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace sotto::cuda
