// The scheduler of fibers and the checks at a block's end. See threads.h.
#include "threads.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda_runtime.h"
#include "fiber_stack.h"
#include "shared_memory.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace sotto::emulation {
namespace {

constexpr size_t kStackBytes = 128 << 10;
constexpr size_t kPage = 4096;
constexpr int kMostThreads = 1024;
constexpr size_t kStaticLimit = 48 << 10;   // what nvcc accepts
constexpr size_t kSharedLimit = 163 << 10;  // of a block on compute capability 8.0, the least that we build for

enum class State { kReady, kAtBlockBarrier, kAtWarpExchange, kDone };

struct Fiber {
  ucontext_t start;
  JumpPlace resume;
  void* stack = nullptr;
  FiberStack own_stack;
  bool alive = false;  // stands in its loop, waiting for a thread to run
  State state = State::kDone;
  uint3 thread{};
  int number = 0;
  Site site{};
  unsigned mask = 0;
  uint64_t value = 0;
  Exchange exchange{};
};

struct UsedArray {
  const char* name;
  const unsigned char* before;
  const unsigned char* after;
};

struct Launch {
  const char* kernel = "";
  void (*body)(void*) = nullptr;
  void* argument = nullptr;
  uint64_t block_number = 0;  // over all launches, never 0
  std::vector<std::unique_ptr<Fiber>> fibers;
  int threads = 0;
  Fiber* current = nullptr;
  JumpPlace scheduler;
  FiberStack scheduler_stack;
  char message[512];
  bool faulted = false;
  std::vector<UsedArray> used;
  size_t static_bytes = 0;
  std::vector<unsigned char> dynamic;  // between guards
  size_t dynamic_bytes = 0;
};
Launch launch_;
std::mutex one_launch;

[[noreturn]] SOTTO_JUMPS void to_scheduler() {
  launch_.current->own_stack.leave_for(launch_.scheduler_stack);
  SOTTO_JUMP(launch_.scheduler);
}

SOTTO_JUMPS void wait() {
  if (SOTTO_MARK(launch_.current->resume) == 0) to_scheduler();
  launch_.current->own_stack.arrive_from(launch_.scheduler_stack);
}

// A fiber's life: run a thread, say so, wait for the next. Contexts are made once, so a thread costs two jumps.
void live() {
  launch_.current->own_stack.arrive_from(launch_.scheduler_stack);
  for (;;) {
    launch_.body(launch_.argument);
    launch_.current->state = State::kDone;
    wait();
  }
}

SOTTO_JUMPS void run(Fiber* fiber) {
  launch_.current = fiber;
  threadIdx = fiber->thread;
  if (SOTTO_MARK(launch_.scheduler) != 0) {
    launch_.scheduler_stack.arrive_from(launch_.current->own_stack);
    return;
  }
  if (!fiber->alive) fiber->own_stack = FiberStack(static_cast<char*>(fiber->stack) + kPage, kStackBytes);
  launch_.scheduler_stack.leave_for(fiber->own_stack);
  if (fiber->alive) SOTTO_JUMP(fiber->resume);
  fiber->alive = true;
  getcontext(&fiber->start);
  fiber->start.uc_stack.ss_sp = static_cast<char*>(fiber->stack) + kPage;
  fiber->start.uc_stack.ss_size = kStackBytes;
  fiber->start.uc_link = nullptr;
  makecontext(&fiber->start, live, 0);
  setcontext(&fiber->start);
}

Fiber* fiber(int number) {
  while (static_cast<int>(launch_.fibers.size()) <= number) {
    auto made = std::make_unique<Fiber>();
    made->number = static_cast<int>(launch_.fibers.size());
    made->stack =
        mmap(nullptr, kPage + kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (made->stack == MAP_FAILED) throw std::bad_alloc();
    mprotect(made->stack, kPage, PROT_NONE);  // an overflow of the stack stops the program rather than spoil another
    launch_.fibers.push_back(std::move(made));
  }
  return launch_.fibers[static_cast<size_t>(number)].get();
}

bool same(const Site& a, const Site& b) {
  return a.line == b.line && std::strcmp(a.call, b.call) == 0 && std::strcmp(a.file, b.file) == 0;
}

void blame(const Fiber& thread, const char* text) {
  if (launch_.faulted) return;
  launch_.faulted = true;
  std::snprintf(launch_.message, sizeof launch_.message, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u): %s",
                launch_.kernel, blockIdx.x, blockIdx.y, blockIdx.z, thread.thread.x, thread.thread.y, thread.thread.z,
                text);
}

// Releases the exchanges of warps that are complete. Whether any was.
bool release_warps() {
  bool any = false;
  for (int first = 0; first < launch_.threads; first += 32) {
    const int lanes = std::min(32, launch_.threads - first);
    for (int l = 0; l < lanes; ++l) {
      const Fiber* waiting = fiber(first + l);
      if (waiting->state != State::kAtWarpExchange) continue;
      Exchange exchange{};
      bool complete = true;
      for (int k = 0; k < lanes && complete; ++k) {
        const Fiber* other = fiber(first + k);
        if ((waiting->mask >> k & 1) == 0 || other->state == State::kDone) continue;
        complete =
            other->state == State::kAtWarpExchange && other->mask == waiting->mask && same(other->site, waiting->site);
        exchange.value[k] = other->value;
        exchange.present |= 1u << k;
      }
      if (!complete) continue;
      any = true;
      for (int k = 0; k < lanes; ++k) {
        if ((exchange.present >> k & 1) == 0) continue;
        fiber(first + k)->exchange = exchange;
        fiber(first + k)->state = State::kReady;
      }
    }
  }
  return any;
}

// Releases the block's barrier if every thread stands at it, else says who does not.
void release_block() {
  const Fiber* waiting = nullptr;
  for (int t = 0; t < launch_.threads; ++t) {
    if (fiber(t)->state != State::kDone) waiting = fiber(t);
  }
  char text[320];
  for (int t = 0; t < launch_.threads; ++t) {
    const Fiber* other = fiber(t);
    if (other->state == waiting->state && other->state == State::kAtBlockBarrier && same(other->site, waiting->site)) {
      continue;
    }
    if (other == waiting) continue;  // alone in a warp's exchange: the thread it waits for is blamed
    if (other->state == State::kDone) {
      std::snprintf(text, sizeof text, "divergent barrier: waits in %s at %s:%d, but thread %d has ended",
                    waiting->site.call, waiting->site.file, waiting->site.line, t);
    } else {
      std::snprintf(text, sizeof text, "divergent barrier: waits in %s at %s:%d, but thread %d waits in %s at %s:%d",
                    waiting->site.call, waiting->site.file, waiting->site.line, t, other->site.call, other->site.file,
                    other->site.line);
    }
    blame(*waiting, text);
    return;
  }
  for (int t = 0; t < launch_.threads; ++t) fiber(t)->state = State::kReady;
}

bool whole(const unsigned char* guard) {
  return std::all_of(guard, guard + kGuardBytes, [](unsigned char byte) { return byte == 0xa5; });
}

void check_shared() {
  char text[160];
  for (const UsedArray& array : launch_.used) {
    if (whole(array.before) && whole(array.after)) continue;
    std::snprintf(text, sizeof text, "a write outside the shared array \"%s\" (%s it)", array.name,
                  whole(array.before) ? "behind" : "before");
    blame(*fiber(0), text);
  }
  if (launch_.static_bytes > kStaticLimit || launch_.static_bytes + launch_.dynamic_bytes > kSharedLimit) {
    std::snprintf(text, sizeof text, "%zu static and %zu dynamic bytes of shared memory are more than a block has",
                  launch_.static_bytes, launch_.dynamic_bytes);
    blame(*fiber(0), text);
  }
}

void run_block(bool reversed) {
  launch_.block_number++;
  launch_.used.clear();
  launch_.static_bytes = 0;
  if (launch_.dynamic_bytes > 0) {
    uint64_t never = 0;
    enter_shared("dynamic shared memory", launch_.dynamic.data(), launch_.dynamic.data() + kGuardBytes,
                 launch_.dynamic_bytes, launch_.dynamic.data() + kGuardBytes + launch_.dynamic_bytes, never);
    launch_.static_bytes = 0;  // it does not count as static
  }
  const int n = launch_.threads;
  for (int t = 0; t < n; ++t) {
    Fiber* f = fiber(t);
    f->state = State::kReady;
    f->thread = {static_cast<unsigned>(t) % blockDim.x, static_cast<unsigned>(t) / blockDim.x % blockDim.y,
                 static_cast<unsigned>(t) / blockDim.x / blockDim.y};
  }
  while (!launch_.faulted) {
    bool ran = false, all_done = true;
    for (int k = 0; k < n && !launch_.faulted; ++k) {
      Fiber* f = fiber(reversed ? n - 1 - k : k);
      if (f->state == State::kReady) {
        run(f);
        ran = true;
      }
      all_done = all_done && f->state == State::kDone;
    }
    if (all_done) break;
    if (ran || launch_.faulted) continue;
    if (!release_warps()) release_block();
  }
  if (!launch_.faulted) check_shared();
}

bool fits(dim3 grid, dim3 block) {
  return grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535 &&
         block.x > 0 && block.y > 0 && block.z > 0 && block.z <= 64 &&
         uint64_t{block.x} * block.y * block.z <= kMostThreads;
}

}  // namespace

