// The CPU device: a fixed pool of worker threads, per-thread scratch memory, and the BLAS in use.
//
// Determinism: parallel_for splits independent outputs only. A kernel never splits a reduction between tasks in a way
// that depends on the number of threads, so results are the same bits for any thread count.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "../backend.h"

namespace sotto::cpu {

// cblas_sgemm of the BLAS library opened at run time (row-major; layout and transpose codes are the CBLAS ones).
using SgemmFunction = void (*)(int layout, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a,
                               int lda, const float* b, int ldb, float beta, float* c, int ldc);

class ThreadPool;

class Context final : public Device {
 public:
  Context(std::string isa, int threads, sotto_purpose purpose, const char* blas_library);
  ~Context() override;

  std::string describe() const override;
  sotto_traits traits() const override;
  void* allocate(int64_t bytes) override;
  void release(void* memory) override;
  void upload(void* device, const void* host, int64_t bytes) override;
  void download(void* host, const void* device, int64_t bytes) override;
  void zero(void* device, int64_t bytes) override;
  void start_timer() override;
  double stop_timer() override;
  void rehearse(bool on) override;

  int threads() const;

  // Runs body(task, thread) for task in [0, tasks) on all workers and waits. body must not throw. Tasks are handed out
  // dynamically: which thread runs a task is not fixed, what the task computes is.
  void parallel_for(int64_t tasks, const std::function<void(int64_t task, int thread)>& body);

  // Splits [0, count) into blocks of `block` and runs body(begin, end) on each.
  void parallel_blocks(int64_t count, int64_t block, const std::function<void(int64_t begin, int64_t end)>& body);

  // At least `bytes` of memory private to the worker `thread`, aligned to 64, kept between calls, grown on demand.
  // Grow it before parallel_for (reserve_scratch): allocation inside a task may throw.
  void* scratch(int thread) const;
  void reserve_scratch(int64_t bytes);

  // At least `bytes` of memory that all workers share, aligned to 64, kept between calls, grown on demand. Not to be
  // called inside a task.
  void* shared_scratch(int64_t bytes);

  SgemmFunction sgemm = nullptr;  // null: the built-in GEMM
  const std::string& blas_name() const { return blas_config_.empty() ? blas_path_ : blas_config_; }

  sotto_purpose purpose() const { return purpose_; }
  bool rehearsing() const { return rehearsing_; }

  // Matrices B (address, trans_b, n, k, ldb) that have passed the self-test of the private path with this BLAS.
  std::set<std::tuple<const void*, bool, int64_t, int64_t, int64_t>> tested;

 private:
  std::string isa_;
  sotto_purpose purpose_;
  bool rehearsing_ = false;
  std::string blas_path_;
  std::string blas_config_;
  void* blas_ = nullptr;
  std::unique_ptr<ThreadPool> pool_;
  std::unordered_map<void*, int64_t> live_;  // what allocate handed out, and its bytes
  std::vector<void*> scratch_;
  int64_t scratch_bytes_ = 0;
  void* shared_scratch_ = nullptr;
  int64_t shared_scratch_bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> timer_;  // empty: not started
};

// The checks of contents name arguments and limits, never what stands there: it is private.

// Throws INVALID_ARGUMENT unless start[0] = 0 <= start[1] <= ... <= start[sequences], which must equal rows if rows >=
// 0.
void check_starts(const char* name, int64_t sequences, const int32_t* start, int64_t rows);

// Throws INVALID_ARGUMENT unless low <= index[i] < limit for all i. low = INT32_MIN: no lower limit.
void check_indices(const char* name, int64_t count, const int32_t* index, int64_t low, int64_t limit);

// The starts of an attention call: both valid, queries ending at rows, no sequence with more queries than keys.
void check_attention(int64_t sequences, const int32_t* query_start, const int32_t* key_start, int64_t rows);

inline Context& context(Device& device) { return static_cast<Context&>(device); }

}  // namespace sotto::cpu
