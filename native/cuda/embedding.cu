// Token and position embedding on the GPU, forward and backward.
//
// What it computes. Forward: out[r] = scale tokens[ids[r]] + places[positions[r]]. Backward: the rows of dout, times
// scale for the tokens, are added to the rows of the tables' gradients that they came from. An index outside its table
// gives a row of NaN forward and is left out backward: nothing outside a table is read or written.
//
// Which bytes it moves. Forward 12 a channel (8 without positions), in runs of whole rows. Backward reads each row of
// dout once and reads and writes each touched row of the gradient once a chunk of 1024 ids in which it occurs.
//
// Why this shape. Forward is a gather: a block copies a row. Backward is a scatter in which rows collide, and adding
// with float atomics would make the bits depend on timing. So a table's row has one writer: the block of the first row
// r that has its id. Every block compares its id with all ids, 1024 at a time, and leaves when it finds that an earlier
// row has it, at the latest after the chunk that holds r itself. The owner goes on and adds the rows of dout in their
// order, as a plain loop would: the same bits as the definition. The comparisons read ids from the caches, N / 1024
// chunks a distinct id, and need no sorting and no memory.
//
// How close to the limit. Forward should run at the speed of a copy. Backward with 4096 rows compares 4096 ids in 4
// chunks a block, little beside the rows themselves; beyond 1e5 rows sorting the ids first would win, and a token that
// makes up most of the batch is added by one block. Frozen embeddings, the case of LoRA, never call it. Nothing has
// been measured on a GPU yet.
#include <cstdint>

#include "check.cuh"
#include "four.cuh"
#include "ops.h"

namespace sotto::cuda {
namespace {

constexpr int kThreads = 128;

__global__ void __launch_bounds__(kThreads)
    forward_kernel(int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions, float scale, bool aligned,
                   const int32_t* __restrict__ ids, const int32_t* __restrict__ positions,
                   const float* __restrict__ token_table, const float* __restrict__ position_table,
                   float* __restrict__ out) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const int64_t id = ids[r], position = position_table != nullptr ? positions[r] : 0;
    const bool inside =
        id >= 0 && id < vocabulary && (position_table == nullptr || (position >= 0 && position < max_positions));
    for (int64_t c = 4 * threadIdx.x; c < channels; c += 4 * kThreads) {
      float4 v = make_float4(nanf(""), nanf(""), nanf(""), nanf(""));
      if (inside) {
        v = load4(token_table + id * channels, c, channels, aligned);
        v = make_float4(v.x * scale, v.y * scale, v.z * scale, v.w * scale);
      }
      if (inside && position_table != nullptr) {
        const float4 p = load4(position_table + position * channels, c, channels, aligned);
        v = make_float4(v.x + p.x, v.y + p.y, v.z + p.z, v.w + p.w);
      }
      store4(out + r * channels, c, channels, aligned, v);
    }
  }
}

constexpr int kChunk = 1024;
constexpr int kWords = kChunk / 32;

__global__ void __launch_bounds__(kThreads)
    backward_kernel(int64_t rows, int64_t channels, int64_t table_rows, float scale, bool aligned,
                    const int32_t* __restrict__ ids, const float* __restrict__ dout, float* __restrict__ gradient) {
  SOTTO_SHARED(unsigned, found, [kWords]);  // a bit an id of the chunk: is it ours
  SOTTO_SHARED(int32_t, at, [kChunk]);      // the places of those that are, in order
  const int64_t r = blockIdx.x;
  const int32_t id = ids[r];
  if (id < 0 || id >= table_rows) return;
  float* own = gradient + id * channels;
  bool first = true;
  for (int64_t base = 0; base < rows; base += kChunk) {
    for (int word = threadIdx.x / 32; word < kWords; word += kThreads / 32) {
      const int64_t i = base + 32 * word + threadIdx.x % 32;
      const unsigned votes = __ballot_sync(0xffffffffu, i < rows && ids[i] == id);
      if (threadIdx.x % 32 == 0) found[word] = votes;
    }
    __syncthreads();
    int count = 0;
    int64_t earliest = -1;
    for (int word = 0; word < kWords; ++word) {
      const unsigned votes = found[word];
      if (earliest < 0 && votes != 0) earliest = base + 32 * word + __ffs(static_cast<int>(votes)) - 1;
      const bool mine = word % (kThreads / 32) == static_cast<int>(threadIdx.x / 32);
      const unsigned bit = 1u << threadIdx.x % 32;
      if (mine && (votes & bit) != 0) at[count + __popc(votes & (bit - 1))] = 32 * word + threadIdx.x % 32;
      count += __popc(votes);
    }
    if (first && earliest >= 0) {
      if (earliest != r) return;  // the row before us does the work; the whole block sees the same votes
      first = false;
    }
    __syncthreads();
    for (int64_t c = 4 * threadIdx.x; count > 0 && c < channels; c += 4 * kThreads) {
      float4 sum = load4(own, c, channels, aligned);
#pragma unroll 4
      for (int k = 0; k < count; ++k) {
        const float4 d = load4(dout + (base + at[k]) * channels, c, channels, aligned);
        sum = make_float4(sum.x + scale * d.x, sum.y + scale * d.y, sum.z + scale * d.z, sum.w + scale * d.w);
      }
      store4(own, c, channels, aligned, sum);
    }
    __syncthreads();
  }
}

void add_rows(int64_t rows, int64_t channels, int64_t table_rows, float scale, const int32_t* ids, const float* dout,
              float* gradient) {
  if (rows > INT32_MAX) throw Error(SOTTO_INVALID_ARGUMENT, "embedding_backward: too many rows for one launch");
  const bool aligned = four_aligned(dout, channels) && four_aligned(gradient, channels);
  SOTTO_LAUNCH(backward_kernel, static_cast<unsigned>(rows), kThreads, 0, nullptr, rows, channels, table_rows, scale,
               aligned, ids, dout, gradient);
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void embedding_forward(Device&, const sotto_embedding_forward_request& args) {
  if (args.rows == 0) return;
  const bool aligned = four_aligned(args.token_table, args.channels) &&
                       four_aligned(args.position_table, args.channels) && four_aligned(args.out, args.channels);
  SOTTO_LAUNCH(forward_kernel, row_blocks(args.rows), kThreads, 0, nullptr, args.rows, args.channels, args.vocabulary,
               args.max_positions, args.scale, aligned, args.ids, args.positions, args.token_table, args.position_table,
               args.out);
  SOTTO_CUDA_CHECK_LAUNCH();
}

void embedding_backward(Device&, const sotto_embedding_backward_request& args) {
  if (args.rows == 0) return;
  if (args.token_gradient != nullptr)
    add_rows(args.rows, args.channels, args.vocabulary, args.scale, args.ids, args.dout, args.token_gradient);
  if (args.position_gradient != nullptr)
    add_rows(args.rows, args.channels, args.max_positions, 1.0f, args.positions, args.dout, args.position_gradient);
}

}  // namespace sotto::cuda
