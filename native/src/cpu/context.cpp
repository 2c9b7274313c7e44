#include "context.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "thread_pool.h"

namespace sotto::cpu {

namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kHugePage = 2 << 20;
constexpr int kMaxThreads = 1024;

int pool_size(int threads) {
  const int wanted = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(wanted, 1, kMaxThreads);
}

// Where there is room for whole huge pages, they are asked for: a product walks through megabytes row by row, and in
// pages of 4 KiB it waits for their addresses.
void* aligned(int64_t bytes) {
  const int64_t unit = bytes >= kHugePage ? kHugePage : kAlignment;
  const int64_t rounded = std::max(unit, (bytes + unit - 1) / unit * unit);
  void* memory = std::aligned_alloc(static_cast<size_t>(unit), static_cast<size_t>(rounded));
#ifdef MADV_HUGEPAGE
  if (memory != nullptr && unit == kHugePage) madvise(memory, static_cast<size_t>(rounded), MADV_HUGEPAGE);
#endif
  if (memory == nullptr) {
    throw Error(SOTTO_OUT_OF_MEMORY, "cannot allocate " + std::to_string(bytes) + " bytes of host memory");
  }
  return memory;
}

}  // namespace

Context::Context(std::string isa, int threads, sotto_purpose purpose, const char* blas_library)
    : isa_(std::move(isa)), purpose_(purpose), pool_(std::make_unique<ThreadPool>(pool_size(threads))) {
  scratch_.resize(pool_->threads(), nullptr);
  if (blas_library == nullptr) return;
  blas_path_ = blas_library;
  blas_ = dlopen(blas_library, RTLD_NOW | RTLD_LOCAL);
  if (blas_ == nullptr) {
    throw Error(SOTTO_INVALID_ARGUMENT, std::string("cannot open the BLAS library: ") + dlerror());
  }
  sgemm = reinterpret_cast<SgemmFunction>(dlsym(blas_, "cblas_sgemm"));
  if (sgemm == nullptr) {
    dlclose(blas_);
    throw Error(SOTTO_INVALID_ARGUMENT, "the BLAS library has no cblas_sgemm: " + blas_path_);
  }
  // Our own pool does the threading: each call into the BLAS is single-threaded, which also fixes its summation order.
  if (auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(blas_, "openblas_set_num_threads"))) set_threads(1);
  if (auto config = reinterpret_cast<const char* (*)()>(dlsym(blas_, "openblas_get_config"))) blas_config_ = config();
}

Context::~Context() {
  pool_.reset();
  for (void* memory : scratch_) std::free(memory);
  std::free(shared_scratch_);
  for (const auto& entry : live_) std::free(entry.first);
  // The BLAS stays open: it may hold threads or thread-local state that outlive this context.
}

sotto_traits Context::traits() const { return {SOTTO_CPU, 1, sgemm != nullptr ? 1 : 0, SOTTO_F32, isa_.c_str()}; }

std::string Context::describe() const {
  std::string text = "cpu isa=" + isa_ + " threads=" + std::to_string(threads()) + " blas=";
  if (sgemm == nullptr) return text + "built-in";
  return text + blas_name() + (purpose_ == SOTTO_PRIVATE ? " (in equal blocks, each matrix tested first)" : "");
}

void Context::rehearse(bool on) {
  if (on == rehearsing_) {
    throw Error(SOTTO_INVALID_ARGUMENT, on ? "a rehearsal has begun already" : "no rehearsal has begun");
  }
  rehearsing_ = on;
}

void* Context::allocate(int64_t bytes) {
  if (rehearsing_) {
    throw Error(SOTTO_INVALID_ARGUMENT, "a rehearsed step wants " + std::to_string(bytes) +
                                            " bytes of memory: allocate what a step needs before rehearsing it");
  }
  void* memory = aligned(bytes);
  try {
    live_.emplace(memory, bytes);
  } catch (...) {
    std::free(memory);
    throw;
  }
  std::memset(memory, 0, static_cast<size_t>(bytes));
  allocations++;
  live_bytes += bytes;
  return memory;
}

void Context::release(void* memory) {
  if (memory == nullptr) return;
  const auto found = live_.find(memory);
  if (found == live_.end())
    throw Error(SOTTO_INVALID_ARGUMENT, "free: this memory is not (or no longer) of this backend");
  live_bytes -= found->second;
  live_.erase(found);
  std::free(memory);
}

