// The emulation itself: it runs what is right as a GPU would, and finds what is wrong.
#include <cuda_runtime.h>

#include <numeric>

#include "contract.h"
#include "launch.cuh"

namespace sotto::test {
namespace {

// What the last launch reported; "" if nothing.
std::string report() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? "" : cudaGetErrorString(error);
}

void expect(const std::string& part, const std::string& place) {
  const std::string text = report();
  SOTTO_CHECK(text.find(part) != std::string::npos && text.find(place) != std::string::npos,
              "\"" << text << "\" lacks \"" << part << "\" or \"" << place << "\"");
  SOTTO_CHECK(report().empty(), "an error is told once");
}

template <typename T>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& host) : count_(host.size()) {
    void* memory = nullptr;
    SOTTO_CHECK(cudaMalloc(&memory, count_ * sizeof(T)) == cudaSuccess, "no memory");
    data = static_cast<T*>(memory);
    cudaMemcpy(data, host.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~OnDevice() { cudaFree(data); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  std::vector<T> host() const { return std::vector<T>(data, data + count_); }
  T* data;

 private:
  size_t count_;
};

// ---- what is right

template <int kThreads>
__global__ void __launch_bounds__(kThreads) sum_of_block(const float* x, int count, float* sums) {
  SOTTO_SHARED(float, of_warp, [kThreads / 32]);
  float sum = 0;
  for (int i = static_cast<int>(blockIdx.x) * count + static_cast<int>(threadIdx.x);
       i < (static_cast<int>(blockIdx.x) + 1) * count; i += kThreads) {
    sum += x[i];
  }
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(~0u, sum, offset);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < kThreads / 32 ? of_warp[threadIdx.x] : 0;
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  }
}

SOTTO_TEST(emulation_reduces_a_block) {
  const int count = 300, blocks = 5;
  std::vector<float> x(count * blocks);
  std::iota(x.begin(), x.end(), 0.0f);
  const OnDevice<float> in{x}, out{std::vector<float>(blocks)};
  SOTTO_LAUNCH(sum_of_block<128>, blocks, 128, 0, nullptr, in.data, count, out.data);
  SOTTO_CHECK(report().empty(), "a sound kernel was blamed");
  for (int b = 0; b < blocks; b++) {
    const float expected = std::accumulate(x.begin() + b * count, x.begin() + (b + 1) * count, 0.0f);
    SOTTO_CHECK(out.host()[b] == expected, "block " << b << " gave " << out.host()[b] << ", not " << expected);
  }
}

SOTTO_TEST(emulation_keeps_time_by_events) {
  cudaEvent_t start = nullptr, stop = nullptr;
  float milliseconds = -1;
  SOTTO_CHECK(cudaEventCreate(&start) == cudaSuccess && cudaEventCreate(&stop) == cudaSuccess, "no event");
  SOTTO_CHECK(cudaEventRecord(start, nullptr) == cudaSuccess, "not recorded");
  SOTTO_CHECK(cudaEventElapsedTime(&milliseconds, start, stop) == cudaErrorInvalidResourceHandle,
              "an event that was never recorded has no time");
  SOTTO_CHECK(cudaEventRecord(stop, nullptr) == cudaSuccess, "not recorded");
  SOTTO_CHECK(cudaEventSynchronize(stop) == cudaSuccess, "not reached");
  SOTTO_CHECK(cudaEventElapsedTime(&milliseconds, start, stop) == cudaSuccess && milliseconds >= 0, milliseconds);
  SOTTO_CHECK(cudaEventDestroy(start) == cudaSuccess && cudaEventDestroy(stop) == cudaSuccess, "not destroyed");
  SOTTO_CHECK(cudaEventRecord(start, nullptr) == cudaErrorInvalidResourceHandle, "a destroyed event");
  report();
}

__global__ void reverse(float* x, int count) {
  SOTTO_DYNAMIC_SHARED(float, tile);
  const auto second = tile + count;
  const int t = static_cast<int>(threadIdx.x);
  tile[t] = x[t];
  second[t] = 2 * x[t];
  __syncthreads();
  x[t] = tile[count - 1 - t] + second[count - 1 - t];
}

SOTTO_TEST(emulation_has_dynamic_shared_memory) {
  const OnDevice<float> x({1, 2, 3, 4, 5});
  SOTTO_LAUNCH(reverse, 1, 5, 10 * sizeof(float), nullptr, x.data, 5);
  SOTTO_CHECK(report().empty() && x.host() == std::vector<float>({15, 12, 9, 6, 3}), "not reversed");
}

__global__ void index_everything(int* out) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  atomicAdd(&out[block * blockDim.x * blockDim.y * blockDim.z + thread], 1);
}

