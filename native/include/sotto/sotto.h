/*
 * sotto.h: the only ABI of Sotto's native kernels: backends, their memory and their clock here, what they compute in
 * ops.h. Plain C; JavaCPP parses both.
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

/* Raised with every change of the ABI that the size of a struct does not show: of an order, a meaning, a function. */
#define SOTTO_ABI_VERSION 2

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

/*
 * Element types a checkpoint may hold. Kernels compute in f32; sotto_gemm_bf16 also reads BF16. From SOTTO_Q4_0 on they
 * are ggml's quantised blocks of 32 values, or of 256 where the name has a K or XS.
 */
typedef enum sotto_dtype {
  SOTTO_F32 = 0,
  SOTTO_F16 = 1,
  SOTTO_BF16 = 2,
  SOTTO_Q4_0 = 3,
  SOTTO_Q4_1 = 4,
  SOTTO_Q5_0 = 5,
  SOTTO_Q5_1 = 6,
  SOTTO_Q8_0 = 7,
  SOTTO_Q2_K = 8,
  SOTTO_Q3_K = 9,
  SOTTO_Q4_K = 10,
  SOTTO_Q5_K = 11,
  SOTTO_Q6_K = 12,
  SOTTO_IQ4_NL = 13,
  SOTTO_IQ4_XS = 14
} sotto_dtype;

/* Pointwise activations. */
typedef enum sotto_activation {
  SOTTO_GELU_TANH = 0,
  SOTTO_GELU_ERF = 1,
  SOTTO_SILU = 2,
  SOTTO_RELU = 3,
  SOTTO_TANH = 4
} sotto_activation;

/* How one vector is made of a sequence's rows. */
typedef enum sotto_pooling { SOTTO_POOL_MEAN = 0, SOTTO_POOL_FIRST = 1, SOTTO_POOL_LAST = 2 } sotto_pooling;

/*
 * Laws the noise kernel draws from, at scale 1: standard normal; Laplace with density exp(-|z|) / 2; Laplace of random
 * scale (LMO), whose quantile function the caller tabulates.
 */
typedef enum sotto_noise_law { SOTTO_NOISE_GAUSSIAN = 0, SOTTO_NOISE_LAPLACE = 1, SOTTO_NOISE_LMO = 2 } sotto_noise_law;

/*
 * What a backend computes on, chosen when it is opened. SOTTO_PRIVATE: on records to protect. The sensitivity of a
 * clipped sum rests on a row of a product having the same bits whatever rows stand beside it, so products come from
 * the built-in GEMM, which has that by construction. A BLAS serves there only where it is named: it gets one fixed
 * number of rows a call, and each matrix only after a self-test, at its first product or rehearsal, that every place of
 * such a call gives the same bits; else the product is refused with SOTTO_DEPENDENT_ROWS. SOTTO_PUBLIC: on anything
 * else; products come from any BLAS, and their rows may depend on how many there are.
 */
typedef enum sotto_purpose { SOTTO_PRIVATE = 0, SOTTO_PUBLIC = 1 } sotto_purpose;

/* Where a backend's memory and arithmetic are. */
typedef enum sotto_device { SOTTO_CPU = 0, SOTTO_GPU = 1 } sotto_device;

/* What a backend is, whatever its name. */
typedef struct sotto_traits {
  sotto_device device;
  int32_t shares_host_memory; /* not 0: any host pointer will do as a device pointer */
  int32_t has_blas;           /* not 0: products may come from a foreign library */
  sotto_dtype precision;      /* of frozen matrices where nobody says otherwise: SOTTO_F32 or SOTTO_BF16 */
  const char* isa;            /* "avx512_bf16", "avx2", "reference", "sm_90" ...; lives as long as the backend */
} sotto_traits;

/* A backend: a device, its threads, its scratch memory. Calls on one backend must not overlap. */
typedef struct sotto_backend sotto_backend;

/* ---- backends ------------------------------------------------------------------------------------------------- */

/* SOTTO_ABI_VERSION of the library that is loaded. */
SOTTO_API int32_t sotto_abi_version(void);

/* The last error of this thread, "" if there was none. Valid until the thread's next call. */
SOTTO_API const char* sotto_last_error(void);

/*
 * Opens a backend: "cpu" (the fastest of avx512_bf16, avx512, avx2 and portable code that runs here, or what the
 * environment variable SOTTO_ISA names of these), "cpu-reference" (plain loops, one thread) or "cuda"; "cpu:avx512" and
 * so on force one kind of code, whatever SOTTO_ISA says. SOTTO_UNSUPPORTED where the processor lacks it. threads:
 * worker threads of the CPU backend, 0 for one per hardware thread. blas_library: path of a shared library with
 * cblas_sgemm for the CPU backend, NULL for the built-in GEMM. cuda_library: path of libsotto_cuda.so, opened only
 * here, and refused with SOTTO_UNSUPPORTED where it was built for another ABI; NULL to look beside this library. cuBLAS
 * is found by the CUDA library: the environment variable SOTTO_CUBLAS names one, or says "none"; without it a backend
 * of purpose SOTTO_PUBLIC looks for one and SOTTO_PRIVATE takes none.
 */
SOTTO_API sotto_status sotto_backend_open(const char* name, int32_t threads, sotto_purpose purpose,
                                          const char* blas_library, const char* cuda_library, sotto_backend** out);
SOTTO_API void sotto_backend_destroy(sotto_backend* backend);

/* What really runs, as one line of text: ISA or GPU, threads, BLAS. Truncated to capacity, always terminated. */
SOTTO_API sotto_status sotto_backend_describe(sotto_backend* backend, char* text, int64_t capacity);

SOTTO_API sotto_status sotto_backend_traits(sotto_backend* backend, sotto_traits* traits);

/* ---- memory --------------------------------------------------------------------------------------------------- */

/* bytes of zeroed device memory aligned to 64 bytes. */
SOTTO_API sotto_status sotto_alloc(sotto_backend* backend, int64_t bytes, void** out);
SOTTO_API sotto_status sotto_free(sotto_backend* backend, void* memory);
SOTTO_API sotto_status sotto_upload(sotto_backend* backend, void* device, const void* host, int64_t bytes);
SOTTO_API sotto_status sotto_download(sotto_backend* backend, void* host, const void* device, int64_t bytes);
SOTTO_API sotto_status sotto_zero(sotto_backend* backend, void* device, int64_t bytes);

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

/* ---- time ----------------------------------------------------------------------------------------------------- */

/*
 * Time on the device: start marks the place of the next call in the backend's queue, stop waits for all calls since
 * then and gives the seconds between, by two CUDA events on a GPU (about half a microsecond fine) and by the host's
 * steady clock on the CPU. One interval at a time: a second start begins anew, a stop without a start is refused.
 */
SOTTO_API sotto_status sotto_timer_start(sotto_backend* backend);
SOTTO_API sotto_status sotto_timer_stop(sotto_backend* backend, double* seconds);

#ifdef __cplusplus
}
#endif
#endif
