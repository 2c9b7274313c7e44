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
  return sotto_add(run.backend, 20, a, a, run.zeros(16));
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

}  // namespace
}  // namespace sotto::test
