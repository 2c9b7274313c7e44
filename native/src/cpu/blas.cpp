// Products through a BLAS library, cut into blocks of rows and columns, each a single-threaded call.
//
// For public data the library gets the blocks as they come. On the private path a row of C must not depend on how many
// rows there are or where it stands, which no BLAS promises: OpenBLAS's kernels for Haswell and Zen add up the last
// rows of a call in another order. So there it is always asked the same question: kBlockRows rows, at addresses and
// strides that are the same every time, the last block filled up with zeros; alpha, beta and bias are applied here.
// What is left, that the rows of this one question are treated alike, is tested for each matrix before its first
// product, by every thread of the pool at once (common/row_self_test.h).
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "../common/row_self_test.h"
#include "kernels.h"
#include "pack.h"
#include "product.h"

namespace sotto::cpu::SOTTO_ISA {

namespace {

constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
constexpr int kTranspose = 112;
constexpr int64_t kBlockRows = 96;

int transpose(bool flag) { return flag ? kTranspose : kNoTranspose; }

int64_t aligned(int64_t floats) { return (floats + 15) / 16 * 16; }

// Rounds to the numbers of bf16.
void round_to_bf16(float* x, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] = widened(narrowed(x[i]));
}

// Rows of one task: enough tasks to balance any number of threads, else as many rows as pay for packing B once. It may
// depend on the shape, never on the number of threads; a row's bits do not depend on it.
int64_t task_rows(int64_t m, int64_t column_tasks, int64_t unit) {
  constexpr int64_t kTasks = 16;
  constexpr int64_t kMostUnits = 4;
  return unit * std::clamp<int64_t>(m * column_tasks / (kTasks * unit), 1, kMostUnits);
}

// Columns in fixed chunks, so that few rows still keep all threads busy; none so narrow that the product is small.
struct Chunks {
  int64_t width;
  int64_t count;
  int64_t n;

  explicit Chunks(const Product& p) : n(p.n) {
    constexpr int64_t kLeast = 1 << 17;  // values of B
    width = std::max<int64_t>(512, (kLeast / p.k + 511) / 512 * 512);
    count = std::max<int64_t>(1, (p.n + width / 2) / width);
  }
  int64_t begin(int64_t chunk) const { return chunk * width; }
  int64_t columns(int64_t chunk) const { return (chunk + 1 == count ? n : begin(chunk + 1)) - begin(chunk); }
  int64_t widest() const { return std::min(n, width + width / 2); }
};

// A chunk of B as the library reads it: in place, or widened in scratch memory.
struct Columns {
  int64_t begin;
  int64_t count;
  const float* b;
  int64_t ldb;
};

int64_t widened_floats(const Product& p, const Chunks& chunks) {
  return p.b_bf16 != nullptr ? aligned(p.k * chunks.widest()) : 0;
}

// `scratch` holds the widened chunk, and held says which chunk that is.
Columns columns_of(const Product& p, const Chunks& chunks, int64_t chunk, float* scratch, int64_t* held) {
  const int64_t begin = chunks.begin(chunk), count = chunks.columns(chunk);
  if (p.b_bf16 == nullptr) return {begin, count, p.b + p.place_in_b(0, begin), p.ldb};
  const int64_t depth = p.trans_b ? count : p.k, width = p.trans_b ? p.k : count;
  if (*held != chunk) pack_rows(p.b_bf16 + p.place_in_b(0, begin), p.ldb, depth, width, scratch, width);
  *held = chunk;
  return {begin, count, scratch, width};
}

// Rows of A without gaps, in the numbers of bf16 where B is.
void copy_rows(const Product& p, int64_t row, int64_t rows, float* out) {
  for (int64_t r = 0; r < rows; r++) std::copy_n(p.a_at(row + r, 0), p.k, out + r * p.k);
  if (p.b_bf16 != nullptr) round_to_bf16(out, rows * p.k);
}

// ---- public data

void freely(Context& cpu, const Product& p) {
  const Chunks chunks(p);
  const int64_t rows = task_rows(p.m, chunks.count, kBlockRows);
  const int64_t row_tasks = (p.m + rows - 1) / rows;
  const int64_t widened = widened_floats(p, chunks);
  const int64_t rounded = p.b_bf16 != nullptr ? p.k * std::min(rows, p.m) : 0;
  cpu.reserve_scratch((widened + rounded) * static_cast<int64_t>(sizeof(float)));
  std::vector<int64_t> held(static_cast<size_t>(cpu.threads()), -1);
  cpu.parallel_for(row_tasks * chunks.count, [&](int64_t task, int thread) {
    float* scratch = static_cast<float*>(cpu.scratch(thread));
    const int64_t row = task % row_tasks * rows, some = std::min(rows, p.m - row);
    const Columns part = columns_of(p, chunks, task / row_tasks, scratch, &held[thread]);
    const float* a = p.a_at(row, 0);
    int64_t lda = p.lda;
    if (p.b_bf16 != nullptr) {
      copy_rows(p, row, some, scratch + widened);
      a = scratch + widened;
      lda = p.k;
    }
    float* c = p.c + row * p.ldc + part.begin;
    cpu.sgemm(kRowMajor, transpose(p.trans_a), transpose(p.trans_b), static_cast<int>(some),
              static_cast<int>(part.count), static_cast<int>(p.k), p.alpha, a, static_cast<int>(lda), part.b,
              static_cast<int>(part.ldb), p.beta, c, static_cast<int>(p.ldc));
    for (int64_t r = 0; p.bias != nullptr && r < some; r++) {
      float* out = c + r * p.ldc;
      each_vector(0, part.count, [&](int64_t j, auto lanes) {
        store(out + j, load(out + j, lanes) + load(p.bias + part.begin + j, lanes), lanes);
      });
    }
  });
}

// ---- the private path

// The one question: c [kBlockRows, columns] = a [kBlockRows, k] op(B).
void ask(const Context& cpu, const Product& p, const Columns& part, const float* a, float* c) {
  cpu.sgemm(kRowMajor, kNoTranspose, transpose(p.trans_b), static_cast<int>(kBlockRows), static_cast<int>(part.count),
            static_cast<int>(p.k), 1.0f, a, static_cast<int>(p.k), part.b, static_cast<int>(part.ldb), 0.0f, c,
            static_cast<int>(part.count));
}

void in_equal_blocks(Context& cpu, const Product& p) {
  const Chunks chunks(p);
  const int64_t row_tasks = (p.m + kBlockRows - 1) / kBlockRows;
  const int64_t widened = widened_floats(p, chunks), block = aligned(kBlockRows * p.k);
  cpu.reserve_scratch((widened + block + kBlockRows * chunks.widest()) * static_cast<int64_t>(sizeof(float)));
  std::vector<int64_t> held(static_cast<size_t>(cpu.threads()), -1);
  cpu.parallel_for(row_tasks * chunks.count, [&](int64_t task, int thread) {
    float* scratch = static_cast<float*>(cpu.scratch(thread));
    float* a = scratch + widened;
    float* c = a + block;
    const int64_t row = task % row_tasks * kBlockRows, rows = std::min(kBlockRows, p.m - row);
    const Columns part = columns_of(p, chunks, task / row_tasks, scratch, &held[thread]);
    copy_rows(p, row, rows, a);
    std::fill(a + rows * p.k, a + kBlockRows * p.k, 0.0f);
    ask(cpu, p, part, a, c);
    for (int64_t r = 0; r < rows; r++) {
      float* out = p.c + (row + r) * p.ldc + part.begin;
      each_vector(0, part.count, [&](int64_t j, auto lanes) {
        Vec value = load(c + r * part.count + j, lanes) * p.alpha;
        if (p.beta != 0) value = fma(splat(p.beta), load(out + j, lanes), value);
        if (p.bias != nullptr) value += load(p.bias + part.begin + j, lanes);
        store(out + j, value, lanes);
      });
    }
  });
}

// FNV-1a over the bits.
uint64_t hash(const float* values, int64_t count) {
  uint64_t h = 0xcbf29ce484222325u;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    h = (h ^ bits) * 0x100000001b3u;
  }
  return h;
}

