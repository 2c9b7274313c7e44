// The Ops table of one ISA.
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {

Ops table() {
  Ops ops{};
  SOTTO_EACH_OP(SOTTO_FILL_OP)
  return ops;
}

}  // namespace sotto::cpu::SOTTO_ISA
