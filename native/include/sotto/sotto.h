/*
 * sotto.h: the only ABI of Sotto's native kernels. Plain C; JavaCPP parses this file.
 *
 * Conventions
 *   - Every function returns a status and writes its results through pointers. Nothing throws, exits or prints. After a
 *     status other than SOTTO_OK, sotto_last_error() holds one line for the calling thread.
 *   - Shapes are checked before any data is touched. Zero rows, units or elements are valid and do nothing.
 *   - "device" pointers come from sotto_alloc of the same backend (for the CPU backends any host pointer will do).
 *     "host" pointers are ordinary memory and are read before the call returns.
 *   - Matrices are row-major. A leading dimension ("ld") is the distance in elements from one row to the next.
 *   - Ragged batches are packed, never padded: sequence b holds the rows start[b] .. start[b+1]-1, start is int32 with
 * one entry more than there are sequences, start[0] = 0.
 *   - Same inputs, same bits, on the same backend, for any thread count: no reduction is split between threads. A row
 * of a forward or backward result depends on its own sequence alone, not on what else is in the batch; a product
 * through a foreign library has that only on a backend of purpose SOTTO_PRIVATE.
 *   - Messages name arguments, shapes and limits, never what device memory holds: ids, targets and starts are private.
 *   - Symbols: N rows (tokens), B sequences, U privacy units, C channels, R LoRA rank, P parameters, V vocabulary.
 */
#ifndef SOTTO_SOTTO_H
#define SOTTO_SOTTO_H

#include <stddef.h>
#include <stdint.h>

#ifndef SOTTO_API
#define SOTTO_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a call reports. The Java side maps each value to one exception type. */
typedef enum sotto_status {
  SOTTO_OK = 0,
  SOTTO_INVALID_ARGUMENT = 1, /* a shape, pointer or parameter is wrong; nothing was touched */
  SOTTO_UNSUPPORTED = 2,      /* this backend cannot do this, or cannot run here */
  SOTTO_OUT_OF_MEMORY = 3,    /* recoverable; the message says how many bytes were wanted */
  SOTTO_CUDA_ERROR = 4,       /* recoverable CUDA error, with file:line */
  SOTTO_CUDA_FATAL = 5,       /* sticky CUDA error: the backend refuses further use */
  SOTTO_INTERNAL = 6,         /* a defect of this library */
  SOTTO_DEPENDENT_ROWS = 7    /* a BLAS on the private path whose rows depend on one another */
} sotto_status;

/* Element types a checkpoint may hold. Kernels compute in f32; sotto_gemm_bf16 also reads BF16. */
typedef enum sotto_dtype { SOTTO_F32 = 0, SOTTO_F16 = 1, SOTTO_BF16 = 2 } sotto_dtype;

/* Pointwise activations. */
typedef enum sotto_activation { SOTTO_GELU_TANH = 0, SOTTO_GELU_ERF = 1, SOTTO_SILU = 2 } sotto_activation;

/*
 * Laws the noise kernel draws from, at scale 1: standard normal; Laplace with density exp(-|z|) / 2; Laplace of random
 * scale (LMO), whose quantile function the caller tabulates.
 */
typedef enum sotto_noise { SOTTO_NOISE_GAUSSIAN = 0, SOTTO_NOISE_LAPLACE = 1, SOTTO_NOISE_LMO = 2 } sotto_noise;

/*
 * What a backend computes on, chosen when it is opened. SOTTO_PRIVATE: on records to protect. The sensitivity of a
 * clipped sum rests on a row of a product having the same bits whatever rows stand beside it, so products come from
 * the built-in GEMM, which has that by construction. A BLAS serves there only where it is named: it gets one fixed
 * number of rows a call, and each matrix only after a self-test, at its first product or rehearsal, that every place of
 * such a call gives the same bits; else the product is refused with SOTTO_DEPENDENT_ROWS. SOTTO_PUBLIC: on anything
 * else; products come from any BLAS, and their rows may depend on how many there are.
 */
typedef enum sotto_purpose { SOTTO_PRIVATE = 0, SOTTO_PUBLIC = 1 } sotto_purpose;

