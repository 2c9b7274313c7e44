// The release of a private sum and an optimizer's step with it, in one pass over the parameters.
//
// A block of released gradients is drawn into the first-level cache and used up at once: the same code as add_noise and
// the steps, hence the same bits, without the 4 bytes a parameter written to and the 4 read from memory in between.
// What is left is 24 (SGD) or 32 (AdamW) bytes a parameter. On a CPU the draws bind and the step hides behind them
// either way: the two calls take the same time as one, and the gain is the memory of the gradients that nobody needs.
#include <cstdint>

#include "context.h"
#include "kernels.h"
#include "optimizer_update.h"
#include "release.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

constexpr int64_t kBlock = 4096;

template <typename Update>
void noisy_step(Device& device, const Release& release, int64_t parameters, float* released, const Update& update) {
  context(device).parallel_blocks(parameters, kBlock, [&](int64_t begin, int64_t end) {
    alignas(64) float block[kBlock];
    float* gradient = released == nullptr ? block : released + begin;
    release(begin, end, gradient);
    update(begin, end, gradient);
  });
}

}  // namespace

void noisy_sgd_step(Device& device, const sotto_noisy_sgd_step_request& args) {
  const Release release("noisy_sgd_step", args.noise);
  noisy_step(device, release, args.noise.parameters, args.released, SgdUpdate{args.update});
}

void noisy_adamw_step(Device& device, const sotto_noisy_adamw_step_request& args) {
  const Release release("noisy_adamw_step", args.noise);
  noisy_step(device, release, args.noise.parameters, args.released, AdamWUpdate(args.update));
}

}  // namespace sotto::cpu::SOTTO_ISA
