/*
 * transformer_ops.h: the requests of the transformer's ops and of LoRA, for ops.h, which lists them. Plain C; JavaCPP
 * parses this file.
 */
#ifndef SOTTO_TRANSFORMER_OPS_H
#define SOTTO_TRANSFORMER_OPS_H

#include "sotto/sotto.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * out[r] = scale * token_table[ids[r]] + position_table[positions[r]]. position_table may be NULL (then positions is
 * not read). Ids and positions must lie inside their tables: the CPU checks each before writing. scale is positive: 1,
 * or what a model multiplies its token embeddings by (Gemma: sqrt(channels)).
 */
typedef struct sotto_embedding_forward_request {
  int64_t rows, channels, vocabulary, max_positions;
  float scale;
  const int32_t *ids, *positions;
  const float *token_table, *position_table;
  float *out;
} sotto_embedding_forward_request;
/* token_gradient[ids[r]] += scale * dout[r], position_gradient[positions[r]] += dout[r]; either may be NULL. */
typedef struct sotto_embedding_backward_request {
  int64_t rows, channels, vocabulary, max_positions;
  float scale;
  const int32_t *ids, *positions;
  const float *dout;
  float *token_gradient, *position_gradient;
} sotto_embedding_backward_request;

/*
 * LayerNorm: out = (x - mean) * rstd * gamma + beta, rstd = 1/sqrt(variance + epsilon), over each row. mean[rows] and
 * rstd[rows] are kept for the backward pass.
 */
typedef struct sotto_layer_norm_forward_request {
  int64_t rows, channels;
  float epsilon;
  const float *x, *gamma, *beta;
  float *out, *mean, *rstd;
} sotto_layer_norm_forward_request;
/* dx += gradient of x (it joins a residual stream). dgamma and dbeta are added to; either may be NULL. */
typedef struct sotto_layer_norm_backward_request {
  int64_t rows, channels;
  const float *dout, *x, *gamma, *mean, *rstd;
  float *dx, *dgamma, *dbeta;
} sotto_layer_norm_backward_request;

/*
 * RMSNorm: out = x * rstd * gamma, rstd = 1/sqrt(mean of squares + epsilon), over each head of each row: a row of x and
 * of out holds `heads` groups of `channels` floats side by side, each normalised by itself with the same
 * gamma[channels]. heads = 1 normalises rows. rstd[rows, heads] is kept for the backward pass. Floats of a row beyond
 * its heads are neither read nor written.
 */
typedef struct sotto_rms_norm_forward_request {
  int64_t rows, heads, channels;
  float epsilon;
  const float *x;
  int64_t ldx;
  const float *gamma;
  float *out;
  int64_t ldout;
  float *rstd;
} sotto_rms_norm_forward_request;
/* dx += gradient of x; dgamma is added to, over the heads of a row too, and may be NULL. */
typedef struct sotto_rms_norm_backward_request {
  int64_t rows, heads, channels;
  const float *dout;
  int64_t lddout;
  const float *x;
  int64_t ldx;
  const float *gamma, *rstd;
  float *dx;
  int64_t lddx;
  float *dgamma;
} sotto_rms_norm_backward_request;

/*
 * Rotary embedding in place. Head h of row r begins at x[r * ldx + h * head_stride]; of its channels the first
 * rotary_dim (even, at most head_stride) turn and the others stay: pair (i, i + rotary_dim/2) is rotated by the angle
 * whose cosine and sine stand at [positions[r]][i] of two tables [max_positions, rotary_dim/2]. inverse != 0 rotates
 * back, which is the backward pass.
 */
typedef struct sotto_rope_request {
  int64_t rows, heads, rotary_dim, head_stride, max_positions;
  int32_t inverse;
  const int32_t *positions;
  const float *cosine, *sine;
  float *x;
  int64_t ldx;
} sotto_rope_request;

/*
 * Softmax attention of B ragged sequences. Head h of query row i reads key/value head h / (heads / kv_heads). Query i
 * of a sequence with Tq queries and Tk keys stands at key position p = i + Tk - Tq (Tq <= Tk, so a cache of earlier
 * keys works). causal: keys j <= p. window > 0: keys j > p - window as well. window = 0: no window. scale multiplies
 * the dot products. cap > 0: a scaled product s counts as cap * tanh(s / cap), before the mask (Gemma 2); cap = 0: as
 * it is. Heads of q, k, v and of their gradients begin head_stride >= head_dim floats apart, those of out and dout
 * head_dim: with queries, keys and values interleaved by head, head_stride is 3 * head_dim (GPT-NeoX).
 */
typedef struct sotto_attention_shape {
  int64_t heads, kv_heads, head_dim, head_stride;
  int32_t causal;
  int64_t window;
  float scale, cap;
} sotto_attention_shape;
/* log_sum_exp[heads, rows] is kept for the backward pass. No T x T matrix is stored. */
typedef struct sotto_attention_forward_request {
  int64_t sequences;
  const int32_t *query_start, *key_start;
  int64_t rows;
  sotto_attention_shape shape;
  const float *q;
  int64_t ldq;
  const float *k, *v;
  int64_t ldkv;
  float *out;
  int64_t ldout;
  float *log_sum_exp;
} sotto_attention_forward_request;
/*
 * Gradients of attention where queries and keys are the same rows (training). dq, dk, dv are overwritten where their
 * heads are, and left alone between them. out and log_sum_exp are those of the forward pass. delta[heads, rows] is
 * scratch.
 */
