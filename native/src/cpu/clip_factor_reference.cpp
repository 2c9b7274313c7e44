// Clip factors by plain loops. The arithmetic of one factor is common/clip_factor.h, which holds its proof.
#include <cmath>
#include <cstdint>

#include "../common/clip_factor.h"
#include "kernels.h"

namespace sotto {

void check_request(const sotto_clip_factor_request& args) {
  check::range("pairs", args.pairs, 1, INT32_MAX);
  check::require(args.groups == 1 || args.groups == args.pairs, "groups must be 1 or equal to pairs");
  check::pointer("squared_norm", args.squared_norm, check::product("squared_norm", args.pairs, args.units));
  check::pointer("clip_norm", args.clip_norm);
  for (int64_t g = 0; g < args.groups; g++) {
    check::require(std::isfinite(args.clip_norm[g]) && args.clip_norm[g] > 0,
                   "every clip_norm must be positive and finite");
  }
  check::finite("stabilizer", args.stabilizer);
  check::require(args.stabilizer >= 0, "stabilizer must not be negative");
  check::pointer("factor", args.factor, check::product("factor", args.groups, args.units));
}

}  // namespace sotto

namespace sotto::reference {

void clip_factor(Device&, const sotto_clip_factor_request& args) {
  for (int64_t s = 0; s < args.units; ++s) {
    for (int64_t g = 0; g < args.groups; ++g) {
      double squared = 0;
      const int64_t end = args.groups == 1 ? args.pairs : g + 1;
      for (int64_t k = g; k < end; ++k) squared += args.squared_norm[k * args.units + s];
      args.factor[g * args.units + s] = clip_factor_of(squared, args.clip_norm[g], args.stabilizer);
    }
  }
}

}  // namespace sotto::reference
