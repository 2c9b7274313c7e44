// The CUDA device apart from its kernels: what it says of itself, and what is left of it after an error.
#include <algorithm>
#include <cstdlib>

#include "contract.h"

namespace sotto::test {
namespace {

constexpr const char* kSticky = "SOTTO_EMULATED_STICKY_ERRORS";

SOTTO_TEST(cuda_describes_the_gpu_and_its_blas) {
  for (const std::string& name : backends()) {
    if (!is_cuda(name)) continue;
    Backend backend(name);
    char text[512];
    SOTTO_CHECK(sotto_backend_describe(backend.handle, text, sizeof(text)) == SOTTO_OK, sotto_last_error());
    for (const char* field : {"cuda gpu=", " sm=", " memory=", " driver=", " runtime=", " blas="}) {
      SOTTO_CHECK(std::string(text).find(field) != std::string::npos, name << ": no" << field << " in: " << text);
    }
  }
}

SOTTO_TEST(cuda_survives_running_out_of_memory) {
  for (const std::string& name : backends()) {
    if (!is_cuda(name)) continue;
    Backend backend(name);
    void* memory = nullptr;
    const int64_t wanted = int64_t{1} << 45;
    SOTTO_CHECK(sotto_alloc(backend.handle, wanted, &memory) == SOTTO_OUT_OF_MEMORY, name << ": " << memory);
    const std::string message = sotto_last_error();
    SOTTO_CHECK(message.find(std::to_string(wanted)) != std::string::npos, name << ": " << message);
    SOTTO_CHECK(message.find("are free") != std::string::npos, name << ": " << message);
    SOTTO_CHECK(sotto_alloc(backend.handle, 1000, &memory) == SOTTO_OK, name << ": " << sotto_last_error());
    SOTTO_CHECK(sotto_free(backend.handle, memory) == SOTTO_OK, name << ": " << sotto_last_error());
  }
}

// A kernel that writes behind its memory, on the emulated device alone: on a GPU it would take the process's context.
sotto_status write_out_of_bounds(Run& run) {
  const float* a = run.zeros(20);
  return sotto_add(run.backend, {20, a, a, run.zeros(16)});
}

// The emulation stays in its build folder: on a machine that the tests were carried to, there may be none.
bool emulated() { return std::count(backends().begin(), backends().end(), "cuda-emulated") > 0; }

SOTTO_TEST(cuda_refuses_further_use_after_a_sticky_error) {
  if (!emulated()) return;
  Backend backend("cuda-emulated");
  Run run(backend.handle);
  float* x = run.zeros(16);
  setenv(kSticky, "1", 1);
  const sotto_status status = write_out_of_bounds(run);
  unsetenv(kSticky);
  SOTTO_CHECK(status == SOTTO_CUDA_FATAL, "status " << status << ": " << sotto_last_error());
  SOTTO_CHECK(sotto_zero(backend.handle, x, 4) == SOTTO_CUDA_FATAL, "a call after a sticky error");
  SOTTO_CHECK(std::string(sotto_last_error()).find("refuses further use") != std::string::npos, sotto_last_error());
  Backend anew("cuda-emulated");
  Run works(anew.handle);
  works.ok(sotto_zero(anew.handle, works.zeros(4), 16));
}

SOTTO_TEST(cuda_goes_on_after_an_error_of_one_call) {
  if (!emulated()) return;
  Backend backend("cuda-emulated");
  Run run(backend.handle);
  const sotto_status status = write_out_of_bounds(run);
  SOTTO_CHECK(status == SOTTO_CUDA_ERROR, "status " << status << ": " << sotto_last_error());
  run.ok(sotto_zero(backend.handle, run.zeros(4), 16));
}

int64_t allocations(Run& run) {
  int64_t count = 0, bytes = 0;
  run.ok(sotto_memory_stats(run.backend, &count, &bytes));
  return count;
}

SOTTO_TEST(a_rehearsal_computes_nothing) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* one = run.upload(std::vector<float>(8, 1.0f));
    const float* infinite = run.upload(std::vector<float>(8, INFINITY));
    float* sum = run.zeros(8);
    std::vector<float> seen(8, 5.0f);
    int64_t bad = -1;
    void* memory = nullptr;
    run.ok(sotto_backend_rehearse(run.backend, 1));
    SOTTO_CHECK(sotto_backend_rehearse(run.backend, 1) == SOTTO_INVALID_ARGUMENT, name << ": begun twice");
    run.ok(sotto_add(run.backend, {8, one, one, sum}));
    run.ok(sotto_zero(run.backend, const_cast<float*>(one), 32));
    run.ok(sotto_upload(run.backend, const_cast<float*>(one), seen.data(), 32));
    run.ok(sotto_download(run.backend, seen.data(), one, 32));
    SOTTO_CHECK(seen == std::vector<float>(8, 0.0f), name << ": a rehearsed download");
    run.ok(sotto_count_nonfinite(run.backend, {8, infinite, &bad}));
    SOTTO_CHECK(bad == 0, name << ": a rehearsed count of " << bad);
    SOTTO_CHECK(sotto_add(run.backend, {8, nullptr, one, sum}) == SOTTO_INVALID_ARGUMENT, name << ": not checked");
    SOTTO_CHECK(sotto_alloc(run.backend, 777, &memory) == SOTTO_INVALID_ARGUMENT, name << ": " << memory);
    SOTTO_CHECK(std::string(sotto_last_error()).find("777 bytes") != std::string::npos, sotto_last_error());
    run.ok(sotto_backend_rehearse(run.backend, 0));
    SOTTO_CHECK(sotto_backend_rehearse(run.backend, 0) == SOTTO_INVALID_ARGUMENT, name << ": ended twice");
    SOTTO_CHECK(run.download(sum, 8) == std::vector<float>(8, 0.0f), name << ": a rehearsed sum was taken");
    run.ok(sotto_add(run.backend, {8, one, one, sum}));
    SOTTO_CHECK(run.download(sum, 8) == std::vector<float>(8, 2.0f), name << ": the sum after the rehearsal");
  }
}

