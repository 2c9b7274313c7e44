// Ops that touch each element once: add, column sum, squared norm, count of non-finite values, conversion to f32.
// All are bound by memory, so a block is a few pages: small enough to balance, large enough to stream.
#include <cmath>

#include "common/quantised.h"
#include "kernels.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

constexpr int64_t kBlock = 1 << 15;

// Bits of |x| at or above those of infinity: NaN or infinite.
SOTTO_INLINE VecI nonfinite(Vec x) {
  VecI bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return (bits & 0x7fffffff) >= splat_int(0x7f800000);
}

}  // namespace

void add(Device& device, const sotto_add_request& args) {
  context(device).parallel_blocks(args.count, kBlock, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t i, auto part) {
      store(args.out + i, load(args.a + i, part) + load(args.b + i, part), part);
    });
  });
}

void column_sum(Device& device, const sotto_column_sum_request& args) {
  // One task owns a few columns and adds all rows in order; runs of 64 rows are summed apart first, which keeps the
  // rounding error of long columns small.
  constexpr int64_t kRun = 64;
  context(device).parallel_blocks(args.channels, 4 * kLanes, [&](int64_t begin, int64_t end) {
    each_vector(begin, end, [&](int64_t c, auto part) {
      Vec total = load(args.sum + c, part);
      for (int64_t r = 0; r < args.rows; r += kRun) {
        Vec run{};
        for (int64_t i = r; i < args.rows && i < r + kRun; i++) run += load(args.x + i * args.ldx + c, part);
        total += run;
      }
      store(args.sum + c, total, part);
    });
  });
}

void squared_norm(Device& device, const sotto_squared_norm_request& args) {
  constexpr int64_t kChunk = 1 << 14;
  constexpr int kChains = 16;
  Context& cpu = context(device);
  const int64_t chunks = (args.count + kChunk - 1) / kChunk;
  cpu.reserve_scratch(chunks * static_cast<int64_t>(sizeof(double)));
  double* partial = static_cast<double*>(cpu.scratch(0));
  cpu.parallel_for(chunks, [&](int64_t chunk, int) {
    const int64_t begin = chunk * kChunk;
    const int64_t end = begin + kChunk < args.count ? begin + kChunk : args.count;
    double chain[kChains] = {};
    int64_t i = begin;
    for (; i + kChains <= end; i += kChains) {
#pragma omp simd
      for (int j = 0; j < kChains; j++) chain[j] += static_cast<double>(args.x[i + j]) * args.x[i + j];
    }
    for (; i < end; i++) chain[0] += static_cast<double>(args.x[i]) * args.x[i];
    double total = 0;
    for (int j = 0; j < kChains; j++) total += chain[j];
    partial[chunk] = total;
  });
  double total = 0;
  for (int64_t chunk = 0; chunk < chunks; chunk++) total += partial[chunk];
  *args.out += total;
}

void count_nonfinite(Device& device, const sotto_count_nonfinite_request& args) {
  Context& cpu = context(device);
  const int64_t blocks = (args.count + kBlock - 1) / kBlock;
  cpu.reserve_scratch(blocks * static_cast<int64_t>(sizeof(int64_t)));
  int64_t* partial = static_cast<int64_t*>(cpu.scratch(0));
  cpu.parallel_blocks(args.count, kBlock, [&](int64_t begin, int64_t end) {
    VecI found{};
    each_vector(begin, end, [&](int64_t i, auto part) { found -= nonfinite(load(args.x + i, part)); });
    int64_t total = 0;
    for (int lane = 0; lane < kLanes; lane++) total += found[lane];
    partial[begin / kBlock] = total;
  });
  int64_t total = 0;
  for (int64_t block = 0; block < blocks; block++) total += partial[block];
  *args.found = total;
}

void convert_to_f32(Device& device, const sotto_convert_to_f32_request& args) {
  const uint8_t* bytes = static_cast<const uint8_t*>(args.source);
  if (is_quantised(args.dtype)) {
    with_quantised(args.dtype, [&](auto type) {
      context(device).parallel_blocks(args.count / kGroup, kBlock / kGroup, [&](int64_t begin, int64_t end) {
        for (int64_t g = begin; g < end; g++)
          unpack_group_of_run<decltype(type)::value>(bytes, g, args.out + g * kGroup);
      });
    });
    return;
  }
  context(device).parallel_blocks(args.count, kBlock, [&](int64_t begin, int64_t end) {
    if (args.dtype == SOTTO_F32) {
      std::memcpy(args.out + begin, bytes + 4 * begin, static_cast<size_t>(4 * (end - begin)));
    } else if (args.dtype == SOTTO_BF16) {
      for (int64_t i = begin; i < end; i++) {
        const uint32_t word = static_cast<uint32_t>(read_u16(bytes + 2 * i)) << 16;
        std::memcpy(args.out + i, &word, sizeof(word));
      }
    } else {
      for (int64_t i = begin; i < end; i++) args.out[i] = from_f16(read_u16(bytes + 2 * i));
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
