// A fixed pool of worker threads for Context::parallel_for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto::cpu {

// threads-1 workers and the caller share the tasks of one run at a time. Between runs a worker spins briefly (a step is
// a dense run of short kernels, and waking a sleeper costs more than many of them), then sleeps.
class ThreadPool {
 public:
  using Body = std::function<void(int64_t task, int thread)>;

  explicit ThreadPool(int threads) {
    for (int t = 1; t < threads; t++) workers_.emplace_back([this, t] { work(t); });
  }

  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void run(int64_t tasks, const Body& body) {
    if (tasks <= 1 || workers_.empty()) {
      for (int64_t task = 0; task < tasks; task++) body(task, 0);
      return;
    }
    body_ = &body;
    tasks_ = tasks;
    next_.store(0);
    busy_.store(static_cast<int>(workers_.size()));
    {
      std::lock_guard<std::mutex> lock(mutex_);
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    drain(0);
    for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; spins++) pause(spins);
  }

 private:
  static constexpr int kSpins = 4000;

  static void pause(int spins) {
    if (spins >= kSpins) {
      std::this_thread::yield();
      return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  void drain(int thread) {
    for (int64_t task = next_.fetch_add(1); task < tasks_; task = next_.fetch_add(1)) (*body_)(task, thread);
  }

  void work(int thread) {
    uint64_t seen = 0;
    while (true) {
      for (int spins = 0; spins < kSpins && generation_.load(std::memory_order_acquire) == seen; spins++) pause(spins);
      if (generation_.load(std::memory_order_acquire) == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load() != seen; });
      }
      seen = generation_.load(std::memory_order_acquire);
      if (stop_) return;
      drain(thread);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> next_{0};
  std::atomic<int> busy_{0};
  int64_t tasks_ = 0;
  const Body* body_ = nullptr;
};

}  // namespace sotto::cpu
