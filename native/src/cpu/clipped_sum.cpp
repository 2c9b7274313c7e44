// The sum of clipped per-sample gradients, exact on the grid.
//
// A float times a float is exact in double, so a term is rounded once, to a whole number of quanta. From there on every
// addition is exact (below 2^53 quanta, which abs(sum) <= units * C never reaches for the quanta the mechanism picks),
// so neither the order of the units nor their split into calls nor the thread count can change a bit, and one unit more
// or less moves the sum by exactly its own rounded term: at most C + quantum * sqrt(P) / 2 in L2, which is the
// sensitivity.
//
// Shape: a block of sums (32 KiB) stays in cache while the units' rows stream past it once, 4 bytes a parameter, four
// units at a time so that a sum is loaded and stored once for four terms; the loop is bound by memory. A unit with
// factor 0 is skipped, not multiplied: its gradient may hold infinities, and 0 * infinity is NaN.
#include <cstdint>

#include "../common/grid.h"
#include "context.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_ISA {
namespace {

constexpr int64_t kBlock = 4096;
constexpr int kUnitsAtOnce = 4;

// A unit that counts: its row and its factor.
struct Term {
  const float* gradient;
  double factor;
};

void add_four(const Term* terms, double quantum, int64_t begin, int64_t end, double* sum) {
  const Term a = terms[0], b = terms[1], c = terms[2], d = terms[3];
#pragma omp simd
  for (int64_t p = begin; p < end; ++p) {
    const double ab =
        round_to_quantum(a.factor * a.gradient[p], quantum) + round_to_quantum(b.factor * b.gradient[p], quantum);
    const double cd =
        round_to_quantum(c.factor * c.gradient[p], quantum) + round_to_quantum(d.factor * d.gradient[p], quantum);
    sum[p] += ab + cd;
  }
}

void add_one(const Term& term, double quantum, int64_t begin, int64_t end, double* sum) {
  const Term a = term;
#pragma omp simd
  for (int64_t p = begin; p < end; ++p) sum[p] += round_to_quantum(a.factor * a.gradient[p], quantum);
}

}  // namespace

void clipped_sum(Device& device, const sotto_clipped_sum_request& args) {
  context(device).parallel_blocks(args.parameters, kBlock, [=](int64_t begin, int64_t end) {
    Term terms[kUnitsAtOnce];
    int count = 0;
    for (int64_t s = 0; s < args.units; ++s) {
      if (args.factor[s] == 0) continue;
      terms[count++] = {args.gradients + s * args.gradient_stride, args.factor[s]};
      if (count < kUnitsAtOnce) continue;
      add_four(terms, args.quantum, begin, end, args.sum);
      count = 0;
    }
    for (int i = 0; i < count; ++i) add_one(terms[i], args.quantum, begin, end, args.sum);
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
