// Ops that touch each element once: add, column sum, squared norm, count of non-finite values, conversion to f32.
//
// What they compute, and which bytes they move, an element:
//     add              out = a + b                             12
//     column_sum       sum[c] += sum over rows of x[r][c]       4; column_sums.cuh tells how
//     squared_norm     out[0] += sum of x^2, in double          4
//     count_nonfinite  how many are NaN or infinite             4
//     convert_to_f32   f16, bf16 or blocks on the host to f32   2 over the bus, then 6 on the device
//
// Why this shape. The squared norm is a sum in two launches: every block leaves its part in scratch memory, one block
// adds the parts in their order. The number of blocks depends on the count alone, so a norm has the same bits on every
// GPU. Whole numbers have no such worry: the count is one atomic addition a warp that found any.
//
// A conversion goes through no buffer of its own. The 16-bit values are uploaded into the back half of `out`, and each
// launch converts the first half of what is left: writing floats up to the middle cannot reach a value that is still to
// be read. After log2(count) launches one block is left, which reads all before it writes. It runs while a model is
// loaded, where the bus binds. Quantised blocks are small, and go through scratch memory.
//
// How close to the limit. All are bound by memory; in double, a term of the norm is a conversion and one operation,
// which data centre GPUs do faster than bytes arrive. Nothing has been measured on a GPU yet.
#include <algorithm>
#include <cfloat>
#include <cstdint>
#include <cstring>

#include "check.cuh"
#include "column_sums.cuh"
#include "common/quantised.h"
#include "context.cuh"
#include "four.cuh"
#include "ops.h"
#include "pointwise.cuh"
#include "reduce.cuh"

namespace sotto::cuda {
namespace {

struct Add {
  __device__ void operator()(const float (&in)[2], float (&out)[1]) const { out[0] = in[0] + in[1]; }
};

struct Element {
  const float* x;
  int64_t ldx;
  __device__ void operator()(int64_t r, int64_t c, float (&term)[1]) const { term[0] = x[r * ldx + c]; }
};

constexpr int kThreads = 256;
constexpr int64_t kParts = 1024;

// A thread takes at least four quads of the array before there is a second block, and at most kParts blocks share it.
int64_t parts_of(int64_t count) { return std::min(kParts, (count - 1) / (16 * kThreads) + 1); }

__global__ void __launch_bounds__(kThreads)
    squares_kernel(int64_t count, bool aligned, const float* __restrict__ x, double* __restrict__ part) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads * 4;
  double sum[4] = {};
#pragma unroll 4
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * 4; i < count; i += step) {
    const float4 v = load4(x, i, count, aligned);
    sum[0] += static_cast<double>(v.x) * v.x;
    sum[1] += static_cast<double>(v.y) * v.y;
    sum[2] += static_cast<double>(v.z) * v.z;
    sum[3] += static_cast<double>(v.w) * v.w;
  }
  double total[1] = {(sum[0] + sum[1]) + (sum[2] + sum[3])};
  over_block<Sum, kThreads>(total);
  if (threadIdx.x == 0) part[blockIdx.x] = total[0];
}

__global__ void __launch_bounds__(kThreads)
    add_parts_kernel(int64_t parts, const double* __restrict__ part, double* __restrict__ out) {
  double sum[1] = {};
  for (int64_t i = threadIdx.x; i < parts; i += kThreads) sum[0] += part[i];
  over_block<Sum, kThreads>(sum);
  if (threadIdx.x == 0) *out += sum[0];
}

__device__ __forceinline__ int nonfinite(float x) { return fabsf(x) <= FLT_MAX ? 0 : 1; }

__global__ void __launch_bounds__(kThreads)
    nonfinite_kernel(int64_t count, bool aligned, const float* __restrict__ x, unsigned long long* found) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads * 4;
  long long own = 0;
#pragma unroll 4
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * 4; i < count; i += step) {
    const float4 v = load4(x, i, count, aligned);
    own += nonfinite(v.x) + nonfinite(v.y) + nonfinite(v.z) + nonfinite(v.w);
  }
  const long long total = over_lanes<Sum>(own);
  if (threadIdx.x % 32 == 0 && total != 0) atomicAdd(found, static_cast<unsigned long long>(total));
}

// The value of the 16 bits at p, which may stand at any even address.
template <sotto_dtype kType>
__device__ __forceinline__ float half_at(const unsigned char* p) {
  const uint16_t h = read_u16(p);
  return kType == SOTTO_BF16 ? float_of_bits(static_cast<uint32_t>(h) << 16) : from_f16(h);
}

// out[i] from the 16-bit value i of `halves`, i in [first, last): the two do not overlap.
template <sotto_dtype kType>
__global__ void __launch_bounds__(kThreads)
    convert_kernel(int64_t first, int64_t last, const unsigned char* halves, float* out) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = first + static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < last; i += step) {
    out[i] = half_at<kType>(halves + 2 * i);
  }
}