void fault(const char* format, ...) {
  char text[320];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  blame(*launch_.current, text);
  to_scheduler();
}

int lane() { return launch_.current->number % 32; }

void wait_for_block(const Site& site) {
  launch_.current->site = site;
  launch_.current->state = State::kAtBlockBarrier;
  wait();
}

const Exchange& wait_for_warp(unsigned mask, uint64_t value, const Site& site) {
  Fiber* own = launch_.current;
  if ((mask >> lane() & 1) == 0) {
    fault("%s:%d: %s with the mask %08x, which leaves out the calling lane %d", site.file, site.line, site.call, mask,
          lane());
  }
  own->site = site;
  own->mask = mask;
  own->value = value;
  own->state = State::kAtWarpExchange;
  wait();
  return own->exchange;
}

void enter_shared(const char* name, unsigned char* before, unsigned char* values, size_t bytes, unsigned char* after,
                  uint64_t& block_of_last_use) {
  if (block_of_last_use == launch_.block_number) return;
  block_of_last_use = launch_.block_number;
  std::memset(before, 0xa5, kGuardBytes);
  std::memset(values, 0xff, bytes);
  std::memset(after, 0xa5, kGuardBytes);
  launch_.used.push_back({name, before, after});
  launch_.static_bytes += bytes;
}