void Context::upload(void* device, const void* host, int64_t bytes) {
  if (rehearsing_) return;
  std::memcpy(device, host, static_cast<size_t>(bytes));
}

void Context::download(void* host, const void* device, int64_t bytes) {
  if (rehearsing_) {
    std::memset(host, 0, static_cast<size_t>(bytes));
    return;
  }
  std::memcpy(host, device, static_cast<size_t>(bytes));
}

void Context::zero(void* device, int64_t bytes) {
  if (rehearsing_) return;
  parallel_blocks(bytes, 1 << 20, [&](int64_t begin, int64_t end) {
    std::memset(static_cast<char*>(device) + begin, 0, static_cast<size_t>(end - begin));
  });
}

void Context::start_timer() { timer_ = std::chrono::steady_clock::now(); }

double Context::stop_timer() {
  if (!timer_) throw Error(SOTTO_INVALID_ARGUMENT, "the timer was not started");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - *timer_;
  timer_.reset();
  return taken.count();
}

int Context::threads() const { return pool_->threads(); }

void Context::parallel_for(int64_t tasks, const std::function<void(int64_t task, int thread)>& body) {
  pool_->run(tasks, body);
}

void Context::parallel_blocks(int64_t count, int64_t block,
                              const std::function<void(int64_t begin, int64_t end)>& body) {
  pool_->run((count + block - 1) / block, [&](int64_t task, int) {
    const int64_t begin = task * block;
    body(begin, std::min(count, begin + block));
  });
}

void* Context::scratch(int thread) const { return scratch_[thread]; }

void Context::reserve_scratch(int64_t bytes) {
  if (bytes <= scratch_bytes_) return;
  // A little more than asked, so that slowly growing requests do not each allocate.
  const int64_t wanted = bytes + bytes / 4;
  for (void*& memory : scratch_) {
    std::free(memory);
    memory = nullptr;
  }
  live_bytes -= scratch_bytes_ * static_cast<int64_t>(scratch_.size());
  scratch_bytes_ = 0;
  for (void*& memory : scratch_) memory = aligned(wanted);
  allocations += static_cast<int64_t>(scratch_.size());
  scratch_bytes_ = wanted;
  live_bytes += wanted * static_cast<int64_t>(scratch_.size());
}

void* Context::shared_scratch(int64_t bytes) {
  if (bytes <= shared_scratch_bytes_) return shared_scratch_;
  std::free(shared_scratch_);
  shared_scratch_ = nullptr;
  live_bytes -= shared_scratch_bytes_;
  shared_scratch_bytes_ = 0;
  shared_scratch_ = aligned(bytes);
  allocations++;
  shared_scratch_bytes_ = bytes;
  live_bytes += bytes;
  return shared_scratch_;
}

void check_starts(const char* name, int64_t sequences, const int32_t* start, int64_t rows) {
  if (sequences == 0) return;
  const auto fail = [&](const char* why) { throw Error(SOTTO_INVALID_ARGUMENT, std::string(name) + why); };
  if (start[0] != 0) fail("[0] must be 0");
  for (int64_t s = 0; s < sequences; s++) {
    if (start[s + 1] < start[s]) fail(" must not decrease");
  }
  if (rows >= 0 && start[sequences] != rows) fail(" must end at the number of rows");
}

void check_indices(const char* name, int64_t count, const int32_t* index, int64_t low, int64_t limit) {
  for (int64_t i = 0; i < count; i++) {
    if (index[i] < low || index[i] >= limit) {
      throw Error(SOTTO_INVALID_ARGUMENT, std::string(name) + " must all be below " + std::to_string(limit) +
                                              (low == 0 ? " and not negative" : ""));
    }
  }
}

void check_attention(int64_t sequences, const int32_t* query_start, const int32_t* key_start, int64_t rows) {
  check_starts("query_start", sequences, query_start, rows);
  check_starts("key_start", sequences, key_start, -1);
  for (int64_t s = 0; s < sequences; s++) {
    if (query_start[s + 1] - query_start[s] > key_start[s + 1] - key_start[s]) {
      throw Error(SOTTO_INVALID_ARGUMENT, "a sequence must not have more queries than keys");
    }
  }
}

}  // namespace sotto::cpu
