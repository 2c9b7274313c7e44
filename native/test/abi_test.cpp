// The ABI itself: arguments refused with a clear line, memory counted, backends by name.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "contract.h"

namespace sotto::test {
namespace {

void refused(sotto_status status, const std::string& part, sotto_status expected = SOTTO_INVALID_ARGUMENT) {
  const std::string message = sotto_last_error();
  SOTTO_CHECK(status == expected, "status " << status << " where \"" << part << "\" was expected");
  SOTTO_CHECK(message.find(part) != std::string::npos, "the message is: " << message);
  SOTTO_CHECK(message.find('\n') == std::string::npos, "more than one line: " << message);
}

SOTTO_TEST(unknown_backends_are_refused) {
  sotto_backend* backend = nullptr;
  refused(sotto_backend_open("tpu", 1, SOTTO_PRIVATE, nullptr, nullptr, &backend), "unknown backend \"tpu\"");
  refused(sotto_backend_open(nullptr, 1, SOTTO_PRIVATE, nullptr, nullptr, &backend), "name is null");
  refused(sotto_backend_open("cpu", -1, SOTTO_PRIVATE, nullptr, nullptr, &backend), "threads is -1");
  refused(sotto_backend_open("cpu", 1, SOTTO_PUBLIC, "/no/such/blas.so", nullptr, &backend), "/no/such/blas.so");
  refused(sotto_backend_open("cuda", 1, SOTTO_PRIVATE, nullptr, "/no/such/cuda.so", &backend), "/no/such/cuda.so",
          SOTTO_UNSUPPORTED);
  refused(sotto_backend_open("cpu", 1, static_cast<sotto_purpose>(2), nullptr, nullptr, &backend), "purpose is 2");
  SOTTO_CHECK(backend == nullptr, "a refused backend was returned");
}

SOTTO_TEST(describe_says_what_runs) {
  for (const char* name : {"cpu:portable", "cpu-reference"}) {
    Backend backend(name, 1);
    char text[256];
    SOTTO_CHECK(sotto_backend_describe(backend.handle, text, sizeof(text)) == SOTTO_OK, sotto_last_error());
    const std::string isa = std::string(name) == "cpu-reference" ? "isa=reference" : "isa=portable";
    SOTTO_CHECK(std::string(text).find(isa) != std::string::npos, text);
    SOTTO_CHECK(std::string(text).find("threads=1") != std::string::npos, text);
    char tiny[4];
    SOTTO_CHECK(sotto_backend_describe(backend.handle, tiny, 4) == SOTTO_OK && std::string(tiny) == "cpu", tiny);
    refused(sotto_backend_describe(backend.handle, tiny, 0), "capacity is 0");
  }
}

// What SOTTO_ISA names is taken or refused; without it the fastest that runs here is.
SOTTO_TEST(sotto_isa_chooses_what_the_cpu_runs) {
  const auto isa = [] {
    Backend backend("cpu");
    sotto_traits traits{};
    SOTTO_CHECK(sotto_backend_traits(backend.handle, &traits) == SOTTO_OK, sotto_last_error());
    return std::string(traits.isa);
  };
  const char* outside = std::getenv("SOTTO_ISA");
  const std::string before = outside == nullptr ? "" : outside;
  for (const std::string name : {"portable", "avx2", "avx512", "avx512_bf16"}) {
    setenv("SOTTO_ISA", name.c_str(), 1);
    if (std::count(backends().begin(), backends().end(), "cpu:" + name) > 0) {
      SOTTO_CHECK(isa() == name, isa() << " in place of " << name);
      setenv("SOTTO_ISA", "", 1);
      const std::string fastest = isa();
      SOTTO_CHECK(fastest == name || name != "avx512_bf16", fastest);
    } else {
      sotto_backend* backend = nullptr;
      refused(sotto_backend_open("cpu", 1, SOTTO_PRIVATE, nullptr, nullptr, &backend), "SOTTO_ISA is " + name,
              SOTTO_UNSUPPORTED);
    }
  }
  setenv("SOTTO_ISA", "mmx", 1);
  sotto_backend* backend = nullptr;
  refused(sotto_backend_open("cpu", 1, SOTTO_PRIVATE, nullptr, nullptr, &backend),
          "SOTTO_ISA must be one of avx512_bf16, avx512, avx2, portable, not \"mmx\"");
  setenv("SOTTO_ISA", before.c_str(), 1);
}

SOTTO_TEST(memory_is_zeroed_aligned_and_counted) {
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    int64_t allocations = -1, live = -1;
    SOTTO_CHECK(sotto_memory_stats(backend.handle, &allocations, &live) == SOTTO_OK, sotto_last_error());
    const int64_t before = allocations, live_before = live;
    void* memory = nullptr;
    SOTTO_CHECK(sotto_alloc(backend.handle, 1000, &memory) == SOTTO_OK, sotto_last_error());
    SOTTO_CHECK(reinterpret_cast<uintptr_t>(memory) % 64 == 0, name << ": not aligned");
    std::vector<char> host(1000, 1);
    SOTTO_CHECK(sotto_download(backend.handle, host.data(), memory, 1000) == SOTTO_OK, sotto_last_error());
    SOTTO_CHECK(host == std::vector<char>(1000, 0), name << ": not zeroed");
    sotto_memory_stats(backend.handle, &allocations, &live);
    SOTTO_CHECK(allocations == before + 1 && live >= live_before + 1000, name << ": " << allocations << " " << live);
    SOTTO_CHECK(sotto_upload(backend.handle, memory, std::vector<char>(1000, 7).data(), 1000) == SOTTO_OK,
                sotto_last_error());
    SOTTO_CHECK(sotto_zero(backend.handle, memory, 999) == SOTTO_OK, sotto_last_error());
    SOTTO_CHECK(sotto_download(backend.handle, host.data(), memory, 1000) == SOTTO_OK, sotto_last_error());
    SOTTO_CHECK(host[998] == 0 && host[999] == 7, name << ": zeroed another range");
    SOTTO_CHECK(sotto_free(backend.handle, memory) == SOTTO_OK, sotto_last_error());
    sotto_memory_stats(backend.handle, &allocations, &live);
    SOTTO_CHECK(live == live_before, name << ": " << live << " bytes live after free");
    SOTTO_CHECK(sotto_free(backend.handle, nullptr) == SOTTO_OK, "free of null");
    refused(sotto_alloc(backend.handle, -1, &memory), "bytes is -1");
    refused(sotto_upload(backend.handle, nullptr, host.data(), 4), "device is null");
  }
}

SOTTO_TEST(double_free_and_hopeless_allocations_are_reported) {
  Backend backend("cpu:portable");
  void* memory = nullptr;
  SOTTO_CHECK(sotto_alloc(backend.handle, 0, &memory) == SOTTO_OK && memory != nullptr, sotto_last_error());
  SOTTO_CHECK(sotto_free(backend.handle, memory) == SOTTO_OK, sotto_last_error());
  refused(sotto_free(backend.handle, memory), "not (or no longer)");
  refused(sotto_alloc(backend.handle, int64_t{1} << 47, &memory), std::to_string(int64_t{1} << 47),
          SOTTO_OUT_OF_MEMORY);
  SOTTO_CHECK(memory == nullptr, "memory after a failed allocation");
}

SOTTO_TEST(bad_shapes_are_refused_before_data_is_touched) {
  for (const std::string& name : backends()) {
    Backend owner(name);
    sotto_backend* b = owner.handle;
    Run run(b);
    float* x = run.zeros(64);
    double* d = run.double_zeros(8);
    const double one = 1.0;
    const uint8_t key[32] = {};
    refused(sotto_add(nullptr, {1, x, x, x}), "backend is null");
    refused(sotto_add(b, {-1, x, x, x}), "count is -1");
    refused(sotto_add(b, {1, nullptr, x, x}), "a is null");
    refused(sotto_gemm(b, {0, 0, 2, 2, 4, 1, x, 3, x, 2, 0, x, 2, nullptr}), "leading dimension of a is 3");
    refused(sotto_gemm(b, {0, 1, 2, 2, 4, 1, x, 4, x, 2, 0, x, 2, nullptr}), "leading dimension of b is 2");
    refused(sotto_gemm(b, {0, 0, 2, 2, 4, 1, x, 4, x, 2, 0, nullptr, 2, nullptr}), "c is null");
    refused(sotto_gemm(b, {0, 0, -2, 2, 4, 1, x, 4, x, 2, 0, x, 2, nullptr}), "m is -2");
    const uint16_t* bf16 = reinterpret_cast<const uint16_t*>(x);
    refused(sotto_gemm_bf16(b, {0, 2, 2, 4, 1, x, 3, bf16, 2, 0, x, 2, nullptr}), "leading dimension of a is 3");
    refused(sotto_gemm_bf16(b, {1, 2, 2, 4, 1, x, 4, bf16, 2, 0, x, 2, nullptr}), "leading dimension of b is 2");
    refused(sotto_gemm_bf16(b, {0, 2, 2, 4, 1, x, 4, nullptr, 2, 0, x, 2, nullptr}), "b is null");
    refused(sotto_gemm_bf16(b, {0, 2, -2, 4, 1, x, 4, bf16, 2, 0, x, 2, nullptr}), "n is -2");
    refused(sotto_layer_norm_forward(b, {1, 4, -1, x, x, x, x, x, x}), "epsilon");
    const int32_t* zeros = run.upload(std::vector<int32_t>(8, 0));
    refused(sotto_rope(b, {1, 1, 3, 3, 4, 0, zeros, x, x, x, 3}), "even");
    refused(sotto_rope(b, {1, 2, 4, 4, 4, 0, zeros, x, x, x, 7}), "leading dimension of x is 7");
    refused(sotto_attention_forward(b, {1, zeros, zeros, 0, {3, 2, 4, 4, 1, 0, 1, 0}, x, 12, x, x, 8, x, 12, x}),
            "multiple of kv_heads");
    refused(sotto_attention_forward(b, {1, zeros, zeros, 0, {2, 1, 4, 4, 1, -1, 1, 0}, x, 8, x, x, 8, x, 8, x}),
            "window is -1");
    refused(sotto_rope(b, {1, 2, 4, 3, 4, 0, zeros, x, x, x, 8}), "head_stride is 3");
    refused(sotto_attention_forward(b, {1, zeros, zeros, 0, {2, 1, 4, 3, 1, 0, 1, 0}, x, 8, x, x, 8, x, 8, x}),
            "head_stride is 3");
    refused(sotto_attention_forward(b, {1, zeros, zeros, 0, {2, 1, 4, 12, 1, 0, 1, 0}, x, 15, x, x, 8, x, 8, x}),
            "leading dimension of q is 15");
    refused(sotto_attention_forward(b, {1, zeros, zeros, 0, {2, 1, 4, 4, 1, 0, 1, -1}, x, 8, x, x, 8, x, 8, x}), "cap");
    refused(sotto_rms_norm_forward(b, {1, 0, 4, 0, x, 4, x, x, 4, x}), "heads is 0");
    refused(sotto_rms_norm_forward(b, {1, 2, 4, 0, x, 7, x, x, 8, x}), "leading dimension of x is 7");
    refused(sotto_rms_norm_backward(b, {1, 2, 4, x, 8, x, 8, x, x, x, 7, x}), "leading dimension of dx is 7");
    refused(sotto_embedding_forward(b, {1, 4, 4, 4, 0, zeros, zeros, x, x, x}), "scale must be positive");
    refused(sotto_gated_activation_forward(b, {SOTTO_SILU, 1, 4, x, x, 3, x}), "leading dimension of gate is 3");
    refused(sotto_gated_activation_backward(b, {SOTTO_SILU, 1, 4, x, x, 4, x, x, x, 3}),
            "leading dimension of dgate is 3");
    refused(sotto_cross_entropy(b, {1, 4, HUGE_VALF, x, 4, zeros, x, 1, x}), "cap");
    refused(sotto_activation_forward(b, {static_cast<sotto_activation>(9), 1, x, x}), "kind is 9");
    refused(sotto_cross_entropy(b, {1, 4, 0, x, 4, zeros, nullptr, 1, x}), "row_weight is null");
    refused(sotto_squared_error(b, {2, x, 0, x, x, 1, x}), "leading dimension of logits is 0");
    refused(sotto_squared_error(b, {2, x, 1, x, nullptr, 1, x}), "row_weight is null");
    refused(sotto_pool_forward(b, {static_cast<sotto_pooling>(3), 1, 1, 4, zeros, x, x}), "kind is 3");
    refused(sotto_pool_forward(b, {SOTTO_POOL_MEAN, 0, 1, 4, zeros, x, x}), "rows is 1");
    refused(sotto_pool_backward(b, {SOTTO_POOL_MEAN, 1, 1, 4, zeros, x, nullptr}), "dx is null");
    refused(sotto_convert_to_f32(b, {static_cast<sotto_dtype>(15), 1, x, x}), "dtype is 15");
    refused(sotto_convert_to_f32(b, {SOTTO_Q4_0, 33, x, x}), "count 33 is not a multiple of a block's 32 values");
    refused(sotto_lora_forward(b, {1, {4, 4, 257, 1}, x, x, x, x, x, 4}), "rank is 257");
    refused(sotto_lora_backward(b, {1, {4, 4, 0, 1}, x, 4, x, x, x, x}), "rank is 0");
    refused(sotto_per_sample_norm(b, {{1, zeros, {4, 4, 1 << 21, 1}, x, x, x, 4, x}, 0, nullptr, 0, d}),
            "rank is 2097152");
    refused(sotto_per_sample_norm(b, {{1, zeros, {4, 4, 2, 1}, x, x, x, 4, x}, 1, nullptr, 0, d}),
            "accumulate needs gradients");
    refused(sotto_clip_factor(b, {1, 3, 2, d, &one, 0, x}), "groups");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    refused(sotto_clip_factor(b, {1, 3, 1, d, &nan, 0, x}), "clip_norm");
    refused(sotto_clip_factor(b, {1, 3, 1, d, &one, -1, x}), "stabilizer");
    refused(sotto_clip_factor(b, {1, 3, 1, d, &one, nan, x}), "stabilizer");
    refused(sotto_clipped_sum(b, {1, 4, x, 4, x, 0.75, d}), "power of two");
    refused(sotto_clipped_sum(b, {1, 4, x, 3, x, 0.5, d}), "leading dimension of gradients is 3");
    refused(sotto_add_noise(b, {{SOTTO_NOISE_GAUSSIAN, 1, -1, 0.5, key, 0, 0, 0, nullptr, 0, 0, d, 1}, x}), "scale");
    refused(sotto_add_noise(b, {{SOTTO_NOISE_GAUSSIAN, 1, 1, 0.5, nullptr, 0, 0, 0, nullptr, 0, 0, d, 1}, x}),
            "key is null");
    refused(sotto_sgd_step(b, {1, x, {0.1f, 1.0f, 0, x, x}}), "momentum");
    refused(sotto_adamw_step(b, {1, x, {0.1f, 0.9f, 0.99f, 1e-8f, 0, 0, x, x, x}}), "step is 0");
    SOTTO_CHECK(run.download(x, 64) == std::vector<float>(64, 0.0f), name << ": a refused call wrote");
    run.ok(sotto_zero(b, x, 4));
    SOTTO_CHECK(std::string(sotto_last_error()).empty(), "the error stayed");
  }
}

// The interval lies inside the one that the host's clock sees around it (a GPU's clock may run a little otherwise).
SOTTO_TEST(timer_measures_what_runs_between) {
  using Clock = std::chrono::steady_clock;
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* a = run.floats(200 * 200);
    float* c = run.zeros(200 * 200);
    double seconds = -1;
    refused(sotto_timer_stop(backend.handle, &seconds), "was not started");
    for (int repeat = 0; repeat < 2; repeat++) {
      const auto begin = Clock::now();
      run.ok(sotto_timer_start(backend.handle));
      refused(sotto_timer_stop(backend.handle, nullptr), "seconds is null");
      run.ok(sotto_gemm(run.backend, {0, 0, 200, 200, 200, 1, a, 200, a, 200, 0, c, 200, nullptr}));
      run.ok(sotto_timer_stop(backend.handle, &seconds));
      const double around = std::chrono::duration<double>(Clock::now() - begin).count();
      SOTTO_CHECK(seconds > 0 && seconds <= 1.01 * around + 1e-5, name << ": " << seconds << " s inside " << around);
      refused(sotto_timer_stop(backend.handle, &seconds), "was not started");
    }
  }
}

