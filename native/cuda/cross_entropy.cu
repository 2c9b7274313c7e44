// Softmax cross-entropy on the GPU, with the gradient in place of the logits.
//
// What it computes. loss = log(sum exp x) - x[target], and, where asked, x = weight (exp x / sum exp x - one-hot). A
// negative target means none: loss and gradient are 0. A target outside the vocabulary gives NaN and is not read. Under
// a cap, cap tanh(x / cap) stands for x, and the gradient is multiplied by 1 - tanh^2.
//
// Which bytes it moves. The loss reads a row once, 4 bytes a logit: the maximum and the sum come from the same pass,
// the sum being rescaled whenever the maximum grows (Milakov & Gimelshein 2018, "Online normalizer calculation for
// softmax"). The gradient reads the row again and writes it: 12 bytes a logit, but 8 from memory as long as the rows in
// work fit the second-level cache. The softmax is stored nowhere but in its place.
//
// Why this shape. A row is a block of 1024 threads, so that few rows are in work at a time: two rows of 50257 logits a
// multiprocessor are 53 MB on 132 of them, near the 50 MB of an H100's second-level cache. Small vocabularies take a
// block of one warp. A thread starts from the lowest finite float, not from minus infinity, so that merging with a
// thread that saw nothing is exp(finite) * 0 and never a NaN; a real NaN reaches the sum through exp and spoils its
// row alone.
//
// How close to the limit. About 1.25 exponentials and 4 operations a logit in the first pass, one exponential and 3 in
// the second: memory binds. Nothing has been measured on a GPU yet.
#include <cfloat>
#include <cstdint>

#include "check.cuh"
#include "four.cuh"
#include "ops.h"
#include "reduce.cuh"

namespace sotto::cuda {
namespace {

constexpr int64_t kWarpVocabulary = 1024;
constexpr int kBlockThreads = 1024;

// What a logit counts as and its slope, with s what scaled() made of it: a type each, so that a kernel without a cap
// pays nothing for one.
struct NoCap {
  __device__ __forceinline__ float scaled(float logit) const { return logit; }
  __device__ __forceinline__ float value(float s) const { return s; }
  __device__ __forceinline__ float slope(float) const { return 1.0f; }
};
struct TanhCap {
  float cap;
  __device__ __forceinline__ float scaled(float logit) const { return tanhf(logit / cap); }
  __device__ __forceinline__ float value(float s) const { return cap * s; }
  __device__ __forceinline__ float slope(float s) const { return 1.0f - s * s; }
};

template <int kThreads, typename Cap>
__global__ void __launch_bounds__(kThreads)
    cross_entropy_kernel(int64_t rows, int64_t vocabulary, const Cap cap, bool aligned, float* __restrict__ logits,
                         int64_t ld, const int32_t* __restrict__ targets, const float* __restrict__ row_weight,
                         bool gradient, float* __restrict__ row_loss) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    float* row = logits + r * ld;
    const int64_t target = targets[r];
    if (target < 0) {
      if (threadIdx.x == 0) row_loss[r] = 0.0f;
      for (int64_t i = 4 * threadIdx.x; gradient && i < vocabulary; i += 4 * kThreads) {
        store4(row, i, vocabulary, aligned, make_float4(0.0f, 0.0f, 0.0f, 0.0f));
      }
      continue;
    }
    const float target_logit = target < vocabulary ? cap.value(cap.scaled(row[target])) : nanf("");
    float top = Maximum::kNeutral;
    float sum[1] = {0.0f};
    for (int64_t i = 4 * threadIdx.x; i < vocabulary; i += 4 * kThreads) {
      float4 v = load4(row, i, vocabulary, aligned);
      v.x = cap.value(cap.scaled(v.x));
      v.y = i + 1 < vocabulary ? cap.value(cap.scaled(v.y)) : -INFINITY;
      v.z = i + 2 < vocabulary ? cap.value(cap.scaled(v.z)) : -INFINITY;
      v.w = i + 3 < vocabulary ? cap.value(cap.scaled(v.w)) : -INFINITY;
      const float higher = fmaxf(top, fmaxf(fmaxf(v.x, v.y), fmaxf(v.z, v.w)));
      const float terms = (expf(v.x - higher) + expf(v.y - higher)) + (expf(v.z - higher) + expf(v.w - higher));
      sum[0] = sum[0] * expf(top - higher) + terms;
      top = higher;
    }
    float all_top[1] = {top};
    over_block<Maximum, kThreads>(all_top);
    sum[0] *= expf(top - all_top[0]);
    over_block<Sum, kThreads>(sum);  // its barriers also stand between the last read of target_logit and the gradient
    const float loss = logf(sum[0]) + (all_top[0] - target_logit);
    if (threadIdx.x == 0) row_loss[r] = loss;
    if (!gradient) continue;
    // A target outside the vocabulary has made the loss NaN; the gradient follows it.
    const float weight = target < vocabulary ? row_weight[r] : nanf("");
    const float scale = weight / sum[0];
    for (int64_t i = 4 * threadIdx.x; i < vocabulary; i += 4 * kThreads) {
      float4 v = load4(row, i, vocabulary, aligned);
      v = make_float4(cap.scaled(v.x), cap.scaled(v.y), cap.scaled(v.z), cap.scaled(v.w));
      float4 d = make_float4(expf(cap.value(v.x) - all_top[0]) * scale, expf(cap.value(v.y) - all_top[0]) * scale,
                             expf(cap.value(v.z) - all_top[0]) * scale, expf(cap.value(v.w) - all_top[0]) * scale);
      if (target >= i && target < i + 4) {
        d.x -= target == i ? weight : 0.0f;
        d.y -= target == i + 1 ? weight : 0.0f;
        d.z -= target == i + 2 ? weight : 0.0f;
        d.w -= target == i + 3 ? weight : 0.0f;
      }
      d = make_float4(d.x * cap.slope(v.x), d.y * cap.slope(v.y), d.z * cap.slope(v.z), d.w * cap.slope(v.w));
      store4(row, i, vocabulary, aligned, d);
    }
  }
}

template <typename Cap>
void launch(const sotto_cross_entropy_request& args, const Cap& cap) {
  const bool aligned = four_aligned(args.logits, args.ld);
  if (args.vocabulary <= kWarpVocabulary) {
    SOTTO_LAUNCH((cross_entropy_kernel<32, Cap>), row_blocks(args.rows), 32, 0, nullptr, args.rows, args.vocabulary,
                 cap, aligned, args.logits, args.ld, args.targets, args.row_weight, args.gradient, args.row_loss);
  } else {
    SOTTO_LAUNCH((cross_entropy_kernel<kBlockThreads, Cap>), row_blocks(args.rows), kBlockThreads, 0, nullptr,
                 args.rows, args.vocabulary, cap, aligned, args.logits, args.ld, args.targets, args.row_weight,
                 args.gradient, args.row_loss);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void cross_entropy(Device&, const sotto_cross_entropy_request& args) {
  if (args.rows == 0) return;
  if (args.cap > 0) {
    launch(args, TanhCap{args.cap});
  } else {
    launch(args, NoCap{});
  }
}

}  // namespace sotto::cuda
