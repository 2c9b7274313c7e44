// One vector a sequence, of its rows: their mean, the first or the last; and the way back.
//
// A task is a sequence, so its vector has the same bits whatever else is in the batch. A mean is a sum over rows in
// their order, runs of 64 rows apart first, which keeps the rounding error of long sequences small.
#include "kernels.h"
#ifdef SOTTO_ISA
#include "simd.h"

namespace sotto::cpu::SOTTO_ISA {

void pool_forward(Device& device, const sotto_pool_forward_request& args) {
  constexpr int64_t kRun = 64;
  check_starts("start", args.sequences, args.start, args.rows);
  context(device).parallel_for(args.sequences, [&](int64_t s, int) {
    const int64_t count = args.start[s + 1] - args.start[s];
    const float* rows = args.x + args.start[s] * args.channels;
    const float* one = rows + (args.kind == SOTTO_POOL_LAST ? count - 1 : 0) * args.channels;
    each_vector(0, args.channels, [&](int64_t c, auto part) {
      Vec value{};
      if (count > 0 && args.kind != SOTTO_POOL_MEAN) value = load(one + c, part);
      if (count > 0 && args.kind == SOTTO_POOL_MEAN) {
        for (int64_t r = 0; r < count; r += kRun) {
          Vec run{};
          for (int64_t i = r; i < count && i < r + kRun; i++) run += load(rows + i * args.channels + c, part);
          value += run;
        }
        value = value / static_cast<float>(count);
      }
      store(args.out + s * args.channels + c, value, part);
    });
  });
}

void pool_backward(Device& device, const sotto_pool_backward_request& args) {
  check_starts("start", args.sequences, args.start, args.rows);
  context(device).parallel_for(args.sequences, [&](int64_t s, int) {
    const int64_t first = args.start[s], last = args.start[s + 1] - 1;
    for (int64_t r = first; r <= last; r++) {
      const bool flows = args.kind == SOTTO_POOL_MEAN || r == (args.kind == SOTTO_POOL_FIRST ? first : last);
      const float divisor = args.kind == SOTTO_POOL_MEAN ? static_cast<float>(last - first + 1) : 1.0f;
      each_vector(0, args.channels, [&](int64_t c, auto part) {
        const Vec gradient = flows ? load(args.dout + s * args.channels + c, part) / divisor : Vec{};
        store(args.dx + r * args.channels + c, gradient, part);
      });
    }
  });
}

}  // namespace sotto::cpu::SOTTO_ISA
#else
namespace sotto {

namespace {

void check_sequences(sotto_pooling kind, int64_t sequences, int64_t rows, int64_t channels, const int32_t* start) {
  check::range("kind", kind, SOTTO_POOL_MEAN, SOTTO_POOL_LAST);
  check::range("sequences", sequences, 0, INT32_MAX - 1);
  check::range("rows", rows, 0, sequences > 0 ? INT32_MAX : 0);
  check::product("rows", rows, channels);
  check::product("sequences", sequences, channels);
  check::pointer("start", start, sequences);
}

}  // namespace

void check_request(const sotto_pool_forward_request& args) {
  check_sequences(args.kind, args.sequences, args.rows, args.channels, args.start);
  check::pointer("x", args.x, args.rows * args.channels);
  check::pointer("out", args.out, args.sequences * args.channels);
}

void check_request(const sotto_pool_backward_request& args) {
  check_sequences(args.kind, args.sequences, args.rows, args.channels, args.start);
  check::pointer("dout", args.dout, args.sequences * args.channels);
  check::pointer("dx", args.dx, args.rows * args.channels);
}

}  // namespace sotto

namespace sotto::reference {

namespace {

// What row r of a sequence with rows first..last counts in its vector.
double weight(sotto_pooling kind, int64_t r, int64_t first, int64_t last) {
  if (kind == SOTTO_POOL_MEAN) return 1.0 / static_cast<double>(last - first + 1);
  return r == (kind == SOTTO_POOL_FIRST ? first : last) ? 1 : 0;
}

}  // namespace

void pool_forward(Device&, const sotto_pool_forward_request& args) {
  cpu::check_starts("start", args.sequences, args.start, args.rows);
  for (int64_t s = 0; s < args.sequences; s++) {
    const int64_t first = args.start[s], last = args.start[s + 1] - 1;
    for (int64_t c = 0; c < args.channels; c++) {
      double sum = 0;
      for (int64_t r = first; r <= last; r++) {
        const double w = weight(args.kind, r, first, last);
        if (w != 0) sum += w * args.x[r * args.channels + c];  // a row that counts nothing may be NaN
      }
      args.out[s * args.channels + c] = static_cast<float>(sum);
    }
  }
}

void pool_backward(Device&, const sotto_pool_backward_request& args) {
  cpu::check_starts("start", args.sequences, args.start, args.rows);
  for (int64_t s = 0; s < args.sequences; s++) {
    const int64_t first = args.start[s], last = args.start[s + 1] - 1;
    for (int64_t r = first; r <= last; r++) {
      const double w = weight(args.kind, r, first, last);
      for (int64_t c = 0; c < args.channels; c++) {
        args.dx[r * args.channels + c] = static_cast<float>(w == 0 ? 0 : w * args.dout[s * args.channels + c]);
      }
    }
  }
}

}  // namespace sotto::reference
#endif