// The last kThreads or fewer, which overlap.
template <sotto_dtype kType>
__global__ void __launch_bounds__(kThreads)
    convert_last_kernel(int64_t first, int64_t last, const unsigned char* halves, float* out) {
  const int64_t i = first + threadIdx.x;
  const float value = i < last ? half_at<kType>(halves + 2 * i) : 0.0f;
  __syncthreads();
  if (i < last) out[i] = value;
}

// The 16-bit values fill the back half of the memory of `out`.
template <sotto_dtype kType>
void convert_in_place(int64_t count, float* out) {
  const unsigned char* halves = reinterpret_cast<const unsigned char*>(out) + 2 * count;
  int64_t first = 0;
  while (count - first > kThreads) {
    const int64_t last = (count + first) / 2;  // 4 last <= 2 count + 2 first: below the bytes of value `first`
    const unsigned grid = static_cast<unsigned>(std::min<int64_t>((last - first - 1) / kThreads + 1, 1 << 20));
    SOTTO_LAUNCH(convert_kernel<kType>, grid, kThreads, 0, nullptr, first, last, halves, out);
    SOTTO_CUDA_CHECK_LAUNCH();
    first = last;
  }
  SOTTO_LAUNCH(convert_last_kernel<kType>, 1, kThreads, 0, nullptr, first, count, halves, out);
  SOTTO_CUDA_CHECK_LAUNCH();
}

// A thread unpacks the 32 values of a group.
template <sotto_dtype kType>
__global__ void __launch_bounds__(kThreads) unpack_kernel(int64_t groups, const unsigned char* blocks, float* out) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t g = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; g < groups; g += step) {
    unpack_group_of_run<kType>(blocks, g, out + g * kGroup);
  }
}

// The blocks go through scratch memory.
void unpack(Device& device, const sotto_convert_to_f32_request& args) {
  const BlockSize size = block_size(args.dtype);
  const int64_t bytes = args.count / size.values * size.bytes, groups = args.count / kGroup;
  auto* blocks = static_cast<unsigned char*>(context(device).scratch(bytes));
  device.upload(blocks, args.source, bytes);
  const unsigned grid = static_cast<unsigned>(std::min<int64_t>((groups - 1) / kThreads + 1, 1 << 20));
  with_quantised(args.dtype, [&](auto type) {
    SOTTO_LAUNCH(unpack_kernel<decltype(type)::value>, grid, kThreads, 0, nullptr, groups, blocks, args.out);
  });
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void add(Device&, const sotto_add_request& args) { pointwise<2, 1>(args.count, {{args.a, args.b}, {args.out}}, Add{}); }

void column_sum(Device&, const sotto_column_sum_request& args) {
  column_sums<1>(args.rows, args.channels, Element{args.x, args.ldx}, {{args.sum}});
}

void squared_norm(Device& device, const sotto_squared_norm_request& args) {
  if (args.count == 0) return;
  const int64_t parts = parts_of(args.count);
  double* part = static_cast<double*>(context(device).scratch(kParts * static_cast<int64_t>(sizeof(double))));
  SOTTO_LAUNCH(squares_kernel, static_cast<unsigned>(parts), kThreads, 0, nullptr, args.count, four_aligned(args.x, 0),
               args.x, part);
  SOTTO_CUDA_CHECK_LAUNCH();
  SOTTO_LAUNCH(add_parts_kernel, 1, kThreads, 0, nullptr, parts, part, args.out);
  SOTTO_CUDA_CHECK_LAUNCH();
}

void count_nonfinite(Device& device, const sotto_count_nonfinite_request& args) {
  *args.found = 0;
  if (args.count == 0) return;
  auto* found = static_cast<unsigned long long*>(context(device).scratch(sizeof(unsigned long long)));
  device.zero(found, sizeof *found);
  SOTTO_LAUNCH(nonfinite_kernel, static_cast<unsigned>(parts_of(args.count)), kThreads, 0, nullptr, args.count,
               four_aligned(args.x, 0), args.x, found);
  SOTTO_CUDA_CHECK_LAUNCH();
  unsigned long long total = 0;
  device.download(&total, found, sizeof total);
  *args.found = static_cast<int64_t>(total);
}

void convert_to_f32(Device& device, const sotto_convert_to_f32_request& args) {
  if (args.count == 0) return;
  if (args.dtype == SOTTO_F32) {
    device.upload(args.out, args.source, 4 * args.count);
    return;
  }
  if (is_quantised(args.dtype)) {
    unpack(device, args);
    return;
  }
  device.upload(reinterpret_cast<unsigned char*>(args.out) + 2 * args.count, args.source, 2 * args.count);
  if (args.dtype == SOTTO_BF16) {
    convert_in_place<SOTTO_BF16>(args.count, args.out);
  } else {
    convert_in_place<SOTTO_F16>(args.count, args.out);
  }
}

}  // namespace sotto::cuda