/* A backend: a device, its threads, its scratch memory. Calls on one backend must not overlap. */
typedef struct sotto_backend sotto_backend;

/* ---- backends ------------------------------------------------------------------------------------------------- */

/* The last error of this thread, "" if there was none. Valid until the thread's next call. */
SOTTO_API const char* sotto_last_error(void);

/*
 * Opens a backend: "cpu" (AVX-512, AVX2 or portable code, chosen at run time), "cpu-reference" (plain loops, one
 * thread) or "cuda"; "cpu:avx512", "cpu:avx2" and "cpu:portable" force one kind of code, for tests. threads: worker
 * threads of the CPU backend, 0 for one per hardware thread. blas_library: path of a shared library with cblas_sgemm
 * for the CPU backend, NULL for the built-in GEMM. cuda_library: path of libsotto_cuda.so, opened only here; NULL to
 * look beside this library. cuBLAS is found by the CUDA library: the environment variable SOTTO_CUBLAS names one, or
 * says "none"; without it a backend of purpose SOTTO_PUBLIC looks for one and SOTTO_PRIVATE takes none.
 */
SOTTO_API sotto_status sotto_backend_open(const char* name, int32_t threads, sotto_purpose purpose,
                                          const char* blas_library, const char* cuda_library, sotto_backend** out);
SOTTO_API void sotto_backend_destroy(sotto_backend* backend);

/* What really runs, as one line of text: ISA or GPU, threads, BLAS. Truncated to capacity, always terminated. */
SOTTO_API sotto_status sotto_backend_describe(sotto_backend* backend, char* text, int64_t capacity);

/* ---- memory --------------------------------------------------------------------------------------------------- */

/* bytes of zeroed device memory aligned to 64 bytes. */
SOTTO_API sotto_status sotto_alloc(sotto_backend* backend, int64_t bytes, void** out);
SOTTO_API sotto_status sotto_free(sotto_backend* backend, void* memory);
SOTTO_API sotto_status sotto_upload(sotto_backend* backend, void* device, const void* host, int64_t bytes);
SOTTO_API sotto_status sotto_download(sotto_backend* backend, void* host, const void* device, int64_t bytes);
SOTTO_API sotto_status sotto_zero(sotto_backend* backend, void* device, int64_t bytes);

/* Converts count elements of dtype at the host pointer source (any alignment) to f32 at the device pointer out. */
SOTTO_API sotto_status sotto_convert_to_f32(sotto_backend* backend, sotto_dtype dtype, int64_t count,
                                            const void* source, float* out);

/* Allocations made so far, scratch included, and the bytes now live. A planned step adds none after its first run. */
SOTTO_API sotto_status sotto_memory_stats(sotto_backend* backend, int64_t* allocations, int64_t* live_bytes);

/*
 * Plans a step before it touches data. After a call with on != 0 a rehearsal begins: calls check their arguments and
 * nothing is computed, copied or changed; what is downloaded or counted is 0, and sotto_alloc is refused. A call with
 * on = 0 ends it. On a GPU calls note how much scratch memory they need; the end allocates the most that was noted, or
 * fails with SOTTO_OUT_OF_MEMORY, and the same calls, with as many rows and units or fewer, then allocate nothing. On
 * the CPU scratch memory grows on its first run. Contents of device memory are not read, so a batch to rehearse with
 * needs shapes alone; only the matrices B of products are read, where a BLAS on the private path is tested with them.
 */
SOTTO_API sotto_status sotto_backend_rehearse(sotto_backend* backend, int32_t on);

/* How many of count floats are NaN or infinite. */
SOTTO_API sotto_status sotto_count_nonfinite(sotto_backend* backend, int64_t count, const float* x, int64_t* out);

/* ---- time ----------------------------------------------------------------------------------------------------- */

/*
 * Time on the device: start marks the place of the next call in the backend's queue, stop waits for all calls since
 * then and gives the seconds between, by two CUDA events on a GPU (about half a microsecond fine) and by the host's
 * steady clock on the CPU. One interval at a time: a second start begins anew, a stop without a start is refused.
 */
