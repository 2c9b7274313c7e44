// The release of a private sum: noise on the grid, drawn from an addressed stream. See sotto.h for the contract and
// common/chacha20.h, gaussian.h and grid.h for the arithmetic, which the reference and CUDA share bit for bit.
//
// Shape: one vector of words runs as many ChaCha20 blocks at once as it has lanes (16 with AVX-512), all in registers;
// the key stream is then read lane by lane as the input of as many Box-Muller transforms. Per parameter that is 8 bytes
// read, 4 written and about 80 vector operations per lane, so the loop is bound by arithmetic and threads scale.
#include <algorithm>
#include <cstdint>

#include "../common/chacha20.h"
#include "../common/gaussian.h"
#include "../common/grid.h"
#include "context.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kBlocks = 16;
#elif defined(__AVX2__)
constexpr int kBlocks = 8;
#else
constexpr int kBlocks = 4;
#endif
constexpr int kGroup = kBlocks * kParametersPerBlock;

typedef uint32_t Words __attribute__((vector_size(kBlocks * sizeof(uint32_t))));

struct Stream {
  ChaCha20Key key;
  uint32_t tensor;
  uint32_t step;
};

// z[i] = the standard normal of index group * kGroup + i.
void standard_normals(const Stream& stream, uint64_t group, double* z) {
  const uint64_t first_block = group * kBlocks;  // a multiple of kBlocks: the low words never carry within a group
  Words lane{};
  for (int l = 0; l < kBlocks; ++l) lane[l] = static_cast<uint32_t>(l);
  const Words position[4] = {lane + static_cast<uint32_t>(first_block),
                             Words{} + static_cast<uint32_t>(first_block >> 32), Words{} + stream.tensor,
                             Words{} + stream.step};
  Words x[16];
  for (int i = 0; i < 12; ++i) x[i] = Words{} + stream.key.word[i];
  for (int i = 0; i < 4; ++i) x[12 + i] = position[i];
  chacha20_rounds<Words>(x);
  alignas(64) uint32_t words[16][kBlocks];
  for (int i = 0; i < 12; ++i) *reinterpret_cast<Words*>(words[i]) = x[i] + stream.key.word[i];
  for (int i = 0; i < 4; ++i) *reinterpret_cast<Words*>(words[12 + i]) = x[12 + i] + position[i];

  for (int pair = 0; pair < kParametersPerBlock / 2; ++pair) {
    const auto* w = words + 4 * pair;
    alignas(64) double z0[kBlocks], z1[kBlocks];
#pragma omp simd
    for (int l = 0; l < kBlocks; ++l) normal_pair(w[0][l], w[1][l], w[2][l], w[3][l], z0[l], z1[l]);
    for (int l = 0; l < kBlocks; ++l) {
      z[l * kParametersPerBlock + 2 * pair] = z0[l];
      z[l * kParametersPerBlock + 2 * pair + 1] = z1[l];
    }
  }
}

}  // namespace

void add_noise(Device& device, sotto_noise law, int64_t parameters, double scale, double quantum, const uint8_t* key,
               int64_t step, int32_t tensor, int64_t first_index, const double* sum, double multiplier, float* out) {
  if (law != SOTTO_NOISE_GAUSSIAN) throw Error(SOTTO_INVALID_ARGUMENT, "add_noise: unknown noise law");
  if (const char* wrong = noise_error(scale, quantum, step, parameters, first_index)) {
    throw Error(SOTTO_INVALID_ARGUMENT, std::string("add_noise: ") + wrong);
  }
  const Stream stream{chacha20_key(key), static_cast<uint32_t>(tensor), static_cast<uint32_t>(step)};
  const double scale_in_quanta = scale / quantum;
  context(device).parallel_blocks(parameters, 4096, [&](int64_t begin, int64_t end) {
    alignas(64) double z[kGroup];
    for (int64_t p = begin; p < end;) {
      const uint64_t index = static_cast<uint64_t>(first_index + p);
      const int offset = static_cast<int>(index % kGroup);  // not 0 only where a call or block starts within a group
      const int64_t count = std::min<int64_t>(kGroup - offset, end - p);
      standard_normals(stream, index / kGroup, z);
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        out[p + i] = noisy_release(sum[p + i], z[offset + i], scale_in_quanta, quantum, multiplier);
      }
      p += count;
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
