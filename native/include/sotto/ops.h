/*
 * ops.h: the operations of a backend, each once in the list SOTTO_EACH_OP. Plain C; JavaCPP parses this file.
 *
 * The line X(name) stands for a request, the struct sotto_name_request with all that a call of the op is given, and for
 * a function, sotto_status sotto_name(sotto_backend*, const sotto_name_request*). The table of kernels, the ABI's
 * functions, the kernels' declarations for each ISA, the reference and CUDA, the handshake with a plugin and the
 * contract tests are all made from the list. A request is read before its call returns; the conventions of sotto.h hold
 * for what its pointers point to.
 */
#ifndef SOTTO_OPS_H
#define SOTTO_OPS_H

#include "sotto/sotto.h"
#include "sotto/transformer_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_EACH_OP(X)       \
  X(convert_to_f32)            \
  X(count_nonfinite)           \
  X(gemm)                      \
  X(gemm_bf16)                 \
  X(add)                       \
  X(column_sum)                \
  X(squared_norm)              \
  X(embedding_forward)         \
  X(embedding_backward)        \
  X(layer_norm_forward)        \
  X(layer_norm_backward)       \
  X(rms_norm_forward)          \
  X(rms_norm_backward)         \
  X(rope)                      \
  X(attention_forward)         \
  X(attention_backward)        \
  X(activation_forward)        \
  X(activation_backward)       \
  X(gated_activation_forward)  \
  X(gated_activation_backward) \
  X(cross_entropy)             \
  X(squared_error)             \
  X(pool_forward)              \
  X(pool_backward)             \
  X(lora_forward)              \
  X(lora_backward)             \
  X(per_sample_norm)           \
  X(clip_factor)               \
  X(clipped_sum)               \
  X(clip_and_sum_pair)         \
  X(add_noise)                 \
  X(sgd_step)                  \
  X(adamw_step)                \
  X(noisy_sgd_step)            \
  X(noisy_adamw_step)

/* ---- dense algebra -------------------------------------------------------------------------------------------- */

/*
 * Converts count elements of dtype at the host pointer source (any alignment) to f32 at the device pointer out. Of
 * quantised blocks count is a multiple of a block's values.
 */
typedef struct sotto_convert_to_f32_request {
  sotto_dtype dtype;
  int64_t count;
  const void* source;
  float* out;
} sotto_convert_to_f32_request;

/* found[0] = how many of count floats are NaN or infinite. found: host. */
typedef struct sotto_count_nonfinite_request {
  int64_t count;
  const float* x;
  int64_t* found;
} sotto_count_nonfinite_request;

/*
 * C[M,N] = alpha * op(A)[M,K] * op(B)[K,N] + beta * C + bias, op(X) = X^T where the flag is set. bias[N] may be NULL;
 * it is added to every row. With beta = 0, C is not read. 2*M*N*K FLOPs. With trans_a unset, a row of C depends on its
 * row of A alone, bit for bit, whatever M is.
 */
typedef struct sotto_gemm_request {
  int32_t trans_a, trans_b;
  int64_t m, n, k;
  float alpha;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
  float beta;
  float* c;
  int64_t ldc;
  const float* bias;
} sotto_gemm_request;

/*
 * C[M,N] = alpha * A'[M,K] * op(B)[K,N] + beta * C + bias with B in bfloat16, frozen weights at half the memory, and A'
 * the matrix A with each value rounded to the nearest bfloat16, ties to even; what is beyond its range becomes
 * infinite. A product of two bfloat16 values is exact in f32; sums, alpha, beta, bias and C are in f32. This is the
 * arithmetic of tensor cores. On the CPU the result has the bits of sotto_gemm on A' and the widened B, but with
 * AVX512_BF16 (cpu/gemm_avx512_bf16.cpp), which adds up in another order and takes what is below 2^-126 for zero. A row
 * of C depends on its row of A alone, bit for bit, whatever M is.
 */
