// The kernels of one namespace, declared from the list of ops.
//
// Included with SOTTO_ISA defined (portable, avx2, avx512) it declares sotto::cpu::SOTTO_ISA::gemm and so on: a tuned
// kernel file defines these and is compiled once per ISA. sotto::reference holds the plain twins, and beside each its
// check. Inline functions in headers that tuned files include must live in the SOTTO_ISA namespace (or be static):
// otherwise the linker could put an AVX-512 copy into the portable path.
#pragma once

#include "../backend.h"
#include "../check.h"
#include "context.h"

namespace sotto::reference {
SOTTO_EACH_OP(SOTTO_DECLARE_KERNEL)
Ops table();
}  // namespace sotto::reference

#ifdef SOTTO_ISA
namespace sotto::cpu::SOTTO_ISA {
SOTTO_EACH_OP(SOTTO_DECLARE_KERNEL)
Ops table();
}  // namespace sotto::cpu::SOTTO_ISA
#endif
