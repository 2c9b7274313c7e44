// The release of a private sum and an optimizer's step with it, in one pass over the parameters.
//
// What it computes. g = the release of add_noise.cu, then the update of optimizer.cu with g, the same arithmetic from
// the same headers and hence the same bits. g is stored only if somebody else wants it, say for its norm.
//
// Which bytes it moves. 8 a parameter for the sum, 16 for SGD's state (velocity and weight, in and out) or 24 for
// AdamW's; 4 more where the release is stored. Apart, the two ops would write and read g as well: 8 bytes more.
//
// Why this shape. As in add_noise.cu a thread takes the eight parameters of one ChaCha20 block, its state in
// registers. The state vectors are taken four parameters at a time, 16 bytes an access: the address of parameter p is
// that of index first_index + p in the whole vector, and a block begins at a multiple of eight indices, so slices of an
// aligned vector are aligned at every quad however they begin. Quads that the call holds only in part go one by one.
// The loads of a quad's state do not depend on its draws and are issued before them.
//
// How close to the limit. About 120 integer and 30 double operations a parameter (add_noise.cu), near 1e11 parameters a
// second on an H100; at 32 bytes a parameter that is 3.2 TB/s, just below what its memory delivers: with AdamW both
// limits meet, and the draws come almost free. Estimates; nothing has been measured yet.
#include <cstdint>

#include "check.cuh"
#include "noise.cuh"
#include "ops.h"
#include "optimizer_step.cuh"

namespace sotto::cuda {
namespace {

// The vectors that a step updates, its weights last.
template <int kVectors>
struct State {
  float* at[kVectors];
};

template <sotto_noise_law kLaw, typename Step, int kVectors>
__global__ void __launch_bounds__(kNoiseThreads)
    noisy_step_kernel(const Release release, float* __restrict__ stored, const State<kVectors> state, bool aligned,
                      const Step step) {
  uint32_t word[16];
  const int64_t p0 = key_stream(release, word);
  if (p0 >= release.parameters) return;
#pragma unroll
  for (int quad = 0; quad < kParametersPerBlock / 4; ++quad) {
    const int64_t p = p0 + 4 * quad;
    const bool whole = aligned && p >= 0 && p + 4 <= release.parameters;
    float in[4][kVectors + 1] = {};
    float out[4][kVectors];
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      if (whole) {
        const float4 x = *reinterpret_cast<const float4*>(state.at[v] + p);
        in[0][v + 1] = x.x;
        in[1][v + 1] = x.y;
        in[2][v + 1] = x.z;
        in[3][v + 1] = x.w;
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          if (p + i >= 0 && p + i < release.parameters) in[i][v + 1] = state.at[v][p + i];
        }
      }
    }
    double z[4];
    draw_pair<kLaw>(release, word + 8 * quad, z);
    draw_pair<kLaw>(release, word + 8 * quad + 4, z + 2);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (p + i < 0 || p + i >= release.parameters) continue;
      in[i][0] = released(release, p + i, z[i]);
      if (stored != nullptr) stored[p + i] = in[i][0];
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) step(in[i], out[i]);
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      if (whole) {
        *reinterpret_cast<float4*>(state.at[v] + p) = make_float4(out[0][v], out[1][v], out[2][v], out[3][v]);
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          if (p + i >= 0 && p + i < release.parameters) state.at[v][p + i] = out[i][v];
        }
      }
    }
  }
}

template <int kVectors, typename Step>
void launch(sotto_noise_law law, const Release& release, float* stored, const State<kVectors>& state,
            const Step& step) {
  if (release.parameters == 0) return;
  bool aligned = true;
  for (const float* at : state.at) {
    const uint64_t first = reinterpret_cast<uintptr_t>(at) - release.first_index * sizeof(float);  // of index 0, mod 16
    aligned = aligned && first % 16 == 0;
  }
  const unsigned grid = noise_grid(release);
  if (law == SOTTO_NOISE_GAUSSIAN) {
    SOTTO_LAUNCH((noisy_step_kernel<SOTTO_NOISE_GAUSSIAN, Step, kVectors>), grid, kNoiseThreads, 0, nullptr, release,
                 stored, state, aligned, step);
  } else if (law == SOTTO_NOISE_LAPLACE) {
    SOTTO_LAUNCH((noisy_step_kernel<SOTTO_NOISE_LAPLACE, Step, kVectors>), grid, kNoiseThreads, 0, nullptr, release,
                 stored, state, aligned, step);
  } else {
    SOTTO_LAUNCH((noisy_step_kernel<SOTTO_NOISE_LMO, Step, kVectors>), grid, kNoiseThreads, 0, nullptr, release, stored,
                 state, aligned, step);
  }
  SOTTO_CUDA_CHECK_LAUNCH();
}

}  // namespace

void noisy_sgd_step(Device&, const sotto_noisy_sgd_step_request& args) {
  const sotto_sgd& u = args.update;
  launch<2>(args.noise.law, HostRelease("noisy_sgd_step", args.noise), args.released, {{u.velocity, u.weights}},
            sgd(u));
}

void noisy_adamw_step(Device&, const sotto_noisy_adamw_step_request& args) {
  const sotto_adamw& u = args.update;
  launch<3>(args.noise.law, HostRelease("noisy_adamw_step", args.noise), args.released,
            {{u.first_moment, u.second_moment, u.weights}}, adamw(u));
}

}  // namespace sotto::cuda
