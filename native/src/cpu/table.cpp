// The Ops table of one ISA, and that of the plain loops.
#include "kernels.h"

#ifdef SOTTO_ISA
namespace sotto::cpu::SOTTO_ISA {
#else
namespace sotto::reference {
#endif

Ops table() {
  Ops ops{};
  SOTTO_EACH_OP(SOTTO_ENTER_KERNEL)
  return ops;
}
}
