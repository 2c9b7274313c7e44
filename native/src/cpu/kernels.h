// The kernels of one namespace, declared from the types in Ops so that a signature stands in one place only.
//
// Included with SOTTO_ISA defined (portable, avx2, avx512) it declares sotto::cpu::SOTTO_ISA::gemm and so on: a tuned
// kernel file defines these and is compiled once per ISA. sotto::reference holds the plain twins. Inline functions in
// headers that tuned files include must live in the SOTTO_ISA namespace (or be static): otherwise the linker could put
// an AVX-512 copy into the portable path.
#pragma once

#include <type_traits>

#include "../backend.h"
#include "context.h"

// Every entry of Ops, once.
#define SOTTO_EACH_OP(X)       \
  X(convert_to_f32)            \
  X(count_nonfinite)           \
  X(gemm)                      \
  X(gemm_bf16)                 \
  X(add)                       \
  X(column_sum)                \
  X(squared_norm)              \
  X(embedding_forward)         \
  X(embedding_backward)        \
  X(layer_norm_forward)        \
  X(layer_norm_backward)       \
  X(rms_norm_forward)          \
  X(rms_norm_backward)         \
  X(rope)                      \
  X(attention_forward)         \
  X(attention_backward)        \
  X(activation_forward)        \
  X(activation_backward)       \
  X(gated_activation_forward)  \
  X(gated_activation_backward) \
  X(cross_entropy)             \
  X(lora_forward)              \
  X(lora_backward)             \
  X(per_sample_norm)           \
  X(clip_factor)               \
  X(clipped_sum)               \
  X(clip_and_sum_pair)         \
  X(add_noise)                 \
  X(sgd_step)                  \
  X(adamw_step)                \
  X(noisy_sgd_step)            \
  X(noisy_adamw_step)

// Declares a function with the signature of that entry.
#define SOTTO_DECLARE_OP(op) std::remove_pointer_t<decltype(Ops::op)> op;
#define SOTTO_FILL_OP(op) ops.op = op;

#define SOTTO_COUNT_OP(op) +1
static_assert(sizeof(sotto::Ops) == (SOTTO_EACH_OP(SOTTO_COUNT_OP)) * sizeof(void (*)()), "an op is not in the list");
#undef SOTTO_COUNT_OP

namespace sotto::reference {
SOTTO_EACH_OP(SOTTO_DECLARE_OP)
Ops table();
}  // namespace sotto::reference

#ifdef SOTTO_ISA
namespace sotto::cpu::SOTTO_ISA {
SOTTO_EACH_OP(SOTTO_DECLARE_OP)
Ops table();
}  // namespace sotto::cpu::SOTTO_ISA
#endif
