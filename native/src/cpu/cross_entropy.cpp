// Softmax cross-entropy, a row a task: the maximum, then exp and its sum (kept in place when a gradient is wanted),
// then one scaling pass. A row of 8192 logits stays in the L1 cache between passes, one of 50257 in L2.
//
// Under a cap the first pass also takes the tanh, which the gradient needs again, and leaves it in place: the last pass
// then takes exp once more. Without a gradient the logits stay, and the tanh is taken in both passes.
#include <cmath>

#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

// Floats summed in one vector register before the sum moves to double.
constexpr int64_t kRun = 64 * kLanes;

// The largest of at(i, part), taken over vectors and then over what is left. A NaN is passed over: the sum finds it.
template <typename At>
float largest_of(int64_t count, At at) {
  float first[kLanes];
  store(first, at(0, Part{1}));
  Vec most = splat(first[0]);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) most = max(at(i, Full{}), most);
  float top = largest(most);
  for (; i < count; i++) {
    store(first, at(i, Part{1}));
    top = first[0] > top ? first[0] : top;
  }
  return top;
}

// The sum of at(i, part) in double precision; lanes past the end do not count.
template <typename At>
double sum_over(int64_t count, At at) {
  double total = 0;
  for (int64_t run = 0; run < count; run += kRun) {
    Vec part_sum{};
    each_vector(run, run + kRun < count ? run + kRun : count, [&](int64_t i, auto part) {
      Vec e = at(i, part);
      if constexpr (std::is_same_v<decltype(part), Part>) {
        e = select(lane_index() < splat_int(part.count), e, Vec{});
      }
      part_sum += e;
    });
    total += sum(part_sum);
  }
  return total;
}

void plain_row(const sotto_cross_entropy_request& args, int64_t r, float* row) {
  const int32_t target = args.targets[r];
  const double target_logit = row[target];
  const float top = largest_of(args.vocabulary, [&](int64_t i, auto part) { return load(row + i, part); });
  const double total = sum_over(args.vocabulary, [&](int64_t i, auto part) {
    const Vec e = exp(load(row + i, part) - top);
    if (args.gradient) store(row + i, e, part);
    return e;
  });
  args.row_loss[r] = static_cast<float>(std::log(total) + (top - target_logit));
  if (!args.gradient) return;
  const float scale = static_cast<float>(args.row_weight[r] / total);
  each_vector(0, args.vocabulary, [&](int64_t i, auto part) { store(row + i, load(row + i, part) * scale, part); });
  row[target] -= args.row_weight[r];
}

void capped_row(const sotto_cross_entropy_request& args, int64_t r, float* row) {
  const int32_t target = args.targets[r];
  const float inverse = 1.0f / args.cap;
  if (args.gradient) {
    each_vector(0, args.vocabulary,
                [&](int64_t i, auto part) { store(row + i, tanh(load(row + i, part) * inverse), part); });
  }
  // Of the uncapped logits, or of what the pass above left.
  const auto capped = [&](int64_t i, auto part) {
    const Vec value = load(row + i, part);
    return args.cap * (args.gradient ? value : tanh(value * inverse));
  };
  float target_logit[kLanes];
  store(target_logit, capped(target, Part{1}));
  const float top = largest_of(args.vocabulary, capped);
  const double total = sum_over(args.vocabulary, [&](int64_t i, auto part) { return exp(capped(i, part) - top); });
  args.row_loss[r] = static_cast<float>(std::log(total) + (static_cast<double>(top) - target_logit[0]));
  if (!args.gradient) return;
  const float weight = args.row_weight[r];
  const float scale = static_cast<float>(weight / total);
  const float target_tanh = row[target];
  each_vector(0, args.vocabulary, [&](int64_t i, auto part) {
    const Vec t = load(row + i, part);
    store(row + i, exp(args.cap * t - top) * scale * (1.0f - t * t), part);
  });
  row[target] -= weight * (1.0f - target_tanh * target_tanh);
}

}  // namespace

void cross_entropy(Device& device, const sotto_cross_entropy_request& args) {
  check_indices("targets", args.rows, args.targets, INT32_MIN, args.vocabulary);
  context(device).parallel_blocks(args.rows, 1 + (1 << 13) / (args.vocabulary + 1), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* row = args.logits + r * args.ld;
      if (args.targets[r] < 0) {
        args.row_loss[r] = 0;
        if (args.gradient) std::memset(row, 0, static_cast<size_t>(args.vocabulary) * sizeof(float));
      } else if (args.cap > 0) {
        capped_row(args, r, row);
      } else {
        plain_row(args, r, row);
      }
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