typedef struct sotto_gemm_bf16_request {
  int32_t trans_b;
  int64_t m, n, k;
  float alpha;
  const float* a;
  int64_t lda;
  const uint16_t* b;
  int64_t ldb;
  float beta;
  float* c;
  int64_t ldc;
  const float* bias;
} sotto_gemm_bf16_request;

/* out[i] = a[i] + b[i]; out may be a or b. */
typedef struct sotto_add_request {
  int64_t count;
  const float *a, *b;
  float* out;
} sotto_add_request;

/* sum[c] += sum over rows of x[r][c]: the gradient of a bias. */
typedef struct sotto_column_sum_request {
  int64_t rows, channels;
  const float* x;
  int64_t ldx;
  float* sum;
} sotto_column_sum_request;

/* out[0] += sum of x[i]^2, in double precision, in a fixed order. out: device. */
typedef struct sotto_squared_norm_request {
  int64_t count;
  const float* x;
  double* out;
} sotto_squared_norm_request;

/* ---- the private path: norms, clipping, sum, noise, step ------------------------------------------------------- */

/*
 * The factors of the per-sample gradients of one LoRA pair: unit s has the rows unit_start[s] .. unit_start[s+1]-1 and
 * the gradient
 *     dA_s = sum_t du_t (x) x_t  [R,Cin]      dB_s = scale * sum_t dy_t (x) u_t  [Cout,R]
 */
typedef struct sotto_pair_factors {
  int64_t units;
  const int32_t* unit_start;
  sotto_lora_shape shape;
  const float *x, *u, *dy;
  int64_t lddy;
  const float* du;
} sotto_pair_factors;
/*
 * Squared norms of the gradients: squared_norm[s] = |dA_s|^2 + |dB_s|^2 (double; relative error below 2^-18). With
 * gradients != NULL, dA_s then dB_s is also written at gradients + s * gradient_stride; with NULL nothing of the size
 * of a gradient is stored, and squared_norm has the same bits. accumulate != 0 adds to the gradients already there
 * before taking the norm, so that a unit too long for one pass can be fed in pieces (needs gradients != NULL).
 */
typedef struct sotto_per_sample_norm_request {
  sotto_pair_factors factors;
  int32_t accumulate;
  float* gradients;
  int64_t gradient_stride;
  double* squared_norm;
} sotto_per_sample_norm_request;

/*
 * Clip factors: factor[g][s] = min(1, C_g / |gradient of unit s in group g|), or with stabilizer > 0 the normalisation
 * C_g / (|gradient of unit s in group g| + stabilizer), either rounded down so that the clipped norm is at most C_g.
 * squared_norm[pairs][U] (device). groups = 1: one flat group holding all pairs; groups = pairs: one group a pair.
 * clip_norm[groups] (host). A non-finite norm gives 0: the unit contributes nothing to that group.
 */
typedef struct sotto_clip_factor_request {
  int64_t units, pairs, groups;
  const double *squared_norm, *clip_norm;
  double stabilizer;
  float* factor;
} sotto_clip_factor_request;

/*
 * sum[p] += sum over units s, factor[s] != 0, of round_to_quantum(factor[s] * gradients[s * gradient_stride + p]).
 * quantum is a power of two. Every term is a multiple of it and partial sums stay exact below 2^53 quanta, so the sum
 * does not depend on order or on how units were split into calls. One streaming pass: 4*U*P + 16*P bytes.
 */
typedef struct sotto_clipped_sum_request {
  int64_t units, parameters;
  const float* gradients;
  int64_t gradient_stride;
  const float* factor;
  double quantum;
  double* sum;
} sotto_clipped_sum_request;

/*
 * sum[p] += sum over units s, factor[s] != 0, of round_to_quantum(factor[s] * g_s[p]), g_s the gradient of unit s that
 * sotto_per_sample_norm would store for the same pair, dA_s then dB_s: the same bits as storing it and calling
 * sotto_clipped_sum, with nothing of the size of a unit's gradient in memory. Each g_s is computed anew from the rows,
 * as clipping pair by pair allows: factor[s] needs the norms of this pair alone. sum: [R * (Cin + Cout)].
 */