// Each thread tests every chunk, all at the same time; they must agree.
void test_rows(Context& cpu, const Product& p) {
  const Chunks chunks(p);
  const int64_t widened = widened_floats(p, chunks), block = aligned(kBlockRows * p.k),
                result = aligned(kBlockRows * chunks.widest());
  cpu.reserve_scratch((widened + 2 * (block + result)) * static_cast<int64_t>(sizeof(float)));
  const int threads = cpu.threads();
  std::vector<const char*> found(static_cast<size_t>(threads), nullptr);
  std::vector<uint64_t> bits(static_cast<size_t>(threads * chunks.count));
  std::atomic<int> waiting{0};
  cpu.parallel_for(threads, [&](int64_t task, int thread) {
    waiting++;
    while (waiting.load() < threads) std::this_thread::yield();  // so that no thread takes two of the tasks
    float* scratch = static_cast<float*>(cpu.scratch(thread));
    float* source = scratch + widened;
    float* a = source + block;
    float* expected = a + block;
    float* c = expected + result;
    int64_t held = -1;
    for (int64_t chunk = 0; chunk < chunks.count; chunk++) {
      const Columns part = columns_of(p, chunks, chunk, scratch, &held);
      const char* why = dependent_rows(kBlockRows, part.count, p.k, source, a, expected, c,
                                       [&](const float* rows, float* out) { ask(cpu, p, part, rows, out); });
      if (why != nullptr) found[task] = why;
      bits[task * chunks.count + chunk] = hash(expected, kBlockRows * part.count);
    }
  });
  const char* why = nullptr;
  for (int64_t i = 0; i < threads * chunks.count; i++) {
    if (bits[i] != bits[i % chunks.count]) why = "two threads get other bits for the same rows";
  }
  for (const char* one : found) {
    if (one != nullptr) why = one;
  }
  if (why == nullptr) return;
  throw Error(SOTTO_DEPENDENT_ROWS,
              "the BLAS cannot serve private training, which a record's protection rests on: in " +
                  std::to_string(kBlockRows) + " rows by a matrix of n = " + std::to_string(p.n) +
                  ", k = " + std::to_string(p.k) + " " + why + "; use the built-in GEMM (" + cpu.blas_name() + ")");
}

}  // namespace

void by_blas(Context& cpu, const Product& p) {
  if (cpu.purpose() == SOTTO_PUBLIC) {
    if (!cpu.rehearsing()) freely(cpu, p);
    return;
  }
  const void* b = p.b_bf16 != nullptr ? static_cast<const void*>(p.b_bf16) : p.b;
  const auto matrix = std::make_tuple(b, p.trans_b, p.n, p.k, p.ldb);
  if (cpu.tested.count(matrix) == 0) {
    test_rows(cpu, p);
    cpu.tested.insert(matrix);
  }
  if (!cpu.rehearsing()) in_equal_blocks(cpu, p);
}

}  // namespace sotto::cpu::SOTTO_ISA