void* dynamic_shared(size_t* bytes) {
  *bytes = launch_.dynamic_bytes;
  return launch_.dynamic.data() + kGuardBytes;
}

void launch(const char* kernel, const void* function, dim3 grid, dim3 block, size_t shared_bytes, void (*body)(void*),
            void* argument) {
  const std::lock_guard<std::mutex> lock(one_launch);
  if (!fits(grid, block) || shared_bytes > allowed_dynamic_shared(function)) {
    std::snprintf(
        launch_.message, sizeof launch_.message,
        "kernel %s: a grid of (%u,%u,%u) blocks of (%u,%u,%u) threads with %zu bytes of dynamic shared memory "
        "is refused",
        kernel, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared_bytes);
    set_last_error(cudaErrorInvalidConfiguration, launch_.message);
    return;
  }
  launch_.kernel = kernel;
  launch_.body = body;
  launch_.argument = argument;
  launch_.faulted = false;
  launch_.threads = static_cast<int>(block.x * block.y * block.z);
  launch_.dynamic_bytes = shared_bytes;
  launch_.dynamic.assign(shared_bytes + 2 * kGuardBytes, 0);
  gridDim = grid;
  blockDim = block;
  fiber(launch_.threads - 1);
  for (unsigned z = 0; z < grid.z && !launch_.faulted; ++z) {
    for (unsigned y = 0; y < grid.y && !launch_.faulted; ++y) {
      for (unsigned x = 0; x < grid.x && !launch_.faulted; ++x) {
        blockIdx = {x, y, z};
        run_block(((x ^ y ^ z) & 1) != 0);
      }
    }
  }
  if (launch_.faulted) {
    for (auto& f : launch_.fibers) f->alive = f->alive && f->state == State::kDone;  // the others never return
  } else if (const char* damage = damaged_device_memory(); *damage != '\0') {
    launch_.faulted = true;
    std::snprintf(launch_.message, sizeof launch_.message, "kernel %s: %s", kernel, damage);
  }
  if (launch_.faulted) set_last_error(cudaErrorLaunchFailure, launch_.message);
}

}  // namespace sotto::emulation

// What -fsanitize=bounds calls at an index outside an array of known size; without it the sanitizer's own library would
// print and go on. The layout is that of GCC and Clang.
extern "C" void __ubsan_handle_out_of_bounds(void* data, uintptr_t index) {
  struct Type {
    uint16_t kind, info;
    char name[1];
  };
  struct Data {
    const char* file;
    uint32_t line, column;
    const Type* array;
  };
  const Data* at = static_cast<const Data*>(data);
  sotto::emulation::fault("%s:%u: index %lld is outside %s", at->file, at->line, static_cast<long long>(index),
                          at->array->name);
}