SOTTO_TEST(emulation_visits_every_thread_once) {
  const OnDevice<int> out{std::vector<int>(3 * 2 * 2 * 5 * 3 * 2)};
  SOTTO_LAUNCH(index_everything, dim3(3, 2, 2), dim3(5, 3, 2), 0, nullptr, out.data);
  SOTTO_CHECK(report().empty() && out.host() == std::vector<int>(360, 1), "a thread was missed or repeated");
}

__global__ void warp_functions(int* out) {
  const int t = static_cast<int>(threadIdx.x), lane = t % 32;
  int* own = out + 8 * t;
  own[0] = __shfl_up_sync(~0u, lane, 1);
  own[1] = __shfl_down_sync(~0u, lane, 3, 8);
  own[2] = __shfl_xor_sync(~0u, lane, 5);
  own[3] = __shfl_sync(~0u, lane, 2, 16);
  own[4] = static_cast<int>(__ballot_sync(~0u, lane % 2));
  own[5] = __any_sync(~0u, lane == 7) + 2 * __all_sync(~0u, lane == 7) + 4 * __all_sync(~0u, lane < 32);
  own[6] = lane < 4 ? __shfl_sync(0xfu, 10 * lane, 3) : -1;
  __syncwarp();
  own[7] = atomicMax(&out[8 * 64], t);
}

SOTTO_TEST(emulation_exchanges_within_warps) {
  const OnDevice<int> out{std::vector<int>(8 * 64 + 1)};
  SOTTO_LAUNCH(warp_functions, 1, 64, 0, nullptr, out.data);
  SOTTO_CHECK(report().empty(), "sound exchanges were blamed");
  const std::vector<int> got = out.host();
  for (int t = 0; t < 64; t++) {
    const int lane = t % 32;
    const std::vector<int> expected{lane == 0 ? 0 : lane - 1, lane % 8 + 3 < 8 ? lane + 3 : lane, lane ^ 5,
                                    lane / 16 * 16 + 2,       static_cast<int>(0xaaaaaaaau),      5,
                                    lane < 4 ? 30 : -1};
    SOTTO_CHECK(std::equal(expected.begin(), expected.end(), got.begin() + 8 * t), "thread " << t);
  }
  SOTTO_CHECK(got[8 * 64] == 63, "the atomic maximum");
}

// ---- what is wrong

__global__ void ends_before_the_barrier(int last) {
  if (static_cast<int>(threadIdx.x) == last) return;
  __syncthreads();
}

__global__ void two_barriers() {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void exchange_beside_a_barrier() {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __shfl_down_sync(~0u, 1, 1);
  }
}

SOTTO_TEST(emulation_finds_divergent_barriers) {
  SOTTO_LAUNCH(ends_before_the_barrier, 1, 64, 0, nullptr, 40);
  expect("divergent barrier", "kernel ends_before_the_barrier, block (0,0,0)");
  SOTTO_LAUNCH(ends_before_the_barrier, 2, 64, 0, nullptr, 64);
  SOTTO_CHECK(report().empty(), "a barrier that all reach");
  SOTTO_LAUNCH(two_barriers, 1, 32, 0, nullptr);
  expect("divergent barrier", "kernel two_barriers");
  SOTTO_LAUNCH(exchange_beside_a_barrier, 1, 32, 0, nullptr);
  expect("divergent barrier", "__shfl_down_sync");
}

__global__ void reads_an_absent_lane(unsigned mask) {
  if (threadIdx.x >= 16) return;
  __shfl_sync(mask, 1, 20);
}

SOTTO_TEST(emulation_finds_wrong_masks) {
  SOTTO_LAUNCH(reads_an_absent_lane, 1, 32, 0, nullptr, 0xffffu);
  expect("reads lane 20, which does not take part", "kernel reads_an_absent_lane");
  SOTTO_LAUNCH(reads_an_absent_lane, 1, 32, 0, nullptr, 0x0ff0u);
  expect("leaves out the calling lane", "kernel reads_an_absent_lane");
}