typedef struct sotto_attention_backward_request {
  int64_t sequences;
  const int32_t *start;
  int64_t rows;
  sotto_attention_shape shape;
  const float *q;
  int64_t ldq;
  const float *k, *v;
  int64_t ldkv;
  const float *out, *dout;
  int64_t ldout;
  const float *log_sum_exp;
  float *delta, *dq;
  int64_t lddq;
  float *dk, *dv;
  int64_t lddkv;
} sotto_attention_backward_request;

/* out[i] = f(x[i]). */
typedef struct sotto_activation_forward_request {
  sotto_activation kind;
  int64_t count;
  const float *x;
  float *out;
} sotto_activation_forward_request;
/* dx[i] = dout[i] * f'(x[i]); dx may be dout. */
typedef struct sotto_activation_backward_request {
  sotto_activation kind;
  int64_t count;
  const float *x, *dout;
  float *dx;
} sotto_activation_backward_request;
/*
 * out[r][c] = f(gate[r][c]) * up[r][c]. gate and up have one leading dimension, so that they may stand side by side in
 * a row; out is [rows, channels] without gaps.
 */
typedef struct sotto_gated_activation_forward_request {
  sotto_activation kind;
  int64_t rows, channels;
  const float *gate, *up;
  int64_t ld;
  float *out;
} sotto_gated_activation_forward_request;
/*
 * dgate = dout * up * f'(gate), dup = dout * f(gate), both of leading dimension ldd; dout is [rows, channels] without
 * gaps. Either may be dout where ldd = channels.
 */
typedef struct sotto_gated_activation_backward_request {
  sotto_activation kind;
  int64_t rows, channels;
  const float *gate, *up;
  int64_t ld;
  const float *dout;
  float *dgate, *dup;
  int64_t ldd;
} sotto_gated_activation_backward_request;

/*
 * Softmax cross-entropy in nats: row_loss[r] = log sum exp(logits[r]) - logits[r][targets[r]], 0 where targets[r] < 0
 * ("no target"). With gradient != 0 the logits are overwritten by row_weight[r] * (softmax - one-hot), 0 where there is
 * no target. row_weight may be NULL when gradient = 0. cap > 0: cap * tanh(logit / cap) stands for each logit in these
 * formulas (Gemma 2), and the gradient is that of the logit as it came; cap = 0: none.
 */
typedef struct sotto_cross_entropy_request {
  int64_t rows, vocabulary;
  float cap;
  float *logits;
  int64_t ld;
  const int32_t *targets;
  const float *row_weight;
  int32_t gradient;
  float *row_loss;
} sotto_cross_entropy_request;

/*
 * Squared error of one logit a row, logits[r * ld]: row_loss[r] = (logit - targets[r])^2. With gradient != 0 the logit
 * is overwritten by row_weight[r] * 2 * (logit - targets[r]); row_weight may be NULL otherwise. A NaN stays in its row.
 */
typedef struct sotto_squared_error_request {
  int64_t rows;
  float *logits;
  int64_t ld;
  const float *targets, *row_weight;
  int32_t gradient;
  float *row_loss;
} sotto_squared_error_request;

/*
 * One vector a sequence of a ragged batch: out[s] = the mean of the rows x[start[s]] .. x[start[s+1] - 1], their first
 * or their last; zeros where there is none. x: [rows, channels], out: [sequences, channels], start[sequences] = rows.
 */
typedef struct sotto_pool_forward_request {
  sotto_pooling kind;
  int64_t sequences, rows, channels;
  const int32_t *start;
  const float *x;
  float *out;
} sotto_pool_forward_request;
/* dx[rows, channels] is overwritten, by zeros where nothing flows. */
typedef struct sotto_pool_backward_request {
  sotto_pooling kind;
  int64_t sequences, rows, channels;
  const int32_t *start;
  const float *dout;
  float *dx;
} sotto_pool_backward_request;

/* ---- LoRA ----------------------------------------------------------------------------------------------------- */

/*
 * One pair: A[R,Cin], B[Cout,R], y += scale * (x A^T) B^T. 1 <= R <= 256; the ops on a pair's gradients take R up to
 * 2^20, so that a dense layer W[K,C] can be an A of rank K with no B (Cout = 0), and B alone can be trained beside a
 * frozen A (Cin = 0: x and du are not read).
 */
typedef struct sotto_lora_shape {
  int64_t in_channels, out_channels, rank;
  float scale;
} sotto_lora_shape;
/* u[N,R] = x[N,Cin] A^T; y[N,Cout] += scale * u B^T. u is kept for the gradients. */
typedef struct sotto_lora_forward_request {
  int64_t rows;
  sotto_lora_shape shape;
  const float *x, *a, *b;
  float *u, *y;
  int64_t ldy;
} sotto_lora_forward_request;
/* du[N,R] = scale * dy[N,Cout] B; dx[N,Cin] += du A. dx may be NULL (nothing below needs it). */
typedef struct sotto_lora_backward_request {
  int64_t rows;
  sotto_lora_shape shape;
  const float *dy;
  int64_t lddy;
  const float *a, *b;
  float *du, *dx;
} sotto_lora_backward_request;

#ifdef __cplusplus
}
#endif
#endif
