// The draws of a release, shared by add_noise.cu and noisy_step.cu: one ChaCha20 block a thread, in registers, for
// eight neighbouring parameters.
#pragma once

#include <cstdint>
#include <string>

#include "backend.h"
#include "common/chacha20.h"
#include "common/gaussian.h"
#include "common/grid.h"
#include "common/noise_request.h"
#include "common/quantile.h"
#include "launch.cuh"

namespace sotto::cuda {

constexpr int kNoiseThreads = 128;

struct Release {
  ChaCha20Key key;
  uint32_t position14;
  uint32_t step;
  uint64_t first_index;
  int64_t parameters;
  const double* quantiles;
  double rows_per_unit;
  const double* sum;
  double scale_in_quanta;
  double quantum;
  double multiplier;
};

// A release on the host, for the length of a launch: the key in it is overwritten afterwards. What the driver copied of
// a kernel's arguments is out of reach.
class HostRelease {
 public:
  // Throws INVALID_ARGUMENT, its message beginning with `op`, unless the noise is sound and one launch can hold it.
  HostRelease(const char* op, const sotto_noise& noise) {
    if (const std::string wrong = noise_error(noise); !wrong.empty()) {
      throw Error(SOTTO_INVALID_ARGUMENT, op + (": " + wrong));
    }
    if (noise.parameters / kParametersPerBlock >= int64_t{INT32_MAX} * kNoiseThreads) {
      throw Error(SOTTO_INVALID_ARGUMENT, std::string(op) + ": too many parameters for one launch");
    }
    release_.position14 = position14(noise.tensor, noise.law);
    release_.step = static_cast<uint32_t>(noise.step);
    release_.first_index = static_cast<uint64_t>(noise.first_index);
    release_.parameters = noise.parameters;
    release_.quantiles = noise.quantiles;
    release_.rows_per_unit = rows_per_unit(noise.segments);
    release_.sum = noise.sum;
    release_.scale_in_quanta = noise.scale / noise.quantum;
    release_.quantum = noise.quantum;
    release_.multiplier = noise.multiplier;
    set_chacha20_key(noise.key, release_.key);
  }
  ~HostRelease() { wipe(release_.key); }
  HostRelease(const HostRelease&) = delete;
  HostRelease& operator=(const HostRelease&) = delete;
  operator const Release&() const { return release_; }  // NOLINT: a release with an end

 private:
  Release release_{};
};

// Blocks of kNoiseThreads threads for at least one parameter.
inline unsigned noise_grid(const Release& release) {
  const uint64_t last = release.first_index + static_cast<uint64_t>(release.parameters) - 1;
  const uint64_t blocks = last / kParametersPerBlock - release.first_index / kParametersPerBlock + 1;
  return static_cast<unsigned>((blocks + kNoiseThreads - 1) / kNoiseThreads);
}

// The key stream of this thread's block. Returns the place of the block's first parameter in this call: negative where
// the call starts within the block, at least `parameters` where the thread has nothing to do.
__device__ __forceinline__ int64_t key_stream(const Release& release, uint32_t (&word)[16]) {
  const uint64_t first_block = release.first_index / kParametersPerBlock;
  const uint64_t block = first_block + static_cast<uint64_t>(blockIdx.x) * kNoiseThreads + threadIdx.x;
  const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), release.position14,
                                release.step};
  chacha20_block(release.key, position, word);
  return static_cast<int64_t>(block * kParametersPerBlock - release.first_index);
}

// The draws of one pair of parameters out of its four words.
template <sotto_noise_law kLaw>
__device__ __forceinline__ void draw_pair(const Release& release, const uint32_t* w, double* z) {
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

__device__ __forceinline__ float released(const Release& release, int64_t p, double z) {
  return noisy_release(release.sum[p], z, release.scale_in_quanta, release.quantum, release.multiplier);
}

}  // namespace sotto::cuda
