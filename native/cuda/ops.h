// The CUDA kernels' entry points, with the signatures of the entries of Ops. A null entry in Ops is an op that this
// backend does not have.
#pragma once

#include <type_traits>

#include "backend.h"

namespace sotto::cuda {

std::remove_pointer_t<decltype(Ops::add_noise)> add_noise;

}  // namespace sotto::cuda