__global__ void writes_static(int place, float* out) {
  SOTTO_SHARED(float, tile, [4][8]);
  tile[place / 8][place % 8] = 1;
  out[0] = tile[0][0];
}

__global__ void writes_through_a_pointer(int place) {
  SOTTO_SHARED(float, tile, [32]);
  float* plain = tile;
  plain[place] = 1;
}

__global__ void writes_dynamic(int place, bool plain) {
  SOTTO_DYNAMIC_SHARED(float, tile);
  if (plain) {
    static_cast<float*>(tile)[place] = 1;
  } else {
    tile[place] = 1;
  }
}

SOTTO_TEST(emulation_finds_shared_writes_out_of_bounds) {
  const OnDevice<float> out{std::vector<float>(1)};
  SOTTO_LAUNCH(writes_static, 1, 1, 0, nullptr, 31, out.data);
  SOTTO_CHECK(report().empty(), "the last element");
  SOTTO_CHECK(std::isnan(out.host()[0]), "shared memory that nobody wrote must show");
  SOTTO_LAUNCH(writes_static, 1, 1, 0, nullptr, 32, out.data);
  expect("index 4 is outside", "emulation_test.cpp");
  SOTTO_LAUNCH(writes_through_a_pointer, 1, 1, 0, nullptr, 31);
  SOTTO_CHECK(report().empty(), "the last element through a pointer");
  for (const int place : {32, -1}) {
    SOTTO_LAUNCH(writes_through_a_pointer, 3, 1, 0, nullptr, place);
    expect("outside the shared array \"tile\"", "kernel writes_through_a_pointer, block (0,0,0)");
  }
  SOTTO_LAUNCH(writes_dynamic, 1, 1, 32, nullptr, 7, false);
  SOTTO_CHECK(report().empty(), "the last element of dynamic memory");
  SOTTO_LAUNCH(writes_dynamic, 1, 1, 32, nullptr, 8, false);
  expect("index 8 is outside the 8 elements of dynamic shared memory", "kernel writes_dynamic");
  SOTTO_LAUNCH(writes_dynamic, 1, 1, 32, nullptr, 8, true);
  expect("outside the shared array \"dynamic shared memory\"", "kernel writes_dynamic");
}

__global__ void writes_global(float* out, int place) { out[place] = 1; }

SOTTO_TEST(emulation_finds_global_writes_out_of_bounds) {
  const OnDevice<float> out{std::vector<float>(10)};
  SOTTO_LAUNCH(writes_global, 1, 1, 0, nullptr, out.data, 9);
  SOTTO_CHECK(report().empty(), "the last element");
  SOTTO_LAUNCH(writes_global, 1, 1, 0, nullptr, out.data, 10);
  expect("a write behind a device allocation of 40 bytes", "kernel writes_global");
  SOTTO_LAUNCH(writes_global, 1, 1, 0, nullptr, out.data, -1);
  expect("a write before a device allocation of 40 bytes", "kernel writes_global");
}

SOTTO_TEST(emulation_refuses_launches_that_a_gpu_refuses) {
  const OnDevice<int> out{std::vector<int>(2048)};
  for (const dim3 block : {dim3(1025), dim3(0), dim3(1, 1, 65)}) {
    SOTTO_LAUNCH(index_everything, 1, block, 0, nullptr, out.data);
    expect("is refused", "kernel index_everything");
  }
  SOTTO_LAUNCH(index_everything, dim3(1, 65536), 1, 0, nullptr, out.data);
  expect("is refused", "kernel index_everything");
  SOTTO_LAUNCH(writes_dynamic, 1, 1, 64 << 10, nullptr, 0, false);
  expect("is refused", "kernel writes_dynamic");
  SOTTO_CHECK(cudaFuncSetAttribute(writes_dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 << 10) == 0, "");
  SOTTO_LAUNCH(writes_dynamic, 1, 1, 64 << 10, nullptr, (64 << 8) - 1, false);
  SOTTO_CHECK(report().empty(), "allowed");
}

}  // namespace
}  // namespace sotto::test
