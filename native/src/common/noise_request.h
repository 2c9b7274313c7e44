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
#include "sotto/sotto.h"

namespace sotto {

struct NoiseRequest {
  sotto_noise law;
  double scale;
  double quantum;
  int64_t step;
  int32_t tensor;
  int64_t parameters;
  int64_t first_index;
  int64_t segments;  // of the law's table
  double largest;    // the table's largest value; the caller knows it, device memory is not read for it
};

constexpr int kTensorBits = 28;

// Word 14 of the state.
static inline uint32_t position14(int32_t tensor, sotto_noise law) {
  return static_cast<uint32_t>(tensor) | static_cast<uint32_t>(law) << kTensorBits;
}

// The largest |z| that the law can draw at scale 1.
static inline double largest_draw(const NoiseRequest& request) {
  if (request.law == SOTTO_NOISE_GAUSSIAN) return kLargestNormal;
  if (request.law == SOTTO_NOISE_LAPLACE) return kLargestExponential;
  return request.largest;
}

// Empty when the call is sound, else what is wrong with it. Checked by every backend.
static inline std::string noise_error(const NoiseRequest& request) {
  if (request.law < SOTTO_NOISE_GAUSSIAN || request.law > SOTTO_NOISE_LMO) return "unknown noise law";
  if (!is_quantum(request.quantum)) return "quantum must be a power of two between 2^-900 and 2^900";
  if (!(request.scale >= 0) || !std::isfinite(request.scale)) return "scale must be finite and not negative";
  if (request.step < 0 || request.step > 0xffffffffll) {
    return "step must be between 0 and 2^32 - 1, so that no noise is drawn twice";
  }
  if (request.tensor < 0 || request.tensor >= 1 << kTensorBits) {
    return "tensor must be between 0 and 2^28 - 1, so that no noise is drawn twice";
  }
  if (request.first_index < 0 || request.first_index > INT64_MAX - request.parameters) {
    return "first_index must not be negative";
  }
  if (request.law == SOTTO_NOISE_LMO) {
    if (request.segments < 2 || request.segments > kMostSegments) {
      return "segments is " + std::to_string(request.segments) + ", a quantile table has 2 to 2^20";
    }
    if (!(request.largest >= 0) || !std::isfinite(request.largest)) {
      return "largest must be the quantile table's largest value, finite and not negative";
    }
  }
  const double quanta = request.scale / request.quantum * largest_draw(request);
  if (!(quanta <= 0x1p51)) {
    char text[256];
    std::snprintf(
        text, sizeof text,
        "the tail of the law does not fit the grid: the largest draw is %.6g * scale %.6g = 2^%.1f quanta, at "
        "most 2^51 fit; take a coarser quantum, less noise or a law with a lighter tail",
        largest_draw(request), request.scale, std::log2(quanta));
    return text;
  }
  return "";
}

}  // namespace sotto