// With every op that takes scratch memory. Its test contract_cublas runs the products through blocks of rows.
SOTTO_TEST(cuda_gemm_and_other_ops_allocate_nothing_once_rehearsed) {
  for (const std::string& name : backends()) {
    if (!is_cuda(name)) continue;
    Backend backend(name);
    Run run(backend.handle);
    // 1024 rows are whole blocks, which need no filling up; 1000 are not.
    constexpr int64_t kRows = 1024, kUnits = 16, kChannels = 128, kRank = 4;
    const float* x = run.floats(kRows * kChannels);
    const float* weights = run.floats(kChannels * kChannels);
    const uint16_t* narrow = run.upload(std::vector<uint16_t>(kChannels * kChannels, 0x3f80));
    const float* u = run.floats(kRows * kRank);
    const float* factor = run.upload(std::vector<float>(kUnits, 1.0f));
    const int32_t* long_units = run.starts(std::vector<int64_t>(kUnits, kRows / kUnits));
    const int32_t* short_units = run.starts(std::vector<int64_t>(kUnits - 1, 1));
    float* y = run.zeros(kRows * kChannels);
    double* sums = run.double_zeros(2 * kRank * kChannels);
    const auto step = [&](int64_t rows, int64_t units, const int32_t* start) {
      int64_t bad = 0;
      const auto gemm = [&](int32_t trans_b) {
        run.ok(sotto_gemm(run.backend, {0, trans_b, rows, kChannels, kChannels, 1, x, kChannels, weights, kChannels, 0,
                                        y, kChannels, nullptr}));
        run.ok(sotto_gemm_bf16(run.backend, {trans_b, rows, kChannels, kChannels, 1, x, kChannels, narrow, kChannels, 0,
                                             y, kChannels, nullptr}));
      };
      gemm(0);
      gemm(1);
      run.ok(sotto_count_nonfinite(run.backend, {rows * kChannels, y, &bad}));
      run.ok(sotto_squared_norm(run.backend, {rows * kChannels, y, sums}));
      run.ok(sotto_per_sample_norm(
          run.backend, {{units, start, {kChannels, kChannels, kRank, 1}, x, u, x, kChannels, u}, 0, nullptr, 0, sums}));
      run.ok(sotto_clip_and_sum_pair(
          run.backend,
          {{units, start, {kChannels, kChannels, kRank, 1}, x, u, x, kChannels, u}, factor, 0x1p-20, sums}));
    };
    const int64_t before = allocations(run);
    run.ok(sotto_backend_rehearse(run.backend, 1));
    step(kRows, kUnits, long_units);
    run.ok(sotto_backend_rehearse(run.backend, 0));
    const int64_t planned = allocations(run);
    SOTTO_CHECK(planned == before + 1, name << ": " << planned - before << " allocations by a rehearsal");
    step(kRows, kUnits, long_units);
    step(1000, kUnits - 1, short_units);
    step(1, 1, short_units);
    SOTTO_CHECK(allocations(run) == planned, name << ": " << allocations(run) - planned << " allocations after it");
  }
}

SOTTO_TEST(cuda_rehearsal_finds_out_that_memory_is_short) {
  for (const std::string& name : backends()) {
    if (!is_cuda(name)) continue;
    Backend backend(name);
    Run run(backend.handle);
    constexpr int64_t kUnits = 1 << 30, kWide = 1 << 20;  // 64 TiB of partial sums of squares
    const float* x = run.zeros(64);
    const int32_t* start = run.starts({1});
    double* norms = run.double_zeros(1);
    run.ok(sotto_backend_rehearse(run.backend, 1));
    run.ok(sotto_per_sample_norm(run.backend,
                                 {{kUnits, start, {8, kWide, 1, 1}, x, x, x, kWide, x}, 0, nullptr, 0, norms}));
    SOTTO_CHECK(sotto_backend_rehearse(run.backend, 0) == SOTTO_OUT_OF_MEMORY, name << ": " << sotto_last_error());
    const std::string message = sotto_last_error();
    SOTTO_CHECK(message.find(" bytes of scratch memory") != std::string::npos, message);
    SOTTO_CHECK(message.find("are free") != std::string::npos, message);
    run.ok(sotto_per_sample_norm(run.backend, {{1, start, {8, 8, 1, 1}, x, x, x, 8, x}, 0, nullptr, 0, norms}));
  }
}

}  // namespace
}  // namespace sotto::test
