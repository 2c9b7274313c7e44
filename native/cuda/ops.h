// The CUDA kernels' entry points, from the list of ops.
#pragma once

#include "backend.h"

namespace sotto::cuda {

SOTTO_EACH_OP(SOTTO_DECLARE_KERNEL)

}  // namespace sotto::cuda
