// The CUDA kernels' entry points, with the signatures of the entries of Ops. A null entry in Ops is an op that this
// backend does not have.
#pragma once

#include <type_traits>

#include "backend.h"

namespace sotto::cuda {

std::remove_pointer_t<decltype(Ops::convert_to_f32)> convert_to_f32;
std::remove_pointer_t<decltype(Ops::count_nonfinite)> count_nonfinite;
std::remove_pointer_t<decltype(Ops::gemm)> gemm;
std::remove_pointer_t<decltype(Ops::gemm_bf16)> gemm_bf16;
std::remove_pointer_t<decltype(Ops::add)> add;
std::remove_pointer_t<decltype(Ops::column_sum)> column_sum;
std::remove_pointer_t<decltype(Ops::squared_norm)> squared_norm;
std::remove_pointer_t<decltype(Ops::embedding_forward)> embedding_forward;
std::remove_pointer_t<decltype(Ops::embedding_backward)> embedding_backward;
std::remove_pointer_t<decltype(Ops::layer_norm_forward)> layer_norm_forward;
std::remove_pointer_t<decltype(Ops::layer_norm_backward)> layer_norm_backward;
std::remove_pointer_t<decltype(Ops::rms_norm_forward)> rms_norm_forward;
std::remove_pointer_t<decltype(Ops::rms_norm_backward)> rms_norm_backward;
std::remove_pointer_t<decltype(Ops::rope)> rope;
std::remove_pointer_t<decltype(Ops::attention_forward)> attention_forward;
std::remove_pointer_t<decltype(Ops::attention_backward)> attention_backward;
std::remove_pointer_t<decltype(Ops::activation_forward)> activation_forward;
std::remove_pointer_t<decltype(Ops::activation_backward)> activation_backward;
std::remove_pointer_t<decltype(Ops::gated_activation_forward)> gated_activation_forward;
std::remove_pointer_t<decltype(Ops::gated_activation_backward)> gated_activation_backward;
std::remove_pointer_t<decltype(Ops::cross_entropy)> cross_entropy;
std::remove_pointer_t<decltype(Ops::lora_forward)> lora_forward;
std::remove_pointer_t<decltype(Ops::lora_backward)> lora_backward;
std::remove_pointer_t<decltype(Ops::per_sample_norm)> per_sample_norm;
std::remove_pointer_t<decltype(Ops::clip_factor)> clip_factor;
std::remove_pointer_t<decltype(Ops::clipped_sum)> clipped_sum;
std::remove_pointer_t<decltype(Ops::clip_and_sum_pair)> clip_and_sum_pair;
std::remove_pointer_t<decltype(Ops::add_noise)> add_noise;
std::remove_pointer_t<decltype(Ops::sgd_step)> sgd_step;
std::remove_pointer_t<decltype(Ops::adamw_step)> adamw_step;
std::remove_pointer_t<decltype(Ops::noisy_sgd_step)> noisy_sgd_step;
std::remove_pointer_t<decltype(Ops::noisy_adamw_step)> noisy_adamw_step;

}  // namespace sotto::cuda
