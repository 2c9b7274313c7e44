// Softmax cross-entropy, a row a task: the maximum, then exp and its sum (kept in place when a gradient is wanted),
// then one scaling pass. A row of 8192 logits stays in the L1 cache between passes, one of 50257 in L2.
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

// Floats summed in one vector register before the sum moves to double.
constexpr int64_t kRun = 64 * kLanes;

}  // namespace

void cross_entropy(Device& device, const sotto_cross_entropy_request& args) {
  check_indices("targets", args.rows, args.targets, INT32_MIN, args.vocabulary);
  context(device).parallel_blocks(args.rows, 1 + (1 << 13) / (args.vocabulary + 1), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* row = args.logits + r * args.ld;
      if (args.targets[r] < 0) {
        args.row_loss[r] = 0;
        if (args.gradient) std::memset(row, 0, static_cast<size_t>(args.vocabulary) * sizeof(float));
        continue;
      }
      const double target_logit = row[args.targets[r]];
      float top = row[0];
      {
        Vec most = splat(top);
        int64_t i = 0;
        for (; i + kLanes <= args.vocabulary; i += kLanes) most = max(load(row + i), most);
        top = largest(most);
        for (; i < args.vocabulary; i++) top = row[i] > top ? row[i] : top;
      }
      double total = 0;
      for (int64_t run = 0; run < args.vocabulary; run += kRun) {
        Vec part_sum{};
        each_vector(run, run + kRun < args.vocabulary ? run + kRun : args.vocabulary, [&](int64_t i, auto part) {
          Vec e = exp(load(row + i, part) - top);
          if (args.gradient) store(row + i, e, part);
          if constexpr (std::is_same_v<decltype(part), Part>) {
            e = select(lane_index() < splat_int(part.count), e, Vec{});
          }
          part_sum += e;
        });
        total += sum(part_sum);
      }
      args.row_loss[r] = static_cast<float>(std::log(total) + (top - target_logit));
      if (!args.gradient) continue;
      const float scale = static_cast<float>(args.row_weight[r] / total);
      each_vector(0, args.vocabulary, [&](int64_t i, auto part) { store(row + i, load(row + i, part) * scale, part); });
      row[args.targets[r]] -= args.row_weight[r];
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
