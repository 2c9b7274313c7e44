// ChaCha20 as an addressable source of random bits (RFC 8439, section 2.3; D. J. Bernstein, 2008).
//
// Noise must be unpredictable to whoever sees the release, so a statistical generator will not do; and it must be
// addressable, so that any backend, thread or split of the work draws the same value for the same parameter. A block
// cipher in counter mode is both. AES would need an instruction that not every CPU and no GPU has; ChaCha20 is
// additions, exclusive-ors and rotations of 32-bit words, which vectorise anywhere.
//
// The 512-bit state is four constant words, eight key words and four position words; the last four are the address:
//
//     word 12, 13   low and high half of the 64-bit block number
//     word 14       tensor in the low 28 bits, the noise law above them
//     word 15       step
//
// Parameter `index` takes its bits from block index / 8, where pair (index % 8) / 2 is words 4*pair .. 4*pair + 3, two
// 64-bit uniforms: one each for the parameters index & ~1 and index | 1, or both for the two normals of the pair. With
// step below 2^32, tensor below 2^28 and index below 2^63, distinct (step, law, tensor, index / 2) have distinct
// (position, pair): no two draws share a bit of key stream. Values outside these ranges are refused by noise_error in
// noise_request.h.
#pragma once

#include <string.h>  // explicit_bzero

#include <cstdint>

#include "host_device.h"

namespace sotto {

constexpr int kParametersPerBlock = 8;  // sixteen 32-bit words, two a parameter

template <class Word>
SOTTO_HOST_DEVICE Word rotate_left(Word x, int bits) {
  return (x << bits) | (x >> (32 - bits));
}

template <class Word>
SOTTO_HOST_DEVICE void chacha20_quarter_round(Word& a, Word& b, Word& c, Word& d) {
  a = a + b;
  d = rotate_left<Word>(d ^ a, 16);
  c = c + d;
  b = rotate_left<Word>(b ^ c, 12);
  a = a + b;
  d = rotate_left<Word>(d ^ a, 8);
  c = c + d;
  b = rotate_left<Word>(b ^ c, 7);
}

// The twenty rounds, in place, before the input is added back. Word is uint32_t, or a vector of them for as many blocks
// at once as the vector has lanes.
template <class Word>
SOTTO_HOST_DEVICE void chacha20_rounds(Word (&x)[16]) {
  for (int round = 0; round < 10; ++round) {
    chacha20_quarter_round<Word>(x[0], x[4], x[8], x[12]);
    chacha20_quarter_round<Word>(x[1], x[5], x[9], x[13]);
    chacha20_quarter_round<Word>(x[2], x[6], x[10], x[14]);
    chacha20_quarter_round<Word>(x[3], x[7], x[11], x[15]);
    chacha20_quarter_round<Word>(x[0], x[5], x[10], x[15]);
    chacha20_quarter_round<Word>(x[1], x[6], x[11], x[12]);
    chacha20_quarter_round<Word>(x[2], x[7], x[8], x[13]);
    chacha20_quarter_round<Word>(x[3], x[4], x[9], x[14]);
  }
}

// The state's words 0 to 11: the constants "expand 32-byte k" and the key, little-endian. They stay the same for every
// block of a call.
struct ChaCha20Key {
  uint32_t word[12];
};

static inline void set_chacha20_key(const uint8_t* key, ChaCha20Key& state) {
  state = {{0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u}};
  for (int i = 0; i < 8; ++i) {
    const uint8_t* bytes = key + 4 * i;
    state.word[4 + i] = static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
                        static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24;
  }
}

// Overwrites a copy of the key that is not needed any more; the compiler may not leave it out.
static inline void wipe(ChaCha20Key& key) { explicit_bzero(&key, sizeof(key)); }

// One block: the sixteen key stream words at `position` (words 12 to 15 of the state).
SOTTO_HOST_DEVICE void chacha20_block(const ChaCha20Key& key, const uint32_t (&position)[4], uint32_t (&out)[16]) {
  for (int i = 0; i < 12; ++i) out[i] = key.word[i];
  for (int i = 0; i < 4; ++i) out[12 + i] = position[i];
  chacha20_rounds<uint32_t>(out);
  for (int i = 0; i < 12; ++i) out[i] += key.word[i];
  for (int i = 0; i < 4; ++i) out[12 + i] += position[i];
}

}  // namespace sotto
