// The C ABI. What every function does around its work: refuse a dead backend, check what it is given, catch everything.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "check.h"

using namespace sotto;  // NOLINT: this file is the bridge from C names to the namespace

namespace {

thread_local char last_error[1024] = "";

// Keeps the message for sotto_last_error and returns status. Never throws: a message that cannot be stored is cut.
sotto_status report(sotto_status status, const char* function, const char* message) noexcept {
  std::snprintf(last_error, sizeof(last_error), "%s: %s", function, message);
  // One line: a message of a foreign library may hold line breaks.
  for (char* c = last_error; *c != 0; c++) {
    if (*c == '\n' || *c == '\r') *c = ' ';
  }
  return status;
}

// Runs body and turns what it throws into a status.
template <typename Body>
sotto_status guarded(const char* function, sotto_backend* backend, Body&& body) noexcept {
  try {
    last_error[0] = 0;
    if (backend == nullptr) check::fail("backend is null");
    if (backend->dead) throw Error(SOTTO_CUDA_FATAL, "this backend met a fatal CUDA error and refuses further use");
    body();
    return SOTTO_OK;
  } catch (const Error& error) {
    if (error.status == SOTTO_CUDA_FATAL && backend != nullptr) backend->dead = true;
    return report(error.status, function, error.what());
  } catch (const std::bad_alloc&) {
    return report(SOTTO_OUT_OF_MEMORY, function, "out of host memory");
  } catch (const std::exception& error) {
    return report(SOTTO_INTERNAL, function, error.what());
  } catch (...) {
    return report(SOTTO_INTERNAL, function, "unknown exception");
  }
}

}  // namespace

extern "C" {

int32_t sotto_abi_version(void) { return SOTTO_ABI_VERSION; }

const char* sotto_last_error(void) { return last_error; }

sotto_status sotto_backend_open(const char* name, int32_t threads, sotto_purpose purpose, const char* blas_library,
                                const char* cuda_library, sotto_backend** out) {
  sotto_backend unused;  // guarded wants a live backend; there is none yet
  return guarded(__func__, &unused, [&] {
    check::pointer("name", name);
    check::pointer("out", out);
    check::range("threads", threads, 0, 1024);
    check::range("purpose", purpose, SOTTO_PRIVATE, SOTTO_PUBLIC);
    *out = nullptr;
    *out = create_backend(name, threads, purpose, blas_library, cuda_library).release();
  });
}

void sotto_backend_destroy(sotto_backend* backend) { delete backend; }

sotto_status sotto_backend_describe(sotto_backend* backend, char* text, int64_t capacity) {
  return guarded(__func__, backend, [&] {
    check::pointer("text", text);
    check::range("capacity", capacity, 1, check::kMaxCount);
    const std::string line = backend->device->describe();
    const size_t length = std::min<size_t>(line.size(), static_cast<size_t>(capacity) - 1);
    std::memcpy(text, line.data(), length);
    text[length] = 0;
  });
}

sotto_status sotto_backend_traits(sotto_backend* backend, sotto_traits* traits) {
  return guarded(__func__, backend, [&] {
    check::pointer("traits", traits);
    *traits = backend->device->traits();
  });
}

sotto_status sotto_alloc(sotto_backend* backend, int64_t bytes, void** out) {
  return guarded(__func__, backend, [&] {
    check::pointer("out", out);
    *out = nullptr;
    check::count("bytes", bytes);
    *out = backend->device->allocate(bytes);
  });
}

sotto_status sotto_free(sotto_backend* backend, void* memory) {
  return guarded(__func__, backend, [&] { backend->device->release(memory); });
}

sotto_status sotto_upload(sotto_backend* backend, void* device, const void* host, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    check::pointer("host", host, bytes);
    if (bytes > 0) backend->device->upload(device, host, bytes);
  });
}

sotto_status sotto_download(sotto_backend* backend, void* host, const void* device, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    check::pointer("host", host, bytes);
    if (bytes > 0) backend->device->download(host, device, bytes);
  });
}

sotto_status sotto_zero(sotto_backend* backend, void* device, int64_t bytes) {
  return guarded(__func__, backend, [&] {
    check::count("bytes", bytes);
    check::pointer("device", device, bytes);
    if (bytes > 0) backend->device->zero(device, bytes);
  });
}

sotto_status sotto_memory_stats(sotto_backend* backend, int64_t* allocations, int64_t* live_bytes) {
  return guarded(__func__, backend, [&] {
    check::pointer("allocations", allocations);
    check::pointer("live_bytes", live_bytes);
    *allocations = backend->device->allocations;
    *live_bytes = backend->device->live_bytes;
  });
}

sotto_status sotto_timer_start(sotto_backend* backend) {
  return guarded(__func__, backend, [&] { backend->device->start_timer(); });
}

sotto_status sotto_timer_stop(sotto_backend* backend, double* seconds) {
  return guarded(__func__, backend, [&] {
    check::pointer("seconds", seconds);
    *seconds = backend->device->stop_timer();
  });
}

sotto_status sotto_backend_rehearse(sotto_backend* backend, int32_t on) {
  return guarded(__func__, backend, [&] {
    backend->device->rehearse(on != 0);
    std::swap(backend->ops, backend->rehearsal);
  });
}

// The function of an op: check the request, then make one indirect call. A null entry in a backend's table is an op
// that it does not have.
#define SOTTO_DEFINE_OP(op)                                                                              \
  sotto_status sotto_##op(sotto_backend* backend, const sotto_##op##_request* request) {                 \
    return guarded(__func__, backend, [&] {                                                              \
      check::pointer("request", request);                                                                \
      check_request(*request);                                                                           \
      if (backend->ops.op == nullptr) throw Error(SOTTO_UNSUPPORTED, "this backend has no such kernel"); \
      backend->ops.op(*backend->device, *request);                                                       \
    });                                                                                                  \
  }
SOTTO_EACH_OP(SOTTO_DEFINE_OP)

}  // extern "C"