// Indices are contents, not shapes: the CPU backends check them. A message says the limit, and nothing of what stands
// in private memory: neither the value nor its place, nor how many rows there are.
SOTTO_TEST(bad_indices_are_refused_by_the_cpu) {
  for (const std::string& name : backends()) {
    if (is_cuda(name)) continue;
    Backend owner(name, 2);
    sotto_backend* b = owner.handle;
    Run run(b);
    float* x = run.zeros(64);
    const int32_t* bad = run.upload(std::vector<int32_t>{0, 5, 1, 0});
    const int32_t* negative = run.upload(std::vector<int32_t>{0, 1, -1, 0});
    const int32_t* fine = run.upload(std::vector<int32_t>{0, 2, 3, 4});
    const int32_t* wide = run.upload(std::vector<int32_t>{0, 1, 4, 4});
    refused(sotto_embedding_forward(b, {4, 2, 5, 5, 1, bad, fine, x, x, x}),
            "ids must all be below 5 and not negative");
    refused(sotto_embedding_forward(b, {4, 2, 5, 5, 1, fine, negative, x, x, x}),
            "positions must all be below 5 and not negative");
    refused(sotto_embedding_backward(b, {4, 2, 5, 5, 1, bad, fine, x, x, x}),
            "ids must all be below 5 and not negative");
    refused(sotto_rope(b, {4, 1, 2, 2, 5, 0, bad, x, x, x, 2}), "positions must all be below 5 and not negative");
    refused(sotto_cross_entropy(b, {4, 5, 0, x, 5, bad, x, 1, x}), "targets must all be below 5");
    refused(sotto_pool_forward(b, {SOTTO_POOL_MEAN, 3, 4, 2, bad, x, x}), "start must not decrease");
    refused(sotto_pool_backward(b, {SOTTO_POOL_LAST, 3, 5, 2, fine, x, x}), "start must end at the number of rows");
    refused(sotto_attention_forward(b, {3, bad, bad, 4, {1, 1, 2, 2, 1, 0, 1, 0}, x, 2, x, x, 2, x, 2, x}),
            "query_start must not decrease");
    refused(sotto_attention_forward(b, {3, fine, fine, 5, {1, 1, 2, 2, 1, 0, 1, 0}, x, 2, x, x, 2, x, 2, x}),
            "query_start must end at the number of rows");
    refused(sotto_attention_forward(b, {3, fine, wide, 4, {1, 1, 2, 2, 1, 0, 1, 0}, x, 2, x, x, 2, x, 2, x}),
            "more queries than keys");
  }
}

// After the first run of a step, the same step allocates nothing.
SOTTO_TEST(scratch_is_reused) {
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const float* a = run.floats(300 * 300);
    float* c = run.zeros(300 * 300);
    double* norm = run.double_zeros(1);
    const int32_t* start = run.starts({100, 50});
    int64_t first = 0, live = 0;
    for (int step = 0; step < 3; step++) {
      run.ok(sotto_gemm(run.backend, {0, 0, 300, 300, 300, 1, a, 300, a, 300, 0, c, 300, nullptr}));
      run.ok(sotto_squared_norm(run.backend, {90000, a, norm}));
      run.ok(sotto_attention_forward(
          run.backend, {2, start, start, 150, {2, 2, 64, 64, 1, 0, 1, 0}, a, 128, a, a, 128, c, 128, c + 20000}));
      int64_t allocations = 0;
      run.ok(sotto_memory_stats(run.backend, &allocations, &live));
      if (step == 0) first = allocations;
      SOTTO_CHECK(allocations == first, name << ": step " << step << " allocated");
    }
  }
}

}  // namespace
}  // namespace sotto::test
