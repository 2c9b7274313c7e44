// The plain loop: one parameter, one block of key stream, one pair of normals at a time.
#include <cstdint>
#include <string>

#include "../common/chacha20.h"
#include "../common/gaussian.h"
#include "../common/grid.h"
#include "kernels.h"

namespace sotto::reference {

void add_noise(Device&, sotto_noise law, int64_t parameters, double scale, double quantum, const uint8_t* key,
               int64_t step, int32_t tensor, int64_t first_index, const double* sum, double multiplier, float* out) {
  if (law != SOTTO_NOISE_GAUSSIAN) throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: unknown noise law");
  if (const char* wrong = noise_error(scale, quantum, step, parameters, first_index)) {
    throw Error(SOTTO_INVALID_ARGUMENT, std::string("add_noise: ") + wrong);
  }
  const ChaCha20Key state = chacha20_key(key);
  for (int64_t p = 0; p < parameters; ++p) {
    const uint64_t index = static_cast<uint64_t>(first_index + p);
    const uint64_t block = index / kParametersPerBlock;
    const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                  static_cast<uint32_t>(tensor), static_cast<uint32_t>(step)};
    uint32_t word[16];
    chacha20_block(state, position, word);
    const uint32_t* w = word + 4 * (index % kParametersPerBlock / 2);
    double z[2];
    normal_pair(w[0], w[1], w[2], w[3], z[0], z[1]);
    out[p] = noisy_release(sum[p], z[index % 2], scale / quantum, quantum, multiplier);
  }
}

}  // namespace sotto::reference