SOTTO_API sotto_status sotto_timer_start(sotto_backend* backend);
SOTTO_API sotto_status sotto_timer_stop(sotto_backend* backend, double* seconds);

/* ---- dense algebra -------------------------------------------------------------------------------------------- */

/*
 * C[M,N] = alpha * op(A)[M,K] * op(B)[K,N] + beta * C + bias, op(X) = X^T where the flag is set. bias[N] may be NULL;
 * it is added to every row. With beta = 0, C is not read. 2*M*N*K FLOPs. With trans_a unset, a row of C depends on its
 * row of A alone, bit for bit, whatever M is.
 */
SOTTO_API sotto_status sotto_gemm(sotto_backend* backend, int32_t trans_a, int32_t trans_b, int64_t m, int64_t n,
                                  int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb,
                                  float beta, float* c, int64_t ldc, const float* bias);

/*
 * C[M,N] = alpha * A'[M,K] * op(B)[K,N] + beta * C + bias with B in bfloat16, frozen weights at half the memory, and A'
 * the matrix A with each value rounded to the nearest bfloat16, ties to even; what is beyond its range becomes
 * infinite. A product of two bfloat16 values is exact in f32; sums, alpha, beta, bias and C are in f32. This is the
 * arithmetic of tensor cores. On the CPU the result has the bits of sotto_gemm on A' and the widened B. A row of C
 * depends on its row of A alone, bit for bit, whatever M is.
 */
SOTTO_API sotto_status sotto_gemm_bf16(sotto_backend* backend, int32_t trans_b, int64_t m, int64_t n, int64_t k,
                                       float alpha, const float* a, int64_t lda, const uint16_t* b, int64_t ldb,
                                       float beta, float* c, int64_t ldc, const float* bias);

/* out[i] = a[i] + b[i]; out may be a or b. */
SOTTO_API sotto_status sotto_add(sotto_backend* backend, int64_t count, const float* a, const float* b, float* out);

/* sum[c] += sum over rows of x[r][c]: the gradient of a bias. */
SOTTO_API sotto_status sotto_column_sum(sotto_backend* backend, int64_t rows, int64_t channels, const float* x,
                                        int64_t ldx, float* sum);

/* out[0] += sum of x[i]^2, in double precision, in a fixed order. out: device. */
SOTTO_API sotto_status sotto_squared_norm(sotto_backend* backend, int64_t count, const float* x, double* out);

/* ---- transformer ops ------------------------------------------------------------------------------------------ */

/*
 * out[r] = token_table[ids[r]] + position_table[positions[r]]. position_table may be NULL (then positions is not read).
 * Ids and positions must lie inside their tables: the CPU checks each before writing.
 */
SOTTO_API sotto_status sotto_embedding_forward(sotto_backend* backend, int64_t rows, int64_t channels,
                                               int64_t vocabulary, int64_t max_positions, const int32_t* ids,
                                               const int32_t* positions, const float* token_table,
                                               const float* position_table, float* out);
/* token_gradient[ids[r]] += dout[r], position_gradient[positions[r]] += dout[r]; either may be NULL. */
SOTTO_API sotto_status sotto_embedding_backward(sotto_backend* backend, int64_t rows, int64_t channels,
                                                int64_t vocabulary, int64_t max_positions, const int32_t* ids,
                                                const int32_t* positions, const float* dout, float* token_gradient,
                                                float* position_gradient);

/*
 * LayerNorm: out = (x - mean) * rstd * gamma + beta, rstd = 1/sqrt(variance + epsilon), over each row. mean[rows] and
 * rstd[rows] are kept for the backward pass.
 */
SOTTO_API sotto_status sotto_layer_norm_forward(sotto_backend* backend, int64_t rows, int64_t channels, float epsilon,
                                                const float* x, const float* gamma, const float* beta, float* out,
                                                float* mean, float* rstd);
/* dx += gradient of x (added, so that it joins a residual stream). dgamma and dbeta are added to; either may be NULL.
 */
SOTTO_API sotto_status sotto_layer_norm_backward(sotto_backend* backend, int64_t rows, int64_t channels,
                                                 const float* dout, const float* x, const float* gamma,
                                                 const float* mean, const float* rstd, float* dx, float* dgamma,
                                                 float* dbeta);

