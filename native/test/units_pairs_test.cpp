// How the private path keeps units apart: LoRA, norms of per-sample gradients, clip factors, sums.
#include "lora_pair.h"
#include "units.h"

namespace sotto::test {
namespace {

UnitOp lora(int64_t in, int64_t out, int64_t rank) {
  return {"lora" + text_of({in, out, rank}), {"lora_forward", "lora_backward"}, [=](UnitRun& run) {
            const int64_t ldy = out + 3;
            const float* x = run.floats(in);
            const float* a = run.weights(rank * in);
            const float* b = run.weights(out * rank);
            const float* dy = run.floats(ldy);
            float* u = run.zeros(run.rows() * rank);
            float* y = run.floats(ldy);
            float* du = run.zeros(run.rows() * rank);
            float* dx = run.floats(in);
            run.ok(sotto_lora_forward(run.backend, {run.rows(), {in, out, rank, 1.5f}, x, a, b, u, y, ldy}));
            run.ok(sotto_lora_backward(run.backend, {run.rows(), {in, out, rank, 1.5f}, dy, ldy, a, b, du, dx}));
            run.rows_of(u, rank);
            run.rows_of(y, ldy);
            run.rows_of(du, rank);
            run.rows_of(dx, in);
          }};
}

const UnitOp kLora[] = {lora(37, 45, 1), lora(96, 70, 8), lora(45, 130, 13)};

struct UnitPair {
  UnitPair(UnitRun& run, int64_t in, int64_t out, int64_t rank)
      : in(in), out(out), rank(rank), lddy(out + 5), parameters(rank * (in + out)) {
    x = run.floats(in);
    u = run.floats(rank);
    dy = run.floats(lddy);
    du = run.floats(rank);
  }
  sotto_status norm(UnitRun& run, bool accumulate, float* gradients, double* squared) const {
    return sotto_per_sample_norm(run.backend,
                                 {{run.units(), run.starts(), {in, out, rank, Pair::kScale}, x, u, dy, lddy, du},
                                  accumulate,
                                  gradients,
                                  parameters,
                                  squared});
  }
  int64_t in, out, rank, lddy, parameters;
  const float *x, *u, *dy, *du;
};

// Squared norms decide the clip factor and the clip indicator, a released statistic: without gradients, with them, and
// of a unit that comes in two pieces.
UnitOp norm(int64_t in, int64_t out, int64_t rank) {
  return {"per_sample_norm" + text_of({in, out, rank}), {"per_sample_norm"}, [=](UnitRun& run) {
            const UnitPair pair(run, in, out, rank);
            double* squared = run.double_zeros(run.units());
            float* gradients = run.zeros(run.units() * pair.parameters);
            run.ok(pair.norm(run, false, nullptr, squared));
            run.units_of(squared, 1);
            run.ok(pair.norm(run, false, gradients, squared));
            run.units_of(squared, 1);
            run.ok(pair.norm(run, true, gradients, squared));
            run.units_of(squared, 1);
            run.units_of(gradients, pair.parameters);
          }};
}

const UnitOp kNorms[] = {norm(37, 45, 1), norm(96, 70, 8), norm(45, 130, 13), norm(21, 5, 300), norm(0, 70, 8)};

const UnitOp kClipFactor{"clip_factor", {"clip_factor"}, [](UnitRun& run) {
                           constexpr int64_t kPairs = 5;
                           const double* squared = run.doubles_of_units(kPairs);
                           const double clip_norms[kPairs] = {1, 0.5, 0.9, 0.7, 1.1};
                           float* factor = run.zeros(kPairs * run.units());
                           for (const int64_t groups : {int64_t{1}, kPairs}) {
                             for (const double stabilizer : {0.0, 0.01}) {
                               run.ok(sotto_clip_factor(run.backend, {run.units(), kPairs, groups, squared, clip_norms,
                                                                      stabilizer, factor}));
                               run.units_of(factor, 1, groups);
                             }
                           }
                         }};

// From norms to the sum. A spoilt unit's norm is not finite, so its factor is 0 and its term nothing.
const UnitOp kClippedSum{"clipped_sum", {"clipped_sum"}, [](UnitRun& run) {
                           const UnitPair pair(run, 37, 45, 4);
                           constexpr double kClipNorm = 1;
                           double* squared = run.double_zeros(run.units());
                           float* gradients = run.zeros(run.units() * pair.parameters);
                           float* factor = run.zeros(run.units());
                           double* sum = run.double_zeros(pair.parameters);
                           run.ok(pair.norm(run, false, gradients, squared));
                           run.ok(sotto_clip_factor(run.backend, {run.units(), 1, 1, squared, &kClipNorm, 0, factor}));
                           run.ok(sotto_clipped_sum(run.backend, {run.units(), pair.parameters, gradients,
                                                                  pair.parameters, factor, 0x1p-26, sum}));
                           run.sum_of(sum, pair.parameters);
                         }};

UnitOp clip_and_sum(int64_t in, int64_t out, int64_t rank) {
  return {"clip_and_sum_pair" + text_of({in, out, rank}), {"clip_and_sum_pair"}, [=](UnitRun& run) {
            const UnitPair pair(run, in, out, rank);
            constexpr double kClipNorm = 1;
            double* squared = run.double_zeros(run.units());
            float* factor = run.zeros(run.units());
            double* sum = run.double_zeros(pair.parameters);
            run.ok(pair.norm(run, false, nullptr, squared));
            run.ok(sotto_clip_factor(run.backend, {run.units(), 1, 1, squared, &kClipNorm, 0, factor}));
            run.ok(sotto_clip_and_sum_pair(run.backend, {{run.units(),
                                                          run.starts(),
                                                          {pair.in, pair.out, pair.rank, Pair::kScale},
                                                          pair.x,
                                                          pair.u,
                                                          pair.dy,
                                                          pair.lddy,
                                                          pair.du},
                                                         factor,
                                                         0x1p-26,
                                                         sum}));
            run.sum_of(sum, pair.parameters);
          }};
}

const UnitOp kClippedPairs[] = {clip_and_sum(37, 45, 4), clip_and_sum(0, 70, 8)};

const MeetsNoUnit kReleases[] = {{"add_noise", "takes the finished sum and makes the release of it"},
                                 {"sgd_step", "takes released gradients only"},
                                 {"adamw_step", "takes released gradients only"},
                                 {"noisy_sgd_step", "takes the finished sum, and steps with its release"},
                                 {"noisy_adamw_step", "takes the finished sum, and steps with its release"}};

}  // namespace
}  // namespace sotto::test
