// Parameters of LoRA of rank 8 on every projection of well-known models: how long the sums and the noise are.
#pragma once

#include <cstdint>
#include <vector>

#include "contract.h"

namespace sotto::test {

constexpr int64_t kGpt2Small = 12 * 8 * (768 + 2304 + 768 + 768 + 768 + 3072 + 3072 + 768);        // 1.2 million
constexpr int64_t kLlama1B = 16 * 8 * (2 * (2048 + 2048) + 2 * (2048 + 512) + 3 * (2048 + 8192));  // 5.6 million
constexpr int64_t kLlama7B = 32 * 8 * (4 * (4096 + 4096) + 3 * (4096 + 11008));                    // 20 million

// parameters, first_index
inline std::vector<Shape> adapter_shapes() { return {{kGpt2Small, 0}, {kLlama1B, 0}, {kLlama7B, 0}}; }

}  // namespace sotto::test