/* RMSNorm: out = x * rstd * gamma, rstd = 1/sqrt(mean of squares + epsilon). */
SOTTO_API sotto_status sotto_rms_norm_forward(sotto_backend* backend, int64_t rows, int64_t channels, float epsilon,
                                              const float* x, const float* gamma, float* out, float* rstd);
/* dx += gradient of x; dgamma is added to and may be NULL. */
SOTTO_API sotto_status sotto_rms_norm_backward(sotto_backend* backend, int64_t rows, int64_t channels,
                                               const float* dout, const float* x, const float* gamma, const float* rstd,
                                               float* dx, float* dgamma);

/*
 * Rotary embedding in place on heads of head_dim (even) channels each: pair (i, i + head_dim/2) of row r is rotated by
 * the angle whose cosine and sine stand at [positions[r]][i] of two tables [max_positions, head_dim/2]. inverse != 0
 * rotates back, which is the backward pass.
 */
SOTTO_API sotto_status sotto_rope(sotto_backend* backend, int64_t rows, int64_t heads, int64_t head_dim,
                                  int64_t max_positions, int32_t inverse, const int32_t* positions, const float* cosine,
                                  const float* sine, float* x, int64_t ldx);

/*
 * Softmax attention of B ragged sequences. Head h of query row i reads key/value head h / (heads / kv_heads). Query i
 * of a sequence with Tq queries and Tk keys stands at key position p = i + Tk - Tq (Tq <= Tk, so a cache of earlier
 * keys works). causal: keys j <= p. window > 0: keys j > p - window as well. window = 0: no window. scale multiplies
 * the dot products. log_sum_exp[heads, rows] is kept for the backward pass. No T x T matrix is stored.
 */
SOTTO_API sotto_status sotto_attention_forward(sotto_backend* backend, int64_t sequences, const int32_t* query_start,
                                               const int32_t* key_start, int64_t rows, int64_t heads, int64_t kv_heads,
                                               int64_t head_dim, int32_t causal, int64_t window, float scale,
                                               const float* q, int64_t ldq, const float* k, const float* v,
                                               int64_t ldkv, float* out, int64_t ldout, float* log_sum_exp);
/*
 * Gradients of attention where queries and keys are the same rows (training). dq, dk, dv are overwritten. out and
 * log_sum_exp are those of the forward pass. delta[heads, rows] is scratch.
 */
SOTTO_API sotto_status sotto_attention_backward(sotto_backend* backend, int64_t sequences, const int32_t* start,
                                                int64_t rows, int64_t heads, int64_t kv_heads, int64_t head_dim,
                                                int32_t causal, int64_t window, float scale, const float* q,
                                                int64_t ldq, const float* k, const float* v, int64_t ldkv,
                                                const float* out, const float* dout, int64_t ldout,
                                                const float* log_sum_exp, float* delta, float* dq, int64_t lddq,
                                                float* dk, float* dv, int64_t lddkv);

/* out[i] = f(x[i]). */
SOTTO_API sotto_status sotto_activation_forward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                                const float* x, float* out);
/* dx[i] = dout[i] * f'(x[i]); dx may be dout. */
SOTTO_API sotto_status sotto_activation_backward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                                 const float* x, const float* dout, float* dx);
/* out[i] = f(gate[i]) * up[i]. */
SOTTO_API sotto_status sotto_gated_activation_forward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                                      const float* gate, const float* up, float* out);
/* dgate[i] = dout[i] * up[i] * f'(gate[i]), dup[i] = dout[i] * f(gate[i]); either may be dout. */
SOTTO_API sotto_status sotto_gated_activation_backward(sotto_backend* backend, sotto_activation kind, int64_t count,
                                                       const float* gate, const float* up, const float* dout,
                                                       float* dgate, float* dup);

/*
 * Softmax cross-entropy in nats: row_loss[r] = log sum exp(logits[r]) - logits[r][targets[r]], 0 where targets[r] < 0
 * ("no target"). With gradient != 0 the logits are overwritten by row_weight[r] * (softmax - one-hot), 0 where there is
 * no target. row_weight may be NULL when gradient = 0.
 */
