// What a noise call may ask for: which law at which address, and whether its largest draw still fits the grid.
//
// The address of a draw. Word 14 of the ChaCha20 state is tensor | law << 28 and word 15 the step (chacha20.h). With
// tensor below 2^28 two laws never read the same key stream, so a run that changes its law in between, or an audit that
// draws another, cannot correlate two releases.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "gaussian.h"
#include "grid.h"
#include "quantile.h"
#include "sotto/ops.h"

namespace sotto {

constexpr int kTensorBits = 28;

// Word 14 of the state.
static inline uint32_t position14(int32_t tensor, sotto_noise_law law) {
  return static_cast<uint32_t>(tensor) | static_cast<uint32_t>(law) << kTensorBits;
}

// The largest |z| that the law can draw at scale 1.
static inline double largest_draw(const sotto_noise& noise) {
  if (noise.law == SOTTO_NOISE_GAUSSIAN) return kLargestNormal;
  if (noise.law == SOTTO_NOISE_LAPLACE) return kLargestExponential;
  return noise.largest;
}

// Empty when the call is sound, else what is wrong with it. Checked by every backend.
static inline std::string noise_error(const sotto_noise& noise) {
  if (noise.law < SOTTO_NOISE_GAUSSIAN || noise.law > SOTTO_NOISE_LMO) return "unknown noise law";
  if (!is_quantum(noise.quantum)) return "quantum must be a power of two between 2^-900 and 2^900";
  if (!(noise.scale >= 0) || !std::isfinite(noise.scale)) return "scale must be finite and not negative";
  if (noise.step < 0 || noise.step > 0xffffffffll) {
    return "step must be between 0 and 2^32 - 1, so that no noise is drawn twice";
  }
  if (noise.tensor < 0 || noise.tensor >= 1 << kTensorBits) {
    return "tensor must be between 0 and 2^28 - 1, so that no noise is drawn twice";
  }
  if (noise.first_index < 0 || noise.first_index > INT64_MAX - noise.parameters) {
    return "first_index must not be negative";
  }
  if (noise.law == SOTTO_NOISE_LMO) {
    if (noise.segments < 2 || noise.segments > kMostSegments) {
      return "segments is " + std::to_string(noise.segments) + ", a quantile table has 2 to 2^20";
    }
    if (!(noise.largest >= 0) || !std::isfinite(noise.largest)) {
      return "largest must be the quantile table's largest value, finite and not negative";
    }
  }
  const double quanta = noise.scale / noise.quantum * largest_draw(noise);
  if (!(quanta <= 0x1p51)) {
    char text[256];
    std::snprintf(
        text, sizeof text,
        "the tail of the law does not fit the grid: the largest draw is %.6g * scale %.6g = 2^%.1f quanta, at "
        "most 2^51 fit; take a coarser quantum, less noise or a law with a lighter tail",
        largest_draw(noise), noise.scale, std::log2(quanta));
    return text;
  }
  return "";
}

}  // namespace sotto
