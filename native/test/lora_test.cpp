// LoRA forward and backward: against plain loops, against central differences, and row by row.
#include <vector>

#include "contract.h"

namespace sotto::test {
namespace {

// rows, in_channels, out_channels, rank
const std::vector<Shape> kShapes = {{0, 32, 32, 8},   {1, 1, 1, 1},      {1, 33, 31, 8},    {2, 1025, 5, 3},
                                    {3, 7, 1023, 64}, {31, 32, 33, 4},   {32, 33, 32, 3},   {33, 31, 130, 1},
                                    {49, 64, 64, 16}, {97, 100, 70, 13}, {5, 4098, 33, 12}, {7, 20, 24, 256}};

const std::vector<Shape> kBenchmarkShapes = {{2048, 768, 768, 4}, {2048, 768, 768, 8}, {2048, 768, 3072, 16}};

double bytes(const Shape& s) { return 4.0 * s[0] * (s[1] + 2 * s[2] + s[3]) + 4.0 * s[3] * (s[1] + s[2]); }
double flops(const Shape& s) { return 2.0 * s[0] * s[3] * (s[1] + s[2]); }

// Inputs are scaled so that every sum is of the order of 1, where the tolerance means a few roundings.
const Op kForward{
    "lora_forward",
    kShapes,
    [](Run& run, const Shape& s) {
      const int64_t ldy = s[2] + 3;
      const float* x = run.floats(s[0] * s[1], 1 / std::sqrt(static_cast<float>(s[1])));
      const float* a = run.floats(s[3] * s[1]);
      const float* b = run.floats(s[2] * s[3], 1 / std::sqrt(static_cast<float>(s[3])));
      float* u = run.zeros(s[0] * s[3]);
      float* y = run.floats(s[0] * ldy);
      run.call([&] { return sotto_lora_forward(run.backend, {s[0], {s[1], s[2], s[3], 1.5f}, x, a, b, u, y, ldy}); });
      run.output("u", u, s[0] * s[3]);
      run.output("y", y, s[0] * ldy);
    },
    2e-6,
    bytes,
    flops,
    kBenchmarkShapes};

const Op kBackward{
    "lora_backward",
    kShapes,
    [](Run& run, const Shape& s) {
      const int64_t lddy = s[2] + 5;
      const float* dy = run.floats(s[0] * lddy, 1 / std::sqrt(static_cast<float>(s[2])));
      const float* a = run.floats(s[3] * s[1], 1 / std::sqrt(static_cast<float>(s[3])));
      const float* b = run.floats(s[2] * s[3]);
      float* du = run.zeros(s[0] * s[3]);
      float* du_alone = run.zeros(s[0] * s[3]);
      float* dx = run.floats(s[0] * s[1]);
      run.call([&] {
        return sotto_lora_backward(run.backend, {s[0], {s[1], s[2], s[3], 0.5f}, dy, lddy, a, b, du, dx});
      });
      run.ok(sotto_lora_backward(run.backend, {s[0], {s[1], s[2], s[3], 0.5f}, dy, lddy, a, b, du_alone, nullptr}));
      run.output("du", du, s[0] * s[3]);
      run.output("du without dx", du_alone, s[0] * s[3]);
      run.output("dx", dx, s[0] * s[1]);
    },
    2e-6,
    bytes,
    flops,
    kBenchmarkShapes};

SOTTO_TEST(lora_row_does_not_depend_on_the_batch) {
  const int64_t rows = 53, in = 77, out = 45, rank = 11;
  for (const std::string& name : backends()) {
    Backend backend(name, 2);
    Run run(backend.handle);
    const float* x = run.floats(rows * in);
    const float* a = run.floats(rank * in);
    const float* b = run.floats(out * rank);
    float* u = run.zeros(rows * rank);
    float* y = run.zeros(rows * out);
    run.ok(sotto_lora_forward(run.backend, {rows, {in, out, rank, 2.0f}, x, a, b, u, y, out}));
    const std::vector<float> whole = run.download(y, rows * out);
    for (int64_t row = 0; row < rows; row++) {
      float* u_row = run.zeros(rank);
      float* y_row = run.zeros(out);
      run.ok(sotto_lora_forward(run.backend, {1, {in, out, rank, 2.0f}, x + row * in, a, b, u_row, y_row, out}));
      SOTTO_CHECK(run.download(y_row, out) == std::vector<float>(&whole[row * out], &whole[row * out] + out),
                  name << ", row " << row);
    }
  }
}

SOTTO_TEST(lora_backward_is_the_gradient_of_forward) {
  const int64_t rows = 3, in = 6, out = 5, rank = 2;
  const float scale = 0.75f;
  Backend backend("cpu-reference");
  Run run(backend.handle);
  const float* a = run.floats(rank * in);
  const float* b = run.floats(out * rank);
  const float* weights = run.floats(rows * out);  // the loss is their dot product with y
  const std::vector<float> w = run.download(weights, rows * out);
  const std::vector<float> x = run.download(run.floats(rows * in), rows * in);
  const auto loss = [&](const std::vector<float>& values) {
    Run forward(backend.handle);
    float* u = forward.zeros(rows * rank);
    float* y = forward.zeros(rows * out);
    forward.ok(
        sotto_lora_forward(backend.handle, {rows, {in, out, rank, scale}, forward.upload(values), a, b, u, y, out}));
    const std::vector<float> result = forward.download(y, rows * out);
    double total = 0;
    for (size_t i = 0; i < result.size(); i++) total += static_cast<double>(w[i]) * result[i];
    return total;
  };
  for (const std::string& name : backends()) {
    Backend tuned(name);
    Run backward(tuned.handle);
    float* du = backward.zeros(rows * rank);
    float* dx = backward.zeros(rows * in);
    backward.ok(sotto_lora_backward(tuned.handle, {rows, {in, out, rank, scale}, weights, out, a, b, du, dx}));
    check_gradient("lora dx on " + name, x, backward.download(dx, rows * in), loss, 0.25, 1e-5);
  }
}

}  // namespace
}  // namespace sotto::test
