// Attention: every mask, head layout and raggedness against the definition; isolation of rows and sequences.
#include <limits>

#include "contract.h"

namespace sotto::test {
namespace {

// heads, kv_heads, head_dim, causal, window, cached keys before the first query, then one length a sequence.
struct Problem {
  explicit Problem(const Shape& s)
      : heads(s[0]),
        kv_heads(s[1]),
        head_dim(s[2]),
        causal(s[3]),
        window(s[4]),
        cached(s[5]),
        lengths(s.begin() + 6, s.end()) {
    for (const int64_t length : lengths) {
      rows += length;
      keys += length + (length > 0 ? cached : 0);
      key_lengths.push_back(length + (length > 0 ? cached : 0));
    }
  }
  int64_t heads, kv_heads, head_dim, causal, window, cached;
  std::vector<int64_t> lengths;
  std::vector<int64_t> key_lengths;
  int64_t rows = 0;
  int64_t keys = 0;
  // How heads lie in a row, and the cap on scores.
  sotto_attention_shape shape(int64_t gap, float cap) const {
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    return {heads, kv_heads, head_dim, head_dim + gap, causal != 0, window, scale, cap};
  }
};

// One query-key pair costs 4 * head_dim FLOPs forward (two products) and 10 * head_dim backward (five).
double pair_flops(const Shape& s, double products) {
  const Problem p(s);
  double pairs = 0;
  for (const int64_t length : p.lengths) pairs += static_cast<double>(length) * static_cast<double>(length);
  return (p.causal != 0 ? 0.5 : 1.0) * pairs * 2 * products * static_cast<double>(p.head_dim * p.heads);
}

Shape equal(Shape head, int64_t count, int64_t length) {
  head.insert(head.end(), static_cast<size_t>(count), length);
  return head;
}

const std::vector<Shape> kTraining{{1, 1, 8, 1, 0, 0},
                                   {1, 1, 1, 1, 0, 0, 1},
                                   {2, 1, 8, 0, 0, 0, 1, 0, 3},
                                   {4, 2, 16, 1, 0, 0, 31, 1, 0, 33, 32},
                                   {3, 3, 33, 1, 0, 0, 97, 95, 96},
                                   {2, 2, 64, 0, 0, 0, 100, 7},
                                   {2, 1, 64, 1, 0, 0, 300, 1, 17},
                                   {4, 1, 24, 1, 16, 0, 130, 0, 15, 16, 17},
                                   {1, 1, 12, 0, 5, 0, 120, 3},
                                   {1, 1, 128, 1, 100, 0, 257},
                                   {2, 2, 80, 1, 1, 0, 40},
                                   {1, 1, 132, 1, 0, 0, 35},
                                   {2, 1, 256, 1, 0, 0, 33}};
const std::vector<Shape> kBenchmark{equal({4, 4, 64, 1, 0, 0}, 32, 128), equal({4, 4, 64, 0, 0, 0}, 32, 128),
                                    equal({12, 12, 64, 1, 0, 0}, 2, 512), equal({8, 2, 32, 1, 0, 0}, 64, 64)};

std::vector<Shape> forward_shapes() {
  std::vector<Shape> shapes = kTraining;
  shapes.push_back({2, 1, 16, 1, 0, 200, 1});
  shapes.push_back({2, 2, 64, 1, 0, 33, 5, 0, 40, 1});
  shapes.push_back({2, 2, 8, 1, 10, 95, 5, 1});
  return shapes;
}

void forward_body(Run& run, const Shape& sizes, int64_t gap, float cap) {
  const Problem p(sizes);
  const sotto_attention_shape shape = p.shape(gap, cap);
  const int64_t ldq = p.heads * shape.head_stride + 3, ldkv = 2 * p.kv_heads * shape.head_stride;
  const int64_t ldout = p.heads * p.head_dim;
  const int32_t* query_start = run.starts(p.lengths);
  const int32_t* key_start = run.starts(p.key_lengths);
  const float* q = run.floats(p.rows * ldq, 3);
  const float* k = run.floats(p.keys * ldkv, 3);
  float* out = run.zeros(p.rows * ldout);
  float* lse = run.zeros(p.heads * p.rows);
  run.call([&] {
    return sotto_attention_forward(
        run.backend, {static_cast<int64_t>(p.lengths.size()), query_start, key_start, p.rows, shape, q, ldq, k,
                      k + p.kv_heads * shape.head_stride, ldkv, out, ldout, lse});
  });
  run.output("out", out, p.rows * ldout);
  run.output("log_sum_exp", lse, p.heads * p.rows);
}

void backward_body(Run& run, const Shape& sizes, int64_t gap, float cap) {
  const Problem p(sizes);
  const sotto_attention_shape shape = p.shape(gap, cap);
  const int64_t ld = p.heads * shape.head_stride + 2, ldkv = p.kv_heads * shape.head_stride + 1;
  const auto sequences = static_cast<int64_t>(p.lengths.size());
  const int32_t* start = run.starts(p.lengths);
  const float* q = run.floats(p.rows * ld, 2);
  const float* k = run.floats(p.rows * ldkv, 2);
  const float* v = run.floats(p.rows * ldkv);
  const float* dout = run.floats(p.rows * ld);
  float* out = run.zeros(p.rows * ld);
  float* lse = run.zeros(p.heads * p.rows);
  float* delta = run.zeros(p.heads * p.rows);
  float* dq = run.floats(p.rows * ld);
  float* dk = run.floats(p.rows * ldkv);
  float* dv = run.floats(p.rows * ldkv);
  run.ok(
      sotto_attention_forward(run.backend, {sequences, start, start, p.rows, shape, q, ld, k, v, ldkv, out, ld, lse}));
  run.call([&] {
    return sotto_attention_backward(run.backend, {sequences, start, p.rows, shape, q, ld, k, v, ldkv, out, dout, ld,
                                                  lse, delta, dq, ld, dk, dv, ldkv});
  });
  run.output("dq", dq, p.rows * ld);
  run.output("dk", dk, p.rows * ldkv);
  run.output("dv", dv, p.rows * ldkv);
}

Op::Body plain(void (*body)(Run&, const Shape&, int64_t, float)) {
  return [=](Run& run, const Shape& sizes) { body(run, sizes, 0, 0); };
}

const Op kForward{"attention_forward",
                  forward_shapes(),
                  plain(forward_body),
                  1e-5,
                  nullptr,
                  [](const Shape& s) { return pair_flops(s, 2); },
                  kBenchmark};
const Op kBackward{"attention_backward",
                   kTraining,
                   plain(backward_body),
                   1e-5,
                   nullptr,
                   [](const Shape& s) { return pair_flops(s, 5); },
                   kBenchmark};

// Heads apart as where queries, keys and values of a head stand side by side, or with a few floats between them; caps
// within the scores' range and above it.
template <typename F>
Op apart(const char* name, const std::vector<Shape>& shapes, F body) {
  return {name, shapes,
          [=](Run& run, const Shape& sizes) {
            body(run, sizes, sizes[2] % 2 == 0 ? 2 * sizes[2] : 3, sizes[4] == 0 ? 2.5f : 30.0f);
          },
          2e-5};
}
const Op kForwardApart = apart("attention_forward of heads apart, capped", forward_shapes(), forward_body);
const Op kBackwardApart = apart("attention_backward of heads apart, capped", kTraining, backward_body);

struct Results {
  std::vector<float> out, dq, dk, dv;
};

// Forward and backward over the given sequences of one pool of 300 rows, sequence s being pool rows first[s] on.
Results attend(const std::string& name, const std::vector<int64_t>& first, const std::vector<int64_t>& lengths,
               int64_t poisoned_row = -1) {
  constexpr int64_t kHeads = 4, kKvHeads = 2, kDim = 24, kWidth = kHeads * kDim, kKvWidth = kKvHeads * kDim;
  Backend backend(name, 2);
  Run run(backend.handle);
  const auto gather = [&](int64_t width) {
    const std::vector<float> pool = run.download(run.floats(300 * width), 300 * width);
    std::vector<float> host;
    for (size_t s = 0; s < first.size(); s++) {
      host.insert(host.end(), pool.begin() + first[s] * width, pool.begin() + (first[s] + lengths[s]) * width);
    }
    if (poisoned_row >= 0) host[poisoned_row * width] = std::numeric_limits<float>::quiet_NaN();
    return run.upload(host);
  };
  int64_t rows = 0;
  for (const int64_t length : lengths) rows += length;
  const int32_t* start = run.starts(lengths);
  const float* q = gather(kWidth);
  const float* k = gather(kKvWidth);
  const float* v = gather(kKvWidth);
  const float* dout = gather(kWidth);
  float* out = run.zeros(rows * kWidth);
  float* lse = run.zeros(rows * kHeads);
  float* delta = run.zeros(rows * kHeads);
  float* dq = run.zeros(rows * kWidth);
  float* dk = run.zeros(rows * kKvWidth);
  float* dv = run.zeros(rows * kKvWidth);
  const auto count = static_cast<int64_t>(lengths.size());
  run.ok(sotto_attention_forward(run.backend, {count,
                                               start,
                                               start,
                                               rows,
                                               {kHeads, kKvHeads, kDim, kDim, 1, 0, 0.2f, 0},
                                               q,
                                               kWidth,
                                               k,
                                               v,
                                               kKvWidth,
                                               out,
                                               kWidth,
                                               lse}));
  run.ok(sotto_attention_backward(run.backend, {count,
                                                start,
                                                rows,
                                                {kHeads, kKvHeads, kDim, kDim, 1, 0, 0.2f, 0},
                                                q,
                                                kWidth,
                                                k,
                                                v,
                                                kKvWidth,
                                                out,
                                                dout,
                                                kWidth,
                                                lse,
                                                delta,
                                                dq,
                                                kWidth,
                                                dk,
                                                dv,
                                                kKvWidth}));
  return {run.download(out, rows * kWidth), run.download(dq, rows * kWidth), run.download(dk, rows * kKvWidth),
          run.download(dv, rows * kKvWidth)};
}

// Bits of rows `at` on in `all` equal those of `alone`.
void check_rows(const std::string& where, const std::vector<float>& all, const std::vector<float>& alone, int64_t row,
                int64_t rows, int64_t all_rows) {
  const int64_t width = static_cast<int64_t>(all.size()) / all_rows;
  SOTTO_CHECK(
      std::memcmp(all.data() + row * width, alone.data(), static_cast<size_t>(rows * width) * sizeof(float)) == 0,
      where << " differs when computed alone");
}

SOTTO_TEST(attention_of_a_sequence_does_not_depend_on_the_batch) {
  for (const std::string& name : backends()) {
    const std::vector<int64_t> first{0, 17, 150, 40};
    const std::vector<int64_t> lengths{17, 101, 1, 33};
    const Results all = attend(name, first, lengths);
    int64_t row = 0;
    for (size_t s = 0; s < first.size(); s++) {
      const Results alone = attend(name, {first[s]}, {lengths[s]});
      const std::string where = name + ": sequence " + std::to_string(s) + ": ";
      check_rows(where + "out", all.out, alone.out, row, lengths[s], 152);
      check_rows(where + "dq", all.dq, alone.dq, row, lengths[s], 152);
      check_rows(where + "dk", all.dk, alone.dk, row, lengths[s], 152);
      check_rows(where + "dv", all.dv, alone.dv, row, lengths[s], 152);
      row += lengths[s];
    }
  }
}

SOTTO_TEST(attention_keeps_nan_inside_its_sequence) {
  for (const std::string& name : backends()) {
    const std::vector<int64_t> first{0, 17, 40};
    const std::vector<int64_t> lengths{17, 20, 33};
    const Results clean = attend(name, first, lengths);
    const Results poisoned = attend(name, first, lengths, 20);
    const auto check = [&](const char* what, const std::vector<float>& a, const std::vector<float>& b) {
      const size_t width = a.size() / 70;
      bool reached = false;
      for (size_t i = 0; i < a.size(); i++) {
        const size_t row = i / width;
        if (row >= 17 && row < 37) {
          reached = reached || std::isnan(b[i]);
        } else {
          SOTTO_CHECK(a[i] == b[i], name << ": " << what << " of row " << row << " changed to " << b[i]);
        }
      }
      SOTTO_CHECK(reached, name << ": " << what << " hides the NaN");
    };
    check("out", clean.out, poisoned.out);
    check("dq", clean.dq, poisoned.dq);
    check("dk", clean.dk, poisoned.dk);
    check("dv", clean.dv, poisoned.dv);
  }
}

// Decoding: a query with cached keys gives the same bits as the last row of the whole sequence.
SOTTO_TEST(attention_with_cached_keys_equals_the_whole_sequence) {
  constexpr int64_t kLength = 150, kDim = 40;
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* q = run.floats(kLength * kDim);
    const float* k = run.floats(kLength * kDim);
    const float* v = run.floats(kLength * kDim);
    float* out = run.zeros(kLength * kDim);
    float* lse = run.zeros(kLength);
    const int32_t* keys = run.starts({kLength});
    const auto last_rows = [&](int64_t rows) {
      run.ok(sotto_attention_forward(run.backend, {1,
                                                   run.starts({rows}),
                                                   keys,
                                                   rows,
                                                   {1, 1, kDim, kDim, 1, 0, 0.3f, 0},
                                                   q + (kLength - rows) * kDim,
                                                   kDim,
                                                   k,
                                                   v,
                                                   kDim,
                                                   out,
                                                   kDim,
                                                   lse}));
      return run.download(out + (rows - 1) * kDim, kDim);
    };
    const std::vector<float> whole = last_rows(kLength);
    for (const int64_t rows : {1, 2, 20, 40, 149}) {
      SOTTO_CHECK(last_rows(rows) == whole, name << ": the last of " << rows << " queries differs");
    }
  }
}

}  // namespace
}  // namespace sotto::test
