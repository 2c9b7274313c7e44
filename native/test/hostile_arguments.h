// Calls of the ABI with arguments taken from bytes: sizes that are negative, zero or small, and ids, starts and targets
// of any value, over buffers that are exactly as long as the sizes say. A call must succeed or be refused with a line;
// the sanitizers watch that it touches nothing else. For hostile_arguments_test.cpp and fuzz_abi.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "contract.h"

namespace sotto::test {

// Numbers out of bytes; zeros when they are used up.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t byte() { return size_ == 0 ? 0 : (--size_, *data_++); }
  // Mostly sizes of a small batch; -1 and -2^63 too.
  int64_t size() {
    const uint8_t b = byte();
    return b == 255 ? -1 : b == 254 ? INT64_MIN : b % 7;
  }
  // Near what is allowed; sometimes far off.
  int32_t index() {
    const uint8_t b = byte();
    return b == 255 ? INT32_MAX : b == 254 ? INT32_MIN : b % 12 - 1;
  }
  float number() {
    const uint8_t b = byte();
    return b == 255 ? std::nanf("") : b == 254 ? HUGE_VALF : static_cast<float>(b) / 16 - 8;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

class HostileCall {
 public:
  HostileCall(sotto_backend* backend, const uint8_t* data, size_t size) : run_(backend), bytes_(data, size) {}

  void make() {
    switch (bytes_.byte() % 13) {
      case 0:
        return embedding();
      case 1:
        return attention();
      case 2:
        return cross_entropy();
      case 3:
        return rope();
      case 4:
        return gemm();
      case 5:
        return per_sample_norm();
      case 6:
        return clip_factor();
      case 7:
        return add_noise();
      case 8:
        return rms_norm();
      case 9:
        return gated_activation();
      case 10:
        return squared_error();
      case 11:
        return pool();
      default:
        return lora();
    }
  }

 private:
  // Too little memory for a negative size is what a caller would have, too.
  static int64_t room(int64_t count) { return std::clamp<int64_t>(count, 0, 4096); }

  float* floats(int64_t count) {
    std::vector<float> host(static_cast<size_t>(room(count)));
    for (float& value : host) value = bytes_.number();
    return run_.upload(host);
  }
  const int32_t* indices(int64_t count) {
    std::vector<int32_t> host(static_cast<size_t>(room(count)));
    for (int32_t& value : host) value = bytes_.index();
    return run_.upload(host);
  }
  // Sound for half of the inputs, so that what lies behind the check is reached.
  const int32_t* starts(int64_t sequences, int64_t rows) {
    if (bytes_.byte() % 2 == 0) return indices(sequences < 0 ? 1 : sequences + 1);
    std::vector<int32_t> host{0};
    for (int64_t s = 1; s <= room(sequences); s++) {
      host.push_back(
          static_cast<int32_t>(s == sequences ? room(rows) : std::min<int64_t>(room(rows), host.back() + 1)));
    }
    return run_.upload(host);
  }

  void expect(sotto_status status) {
    const std::string line = sotto_last_error();
    SOTTO_CHECK(status == SOTTO_OK || status == SOTTO_INVALID_ARGUMENT || status == SOTTO_OUT_OF_MEMORY ||
                    status == SOTTO_UNSUPPORTED,
                "status " << status << ": " << line);
    SOTTO_CHECK(status == SOTTO_OK || (!line.empty() && line.find('\n') == std::string::npos),
                "a refusal without a line: " << line);
  }

  void embedding() {
    const int64_t rows = bytes_.size(), channels = bytes_.size(), vocabulary = bytes_.size(), most = bytes_.size();
    const int32_t* ids = indices(rows);
    const int32_t* positions = indices(rows);
    float* out = floats(room(rows) * room(channels));
    float* tokens = floats(room(vocabulary) * room(channels));
    float* places = floats(room(most) * room(channels));
    const float scale = bytes_.number();
    expect(sotto_embedding_forward(run_.backend,
                                   {rows, channels, vocabulary, most, scale, ids, positions, tokens, places, out}));
    expect(sotto_embedding_backward(run_.backend,
                                    {rows, channels, vocabulary, most, scale, ids, positions, out, tokens, places}));
  }

  void attention() {
    const int64_t sequences = bytes_.size(), rows = bytes_.size(), kv_heads = bytes_.size();
    const int64_t heads = bytes_.byte() % 4 == 0 ? bytes_.size() : room(kv_heads) * (1 + bytes_.byte() % 3);
    const int64_t dim = bytes_.size(), window = bytes_.size();
    const int64_t stride = bytes_.byte() % 4 == 0 ? bytes_.size() : room(dim) + bytes_.byte() % 3;
    const float cap = bytes_.byte() % 2 == 0 ? 0 : bytes_.number();
    const int32_t* start = starts(sequences, rows);
    const int64_t wide = room(heads) * room(stride), narrow = room(kv_heads) * room(stride);
    const int64_t out_width = room(heads) * room(dim);
    const float* q = floats(room(rows) * wide);
    const float* k = floats(room(rows) * narrow);
    const float* v = floats(room(rows) * narrow);
    float* out = floats(room(rows) * out_width);
    float* sums = floats(room(rows) * room(heads));
    expect(sotto_attention_forward(run_.backend, {sequences,
                                                  start,
                                                  start,
                                                  rows,
                                                  {heads, kv_heads, dim, stride, 1, window, 0.5f, cap},
                                                  q,
                                                  wide,
                                                  k,
                                                  v,
                                                  narrow,
                                                  out,
                                                  out_width,
                                                  sums}));
    expect(sotto_attention_backward(run_.backend, {sequences,
                                                   start,
                                                   rows,
                                                   {heads, kv_heads, dim, stride, 1, window, 0.5f, cap},
                                                   q,
                                                   wide,
                                                   k,
                                                   v,
                                                   narrow,
                                                   out,
                                                   out,
                                                   out_width,
                                                   sums,
                                                   floats(room(rows) * room(heads)),
                                                   floats(room(rows) * wide),
                                                   wide,
                                                   floats(room(rows) * narrow),
                                                   floats(room(rows) * narrow),
                                                   narrow}));
  }

  void cross_entropy() {
    const int64_t rows = bytes_.size(), vocabulary = bytes_.size();
    float* logits = floats(room(rows) * room(vocabulary));
    expect(sotto_cross_entropy(run_.backend, {rows, vocabulary, bytes_.byte() % 2 == 0 ? 0 : bytes_.number(), logits,
                                              vocabulary, indices(rows), floats(rows), 1, floats(rows)}));
  }

  void rope() {
    const int64_t rows = bytes_.size(), heads = bytes_.size(), dim = bytes_.size(), most = bytes_.size();
    const int64_t stride = bytes_.byte() % 4 == 0 ? bytes_.size() : room(dim) + bytes_.byte() % 3;
    const int64_t ld = room(heads) * room(stride);
    expect(sotto_rope(run_.backend, {rows, heads, dim, stride, most, bytes_.byte() % 2, indices(rows),
                                     floats(room(most) * room(dim) / 2), floats(room(most) * room(dim) / 2),
                                     floats(room(rows) * ld), ld}));
  }

  void rms_norm() {
    const int64_t rows = bytes_.size(), heads = bytes_.size(), channels = bytes_.size();
    const int64_t ld = bytes_.byte() % 4 == 0 ? bytes_.size() : room(heads) * room(channels) + bytes_.byte() % 3;
    const float* x = floats(room(rows) * room(ld));
    const float* gamma = floats(channels);
    float* out = floats(room(rows) * room(ld));
    float* rstd = floats(room(rows) * room(heads));
    expect(sotto_rms_norm_forward(run_.backend, {rows, heads, channels, bytes_.number(), x, ld, gamma, out, ld, rstd}));
    expect(sotto_rms_norm_backward(run_.backend, {rows, heads, channels, out, ld, x, ld, gamma, rstd,
                                                  floats(room(rows) * room(ld)), ld, floats(channels)}));
  }

  void gated_activation() {
    const auto kind = static_cast<sotto_activation>(bytes_.byte() % 7);
    const int64_t rows = bytes_.size(), channels = bytes_.size(), ld = bytes_.size() + room(channels);
    const float* gate = floats(room(rows) * room(ld));
    const float* up = floats(room(rows) * room(ld));
    float* out = floats(room(rows) * room(channels));
    expect(sotto_gated_activation_forward(run_.backend, {kind, rows, channels, gate, up, ld, out}));
    expect(sotto_gated_activation_backward(
        run_.backend,
        {kind, rows, channels, gate, up, ld, out, floats(room(rows) * room(ld)), floats(room(rows) * room(ld)), ld}));
  }

  void squared_error() {
    const int64_t rows = bytes_.size(), ld = bytes_.size();
    expect(sotto_squared_error(run_.backend, {rows, floats(room(rows) * room(ld)), ld, floats(rows), floats(rows),
                                              bytes_.byte() % 2, floats(rows)}));
  }

  void pool() {
    const auto kind = static_cast<sotto_pooling>(bytes_.byte() % 4);
    const int64_t sequences = bytes_.size(), rows = bytes_.size(), channels = bytes_.size();
    const int32_t* start = starts(sequences, rows);
    float* x = floats(room(rows) * room(channels));
    float* out = floats(room(sequences) * room(channels));
    expect(sotto_pool_forward(run_.backend, {kind, sequences, rows, channels, start, x, out}));
    expect(sotto_pool_backward(run_.backend, {kind, sequences, rows, channels, start, out, x}));
  }

  void gemm() {
    const int32_t trans_a = bytes_.byte() % 2, trans_b = bytes_.byte() % 2;
    const int64_t m = bytes_.size(), n = bytes_.size(), k = bytes_.size();
    const int64_t lda = trans_a != 0 ? m : k, ldb = trans_b != 0 ? k : n;
    expect(sotto_gemm(run_.backend,
                      {trans_a, trans_b, m, n, k, bytes_.number(), floats(room(m) * room(k)), lda,
                       floats(room(k) * room(n)), ldb, bytes_.number(), floats(room(m) * room(n)), n, nullptr}));
  }

  void per_sample_norm() {
    const int64_t units = bytes_.size(), rows = bytes_.size(), in = bytes_.size(), out = bytes_.size();
    const int64_t rank = bytes_.size(), stride = room(rank) * (room(in) + room(out));
    const int32_t* start = starts(units, rows);
    // The rows are those that the starts name, which only the call can check: none but sound starts have memory.
    const std::vector<int32_t> named = run_.download(start, room(units) + 1);
    const int64_t last = *std::max_element(named.begin(), named.end());
    if (last > room(rows)) return;
    double* norms = run_.double_zeros(room(units));
    const float* x = floats(room(rows) * room(in));
    const float* u = floats(room(rows) * room(rank));
    const float* dy = floats(room(rows) * room(out));
    const float* du = floats(room(rows) * room(rank));
    expect(sotto_per_sample_norm(
        run_.backend,
        {{units, start, {in, out, rank, 0.5f}, x, u, dy, out, du}, 0, floats(room(units) * stride), stride, norms}));
    expect(sotto_clip_and_sum_pair(
        run_.backend,
        {{units, start, {in, out, rank, 0.5f}, x, u, dy, out, du}, floats(units), 0x1p-20, run_.double_zeros(stride)}));
  }

  void clip_factor() {
    const int64_t units = bytes_.size(), pairs = bytes_.size(), groups = bytes_.byte() % 2 == 0 ? 1 : pairs;
    std::vector<double> clip_norms(static_cast<size_t>(std::max<int64_t>(1, room(groups))));
    for (double& norm : clip_norms) norm = bytes_.number();
    std::vector<double> squared(static_cast<size_t>(room(units) * room(pairs)));
    for (double& norm : squared) norm = bytes_.number();
    expect(sotto_clip_factor(run_.backend, {units, pairs, groups, run_.upload(squared), clip_norms.data(),
                                            bytes_.number(), floats(room(units) * room(groups))}));
  }

  void add_noise() {
    const uint8_t key[32] = {};
    const int64_t count = bytes_.size(), segments = bytes_.size();
    const auto law = static_cast<sotto_noise_law>(bytes_.byte() % 5);
    const double scale = bytes_.number(), quantum = bytes_.byte() % 4 == 0 ? bytes_.number() : 0x1p-20;
    const int64_t step = bytes_.size(), first = bytes_.size();
    const int32_t tensor = bytes_.index();
    const double largest = bytes_.number(), multiplier = bytes_.number();
    expect(sotto_add_noise(
        run_.backend, {{law, count, scale, quantum, key, step, tensor, first, run_.double_zeros(room(segments) * 8),
                        segments, largest, run_.double_zeros(room(count)), multiplier},
                       floats(count)}));
  }

  void lora() {
    const int64_t rows = bytes_.size(), in = bytes_.size(), out = bytes_.size(), rank = bytes_.size();
    const float* x = floats(room(rows) * room(in));
    const float* a = floats(room(rank) * room(in));
    const float* b = floats(room(out) * room(rank));
    float* u = floats(room(rows) * room(rank));
    float* y = floats(room(rows) * room(out));
    expect(sotto_lora_forward(run_.backend, {rows, {in, out, rank, 0.5f}, x, a, b, u, y, out}));
    expect(sotto_lora_backward(run_.backend,
                               {rows, {in, out, rank, 0.5f}, y, out, a, b, u, floats(room(rows) * room(in))}));
  }

  Run run_;
  Bytes bytes_;
};

}  // namespace sotto::test