SOTTO_API sotto_status sotto_cross_entropy(sotto_backend* backend, int64_t rows, int64_t vocabulary, float* logits,
                                           int64_t ld, const int32_t* targets, const float* row_weight,
                                           int32_t gradient, float* row_loss);

/* ---- LoRA ----------------------------------------------------------------------------------------------------- */

/* u[N,R] = x[N,Cin] A[R,Cin]^T ; y[N,Cout] += scale * u B[Cout,R]^T. u is kept for the gradients. R <= 256. */
SOTTO_API sotto_status sotto_lora_forward(sotto_backend* backend, int64_t rows, int64_t in_channels,
                                          int64_t out_channels, int64_t rank, float scale, const float* x,
                                          const float* a, const float* b, float* u, float* y, int64_t ldy);
/* du[N,R] = scale * dy[N,Cout] B ; dx[N,Cin] += du A. dx may be NULL (nothing below needs it). */
SOTTO_API sotto_status sotto_lora_backward(sotto_backend* backend, int64_t rows, int64_t in_channels,
                                           int64_t out_channels, int64_t rank, float scale, const float* dy,
                                           int64_t lddy, const float* a, const float* b, float* du, float* dx);

/* ---- the private path: norms, clipping, sum, noise, step ------------------------------------------------------- */

/*
 * Squared norms of the per-sample gradients of one LoRA pair: for unit s with rows unit_start[s] .. unit_start[s+1]-1
 *     dA_s = sum_t du_t (x) x_t  [R,Cin]      dB_s = scale * sum_t dy_t (x) u_t  [Cout,R]
 *     squared_norm[s] = |dA_s|^2 + |dB_s|^2   (double; relative error below 2^-18)
 * With gradients != NULL, dA_s then dB_s is also written at gradients + s * gradient_stride; with NULL nothing of the
 * size of a gradient is stored, and squared_norm has the same bits. accumulate != 0 adds to the gradients already there
 * before taking the norm, so that a unit too long for one pass can be fed in pieces (needs gradients != NULL).
 */
SOTTO_API sotto_status sotto_per_sample_norm(sotto_backend* backend, int64_t units, const int32_t* unit_start,
                                             int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                                             const float* x, const float* u, const float* dy, int64_t lddy,
                                             const float* du, int32_t accumulate, float* gradients,
                                             int64_t gradient_stride, double* squared_norm);

/*
 * Clip factors: factor[g][s] = min(1, C_g / |gradient of unit s in group g|), or with stabilizer > 0 the normalisation
 * C_g / (|gradient of unit s in group g| + stabilizer), either rounded down so that the clipped norm is at most C_g.
 * squared_norm[pairs][U] (device). groups = 1: one flat group holding all pairs; groups = pairs: one group a pair.
 * clip_norm[groups] (host). A non-finite norm gives 0: the unit contributes nothing to that group.
 */
SOTTO_API sotto_status sotto_clip_factor(sotto_backend* backend, int64_t units, int64_t pairs, int64_t groups,
                                         const double* squared_norm, const double* clip_norm, double stabilizer,
                                         float* factor);

/*
 * sum[p] += sum over units s, factor[s] != 0, of round_to_quantum(factor[s] * gradients[s * gradient_stride + p]).
 * quantum is a power of two. Every term is a multiple of it and partial sums stay exact below 2^53 quanta, so the sum
 * does not depend on order or on how units were split into calls. One streaming pass: 4*U*P + 16*P bytes.
 */
SOTTO_API sotto_status sotto_clipped_sum(sotto_backend* backend, int64_t units, int64_t parameters,
                                         const float* gradients, int64_t gradient_stride, const float* factor,
                                         double quantum, double* sum);

/*
 * sum[p] += sum over units s, factor[s] != 0, of round_to_quantum(factor[s] * g_s[p]), g_s the gradient of unit s that
 * sotto_per_sample_norm would store for the same pair, dA_s then dB_s: the same bits as storing it and calling
 * sotto_clipped_sum, with nothing of the size of a unit's gradient in memory. Each g_s is computed anew from the rows,
 * as clipping pair by pair allows: factor[s] needs the norms of this pair alone. sum: [R * (Cin + Cout)].
 */
