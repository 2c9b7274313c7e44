// Events of the emulated runtime. See cuda_runtime.h.
#include <chrono>
#include <optional>
#include <set>

#include "cuda_runtime.h"

struct sotto_emulated_event {
  std::optional<std::chrono::steady_clock::time_point> reached;  // empty: never recorded
};

namespace {

std::set<cudaEvent_t>& live() {
  static std::set<cudaEvent_t> events;
  return events;
}

// A sticky error fails every later call.
cudaError_t state() { return cudaDeviceSynchronize(); }

cudaError_t refused() {
  if (state() != cudaSuccess) return state();
  sotto::emulation::set_last_error(cudaErrorInvalidResourceHandle, "");
  return cudaErrorInvalidResourceHandle;
}

}  // namespace

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new sotto_emulated_event;
  live().insert(*event);
  return state();
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (live().erase(event) == 0) return refused();
  delete event;
  return state();
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  if (live().count(event) == 0) return refused();
  event->reached = std::chrono::steady_clock::now();
  return state();
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) { return live().count(event) == 0 ? refused() : state(); }

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
  for (const cudaEvent_t event : {start, stop}) {
    if (live().count(event) == 0 || !event->reached) return refused();
  }
  *milliseconds = std::chrono::duration<float, std::milli>(*stop->reached - *start->reached).count();
  return state();
}
