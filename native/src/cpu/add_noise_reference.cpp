// The plain loop: one parameter, one block of key stream, one draw at a time.
#include <cstdint>
#include <string>

#include "../common/chacha20.h"
#include "../common/gaussian.h"
#include "../common/grid.h"
#include "../common/noise_request.h"
#include "../common/quantile.h"
#include "kernels.h"

namespace sotto::reference {

void add_noise(Device&, sotto_noise law, int64_t parameters, double scale, double quantum, const uint8_t* key,
               int64_t step, int32_t tensor, int64_t first_index, const double* quantiles, int64_t segments,
               double largest, const double* sum, double multiplier, float* out) {
  const NoiseRequest request{law, scale, quantum, step, tensor, parameters, first_index, segments, largest};
  if (const std::string wrong = noise_error(request); !wrong.empty()) {
    throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: " + wrong);
  }
  ChaCha20Key state;
  set_chacha20_key(key, state);
  for (int64_t p = 0; p < parameters; ++p) {
    const uint64_t index = static_cast<uint64_t>(first_index + p);
    const uint64_t block = index / kParametersPerBlock;
    const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                  position14(tensor, law), static_cast<uint32_t>(step)};
    uint32_t word[16];
    chacha20_block(state, position, word);
    const uint32_t* pair = word + 4 * (index % kParametersPerBlock / 2);
    const uint32_t* own = pair + 2 * (index % 2);
    double z;
    if (law == SOTTO_NOISE_GAUSSIAN) {
      double both[2];
      normal_pair(pair[0], pair[1], pair[2], pair[3], both[0], both[1]);
      z = both[index % 2];
    } else if (law == SOTTO_NOISE_LAPLACE) {
      z = laplace(own[0], own[1]);
    } else {
      z = tabulated(quantiles, rows_per_unit(segments), own[0], own[1]);
    }
    out[p] = noisy_release(sum[p], z, scale / quantum, quantum, multiplier);
  }
  wipe(state);
}

}  // namespace sotto::reference