SOTTO_API sotto_status sotto_clip_and_sum_pair(sotto_backend* backend, int64_t units, const int32_t* unit_start,
                                               int64_t in_channels, int64_t out_channels, int64_t rank, float scale,
                                               const float* x, const float* u, const float* dy, int64_t lddy,
                                               const float* du, const float* factor, double quantum, double* sum);

/*
 * The release: out[p] = float((sum[p] + quantum * rint(scale * Z / quantum)) * multiplier), Z drawn from the law in
 * double precision out of 64-bit uniforms of ChaCha20 keyed by key[32] (host). The draw of parameter p is addressed by
 * (key, law, step, tensor, first_index + p), 0 <= tensor < 2^28, 0 <= step < 2^32: every backend gives the same bits.
 * scale multiplies the law: it is the stddev for the Gaussian and E|noise| for Laplace.
 *
 * LMO reads a table: |Z| = Q(w), w a standard exponential, Q(w) the x with P(|Z| > x) = exp(-w). quantiles (device) is
 * [segments, 8]: row i holds, lowest power first, the coefficients of a polynomial in x = r w - i, |x| <= 1/2, with
 * r = (segments - 1) / (64 ln 2); 2 <= segments <= 2^20; w never exceeds 64 ln 2. largest is the table's value there,
 * the largest |Z|. It decides, without reading device memory, whether the law's tail fits the grid: scale * largest
 * must be at most 2^51 quanta, here and for the other laws, or the call is refused. The other laws ignore quantiles,
 * segments and largest.
 */
SOTTO_API sotto_status sotto_add_noise(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale,
                                       double quantum, const uint8_t* key, int64_t step, int32_t tensor,
                                       int64_t first_index, const double* quantiles, int64_t segments, double largest,
                                       const double* sum, double multiplier, float* out);

/* velocity = momentum * velocity + gradient ; weights -= rate * (velocity + weight_decay * weights). */
SOTTO_API sotto_status sotto_sgd_step(sotto_backend* backend, int64_t parameters, float rate, float momentum,
                                      float weight_decay, const float* gradient, float* velocity, float* weights);

/* AdamW (Loshchilov & Hutter 2019), bias-corrected; step counts from 1. */
SOTTO_API sotto_status sotto_adamw_step(sotto_backend* backend, int64_t parameters, float rate, float beta1,
                                        float beta2, float epsilon, float weight_decay, int64_t step,
                                        const float* gradient, float* first_moment, float* second_moment,
                                        float* weights);

/*
 * The release and a step with it in one pass: the same bits as sotto_add_noise followed by sotto_sgd_step or
 * sotto_adamw_step on what it released. The noise has the arguments, and the refusals, of sotto_add_noise; update is
 * the step of AdamW, from 1. The released gradient is also written to released, unless that is NULL. Bytes a parameter:
 * 8 for the sum, 16 (SGD) or 24 (AdamW) for the state, 4 for released.
 */
SOTTO_API sotto_status sotto_noisy_sgd_step(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale,
                                            double quantum, const uint8_t* key, int64_t step, int32_t tensor,
                                            int64_t first_index, const double* quantiles, int64_t segments,
                                            double largest, const double* sum, double multiplier, float* released,
                                            float rate, float momentum, float weight_decay, float* velocity,
                                            float* weights);
SOTTO_API sotto_status sotto_noisy_adamw_step(sotto_backend* backend, sotto_noise law, int64_t parameters, double scale,
                                              double quantum, const uint8_t* key, int64_t step, int32_t tensor,
                                              int64_t first_index, const double* quantiles, int64_t segments,
                                              double largest, const double* sum, double multiplier, float* released,
                                              float rate, float beta1, float beta2, float epsilon, float weight_decay,
                                              int64_t update, float* first_moment, float* second_moment,
                                              float* weights);

#ifdef __cplusplus
}
#endif
#endif
