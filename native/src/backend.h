// What a backend is inside the library: a device context and a table of kernels.
//
// abi.cpp checks a call's shapes, then makes one indirect call through Ops. A null entry means "this backend cannot do
// that" and becomes SOTTO_UNSUPPORTED. The CPU backends share one context type and differ only in their table:
// reference (plain loops), portable, AVX2 and AVX-512.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "sotto/sotto.h"

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

// What a fused step shares with add_noise: the arguments of that name in sotto.h.
struct Noise {
  sotto_noise law;
  double scale;
  double quantum;
  const uint8_t* key;
  int64_t step;
  int32_t tensor;
  int64_t first_index;
  const double* quantiles;
  int64_t segments;
  double largest;
  const double* sum;
  double multiplier;
};

// One entry an op; the arguments are those of the C function after `backend`, with flags as bool, and those of the
// noise of a fused step in one struct.
struct Ops {
  void (*convert_to_f32)(Device&, sotto_dtype, int64_t count, const void* source, float* out);
  int64_t (*count_nonfinite)(Device&, int64_t count, const float* x);
  void (*gemm)(Device&, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
               int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias);
  void (*gemm_bf16)(Device&, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
                    const uint16_t* b, int64_t ldb, float beta, float* c, int64_t ldc, const float* bias);
  void (*add)(Device&, int64_t count, const float* a, const float* b, float* out);
  void (*column_sum)(Device&, int64_t rows, int64_t channels, const float* x, int64_t ldx, float* sum);
  void (*squared_norm)(Device&, int64_t count, const float* x, double* out);

  void (*embedding_forward)(Device&, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                            const int32_t* ids, const int32_t* positions, const float* token_table,
                            const float* position_table, float* out);
  void (*embedding_backward)(Device&, int64_t rows, int64_t channels, int64_t vocabulary, int64_t max_positions,
                             const int32_t* ids, const int32_t* positions, const float* dout, float* token_gradient,
                             float* position_gradient);
  void (*layer_norm_forward)(Device&, int64_t rows, int64_t channels, float epsilon, const float* x, const float* gamma,
                             const float* beta, float* out, float* mean, float* rstd);
  void (*layer_norm_backward)(Device&, int64_t rows, int64_t channels, const float* dout, const float* x,
                              const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma,
                              float* dbeta);
  void (*rms_norm_forward)(Device&, int64_t rows, int64_t channels, float epsilon, const float* x, const float* gamma,
                           float* out, float* rstd);
  void (*rms_norm_backward)(Device&, int64_t rows, int64_t channels, const float* dout, const float* x,
                            const float* gamma, const float* rstd, float* dx, float* dgamma);
  void (*rope)(Device&, int64_t rows, int64_t heads, int64_t head_dim, int64_t max_positions, bool inverse,
               const int32_t* positions, const float* cosine, const float* sine, float* x, int64_t ldx);
  void (*attention_forward)(Device&, int64_t sequences, const int32_t* query_start, const int32_t* key_start,
                            int64_t rows, int64_t heads, int64_t kv_heads, int64_t head_dim, bool causal,
                            int64_t window, float scale, const float* q, int64_t ldq, const float* k, const float* v,
                            int64_t ldkv, float* out, int64_t ldout, float* log_sum_exp);
  void (*attention_backward)(Device&, int64_t sequences, const int32_t* start, int64_t rows, int64_t heads,
                             int64_t kv_heads, int64_t head_dim, bool causal, int64_t window, float scale,
                             const float* q, int64_t ldq, const float* k, const float* v, int64_t ldkv,
                             const float* out, const float* dout, int64_t ldout, const float* log_sum_exp, float* delta,
                             float* dq, int64_t lddq, float* dk, float* dv, int64_t lddkv);
  void (*activation_forward)(Device&, sotto_activation kind, int64_t count, const float* x, float* out);
  void (*activation_backward)(Device&, sotto_activation kind, int64_t count, const float* x, const float* dout,
                              float* dx);
  void (*gated_activation_forward)(Device&, sotto_activation kind, int64_t count, const float* gate, const float* up,
                                   float* out);
  void (*gated_activation_backward)(Device&, sotto_activation kind, int64_t count, const float* gate, const float* up,
                                    const float* dout, float* dgate, float* dup);
  void (*cross_entropy)(Device&, int64_t rows, int64_t vocabulary, float* logits, int64_t ld, const int32_t* targets,
                        const float* row_weight, bool gradient, float* row_loss);

  void (*lora_forward)(Device&, int64_t rows, int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                       const float* x, const float* a, const float* b, float* u, float* y, int64_t ldy);
  void (*lora_backward)(Device&, int64_t rows, int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                        const float* dy, int64_t lddy, const float* a, const float* b, float* du, float* dx);
  void (*per_sample_norm)(Device&, int64_t units, const int32_t* unit_start, int64_t in_channels, int64_t out_channels,
                          int64_t rank, float scale, const float* x, const float* u, const float* dy, int64_t lddy,
                          const float* du, bool accumulate, float* gradients, int64_t gradient_stride,
                          double* squared_norm);
  void (*clip_factor)(Device&, int64_t units, int64_t pairs, int64_t groups, const double* squared_norm,
                      const double* clip_norm, double stabilizer, float* factor);
  void (*clipped_sum)(Device&, int64_t units, int64_t parameters, const float* gradients, int64_t gradient_stride,
                      const float* factor, double quantum, double* sum);
  void (*clip_and_sum_pair)(Device&, int64_t units, const int32_t* unit_start, int64_t in_channels,
                            int64_t out_channels, int64_t rank, float scale, const float* x, const float* u,
                            const float* dy, int64_t lddy, const float* du, const float* factor, double quantum,
                            double* sum);
  void (*add_noise)(Device&, sotto_noise law, int64_t parameters, double scale, double quantum, const uint8_t* key,
                    int64_t step, int32_t tensor, int64_t first_index, const double* quantiles, int64_t segments,
                    double largest, const double* sum, double multiplier, float* out);
  void (*sgd_step)(Device&, int64_t parameters, float rate, float momentum, float weight_decay, const float* gradient,
                   float* velocity, float* weights);
  void (*adamw_step)(Device&, int64_t parameters, float rate, float beta1, float beta2, float epsilon,
                     float weight_decay, int64_t step, const float* gradient, float* first_moment, float* second_moment,
                     float* weights);
  void (*noisy_sgd_step)(Device&, const Noise& noise, int64_t parameters, float* released, float rate, float momentum,
                         float weight_decay, float* velocity, float* weights);
  void (*noisy_adamw_step)(Device&, const Noise& noise, int64_t parameters, float* released, float rate, float beta1,
                           float beta2, float epsilon, float weight_decay, int64_t update, float* first_moment,
                           float* second_moment, float* weights);
};

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
