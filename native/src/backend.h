// What a backend is inside the library: a device context and a table of kernels.
//
// abi.cpp has a call's request checked, then makes one indirect call through Ops. A null entry means "this backend
// cannot do that" and becomes SOTTO_UNSUPPORTED. The CPU backends share one context type and differ only in their
// table: reference (plain loops), portable, AVX2 and AVX-512.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "sotto/ops.h"

namespace sotto {

// Thrown inside the library only; abi.cpp turns it into its status and message.
struct Error : std::runtime_error {
  Error(sotto_status status, const std::string& message) : std::runtime_error(message), status(status) {}
  sotto_status status;
};

// A device: its memory, its workers. Kernels downcast to their own kind (cpu::Context, cuda::Context).
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string describe() const = 0;
  virtual sotto_traits traits() const = 0;
  virtual void* allocate(int64_t bytes) = 0;  // zeroed, 64-byte aligned
  virtual void release(void* memory) = 0;
  virtual void upload(void* device, const void* host, int64_t bytes) = 0;
  virtual void download(void* host, const void* device, int64_t bytes) = 0;
  virtual void zero(void* device, int64_t bytes) = 0;
  virtual void start_timer() = 0;
  virtual double stop_timer() = 0;     // seconds since start_timer, on the device; throws if there was none
  virtual void rehearse(bool on) = 0;  // sotto_backend_rehearse

  int64_t allocations = 0;  // made since creation, scratch included
  int64_t live_bytes = 0;
};

// The table of kernels, one entry an op of the list in ops.h.
struct Ops {
#define SOTTO_OP_ENTRY(op) void (*op)(Device&, const sotto_##op##_request&);
  SOTTO_EACH_OP(SOTTO_OP_ENTRY)
#undef SOTTO_OP_ENTRY
};

// Declares the kernel of an op in the namespace at hand, and enters it in a table `ops`.
#define SOTTO_DECLARE_KERNEL(op) void op(Device& device, const sotto_##op##_request& args);
#define SOTTO_ENTER_KERNEL(op) ops.op = op;

// Opens a backend by name or throws Error (backend_registry.cpp).
std::unique_ptr<sotto_backend> create_backend(const std::string& name, int threads, sotto_purpose purpose,
                                              const char* blas_library, const char* cuda_library);

}  // namespace sotto

struct sotto_backend {
  std::unique_ptr<sotto::Device> device;
  sotto::Ops ops{};
  sotto::Ops rehearsal{};  // takes the place of ops during a rehearsal
  bool dead = false;       // set by a fatal CUDA error; every later call is refused
};
