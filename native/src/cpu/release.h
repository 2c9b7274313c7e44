// A release in pieces: add_noise takes all of it, the fused steps a block at a time.
#pragma once

#include <cstdint>

#include "../backend.h"
#include "../common/chacha20.h"

namespace sotto::cpu::SOTTO_ISA {

class Release {
 public:
  // Throws INVALID_ARGUMENT, its message beginning with `op`, unless the noise is sound.
  Release(const char* op, const sotto_noise& noise);
  ~Release() { wipe(key_); }
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;

  // out[0], out[1], ... = the release of parameters [begin, end). Begin at multiples of 4096: where a piece ends within
  // a group of draws, the group is drawn twice.
  void operator()(int64_t begin, int64_t end, float* out) const;

 private:
  template <typename Draws>
  void draw(const Draws& draws, int64_t begin, int64_t end, float* out) const;

  sotto_noise noise_;
  ChaCha20Key key_;
};

}  // namespace sotto::cpu::SOTTO_ISA
