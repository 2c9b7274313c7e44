// The plain loop: one parameter, one block of key stream, one draw at a time.
#include <cstdint>
#include <string>

#include "../common/chacha20.h"
#include "../common/gaussian.h"
#include "../common/grid.h"
#include "../common/noise_request.h"
#include "../common/quantile.h"
#include "kernels.h"

namespace sotto {

void check_request(const sotto_add_noise_request& args) {
  check::noise(args.noise);
  check::pointer("out", args.out, args.noise.parameters);
}

}  // namespace sotto

namespace sotto::reference {

void add_noise(Device&, const sotto_add_noise_request& args) {
  const sotto_noise& noise = args.noise;
  if (const std::string wrong = noise_error(noise); !wrong.empty()) {
    throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: " + wrong);
  }
  ChaCha20Key state;
  set_chacha20_key(noise.key, state);
  for (int64_t p = 0; p < noise.parameters; ++p) {
    const uint64_t index = static_cast<uint64_t>(noise.first_index + p);
    const uint64_t block = index / kParametersPerBlock;
    const uint32_t position[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                  position14(noise.tensor, noise.law), static_cast<uint32_t>(noise.step)};
    uint32_t word[16];
    chacha20_block(state, position, word);
    const uint32_t* pair = word + 4 * (index % kParametersPerBlock / 2);
    const uint32_t* own = pair + 2 * (index % 2);
    double z;
    if (noise.law == SOTTO_NOISE_GAUSSIAN) {
      double both[2];
      normal_pair(pair[0], pair[1], pair[2], pair[3], both[0], both[1]);
      z = both[index % 2];
    } else if (noise.law == SOTTO_NOISE_LAPLACE) {
      z = laplace(own[0], own[1]);
    } else {
      z = tabulated(noise.quantiles, rows_per_unit(noise.segments), own[0], own[1]);
    }
    args.out[p] = noisy_release(noise.sum[p], z, noise.scale / noise.quantum, noise.quantum, noise.multiplier);
  }
  wipe(state);
}

}  // namespace sotto::reference
