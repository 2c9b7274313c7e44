// The Ops table of the plain loops.
#include "kernels.h"

namespace sotto::reference {

Ops table() {
  Ops ops{};
  SOTTO_EACH_OP(SOTTO_FILL_OP)
  return ops;
}

}  // namespace sotto::reference