typedef struct sotto_clip_and_sum_pair_request {
  sotto_pair_factors factors;
  const float* factor;
  double quantum;
  double* sum;
} sotto_clip_and_sum_pair_request;

/*
 * A release: (sum[p] + quantum * rint(scale * Z / quantum)) * multiplier, Z drawn from the law in double precision out
 * of 64-bit uniforms of ChaCha20 keyed by key[32] (host). The draw of parameter p is addressed by (key, law, step,
 * tensor, first_index + p), 0 <= tensor < 2^28, 0 <= step < 2^32: every backend gives the same bits. scale multiplies
 * the law: it is the stddev for the Gaussian and E|noise| for Laplace.
 *
 * LMO reads a table: |Z| = Q(w), w a standard exponential, Q(w) the x with P(|Z| > x) = exp(-w). quantiles (device) is
 * [segments, 8]: row i holds, lowest power first, the coefficients of a polynomial in x = r w - i, |x| <= 1/2, with
 * r = (segments - 1) / (64 ln 2); 2 <= segments <= 2^20; w never exceeds 64 ln 2. largest is the table's value there,
 * the largest |Z|. It decides, without reading device memory, whether the law's tail fits the grid: scale * largest
 * must be at most 2^51 quanta, here and for the other laws, or the call is refused. The other laws ignore quantiles,
 * segments and largest.
 */
typedef struct sotto_noise {
  sotto_noise_law law;
  int64_t parameters;
  double scale, quantum;
  const uint8_t* key;
  int64_t step;
  int32_t tensor;
  int64_t first_index;
  const double* quantiles;
  int64_t segments;
  double largest;
  const double* sum;
  double multiplier;
} sotto_noise;
/* out[p] = the release, rounded to float. */
typedef struct sotto_add_noise_request {
  sotto_noise noise;
  float* out;
} sotto_add_noise_request;

/* velocity = momentum * velocity + gradient ; weights -= rate * (velocity + weight_decay * weights). */
typedef struct sotto_sgd {
  float rate, momentum, weight_decay;
  float *velocity, *weights;
} sotto_sgd;
typedef struct sotto_sgd_step_request {
  int64_t parameters;
  const float* gradient;
  sotto_sgd update;
} sotto_sgd_step_request;

/* AdamW (Loshchilov & Hutter 2019), bias-corrected; step counts from 1. */
typedef struct sotto_adamw {
  float rate, beta1, beta2, epsilon, weight_decay;
  int64_t step;
  float *first_moment, *second_moment, *weights;
} sotto_adamw;
typedef struct sotto_adamw_step_request {
  int64_t parameters;
  const float* gradient;
  sotto_adamw update;
} sotto_adamw_step_request;

/*
 * The release and a step with it in one pass: the same bits, and the same refusals, as sotto_add_noise followed by
 * sotto_sgd_step or sotto_adamw_step on what it released. The released gradient is also written to released, unless
 * that is NULL. Bytes a parameter: 8 for the sum, 16 (SGD) or 24 (AdamW) for the state, 4 for released.
 */
typedef struct sotto_noisy_sgd_step_request {
  sotto_noise noise;
  float* released;
  sotto_sgd update;
} sotto_noisy_sgd_step_request;
typedef struct sotto_noisy_adamw_step_request {
  sotto_noise noise;
  float* released;
  sotto_adamw update;
} sotto_noisy_adamw_step_request;

#define SOTTO_OP_FUNCTION(op) \
  SOTTO_API sotto_status sotto_##op(sotto_backend* backend, const sotto_##op##_request* request);
SOTTO_EACH_OP(SOTTO_OP_FUNCTION)

#ifdef __cplusplus
}
#endif
#endif
