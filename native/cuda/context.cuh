// What a CUDA backend owns: its memory, its scratch memory, its cuBLAS. Everything runs in order on the default stream
// of device 0 (CUDA_VISIBLE_DEVICES picks another): a download sees the results of the kernels launched before it, and
// one kernel's scratch memory is free again for the next launch. A step is a chain in which each op needs the one
// before, so a second stream would have nothing to run.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "backend.h"
#include "cublas.cuh"

namespace sotto::cuda {

class Context final : public Device {
 public:
  explicit Context(sotto_purpose purpose);
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

  // Between rehearse(true) and rehearse(false) ops check their arguments and ask for their scratch memory as ever, but
  // nothing runs: no launch, no copy; downloads give zeros, and memory cannot be allocated. The end of a rehearsal
  // allocates the most scratch memory that was asked for. So a step that is rehearsed at its largest allocates nothing
  // later, and finds out that memory is short before it has changed anything.
  void rehearse(bool on) override;
  bool rehearsing() const { return rehearsing_; }

  // At least `bytes` of device memory, aligned to 256, for the launches of one op: the next op may be handed the same.
  // Kept between calls and grown where no rehearsal has asked for as much. Contents are unspecified. During a rehearsal
  // the address is not to be used.
  //
  // Ask for no less when there are fewer rows or units: a step is rehearsed once, with the most of them.
  void* scratch(int64_t bytes);

  int multiprocessors() const { return multiprocessors_; }

  sotto_purpose purpose() const { return purpose_; }

  // Null: none is to be used, or none was found.
  const Cublas* cublas() const { return cublas_.get(); }

  // Matrices B (address, trans_b, n, k, ldb) that have passed the self-test of the private path with this cuBLAS.
  std::set<std::tuple<const void*, bool, int64_t, int64_t, int64_t>> tested;

 private:
  void grow_scratch(int64_t bytes);

  sotto_purpose purpose_;
  std::unordered_map<void*, int64_t> live_;  // what allocate handed out, and its bytes
  void* scratch_ = nullptr;
  int64_t scratch_bytes_ = 0;
  bool rehearsing_ = false;
  int64_t rehearsed_bytes_ = 0;  // the most scratch memory that the current rehearsal asked for
  int multiprocessors_ = 1;
  std::string architecture_;
  cudaEvent_t timer_[2] = {};  // start and stop, made on first use
  bool timing_ = false;
  std::unique_ptr<Cublas> cublas_;
  std::string why_no_cublas_;
};

inline Context& context(Device& device) { return static_cast<Context&>(device); }

}  // namespace sotto::cuda
