// SGD and AdamW: against plain loops, and one step by hand.
#include <vector>

#include "contract.h"

namespace sotto::test {
namespace {

const std::vector<Shape> kSizes = {{0}, {1}, {31}, {32}, {33}, {1023}, {1025}, {4098}, {40000}};

const std::vector<Shape> kBenchmarkSizes = {{1 << 18}, {1 << 23}};

const Op kSgd{
    "sgd_step",
    kSizes,
    [](Run& run, const Shape& s) {
      float* velocity = run.floats(s[0]);
      float* weights = run.floats(s[0]);
      for (int step = 0; step < 3; step++) {
        const float* gradient = run.floats(s[0]);
        run.call([&] { return sotto_sgd_step(run.backend, {s[0], gradient, {0.1f, 0.9f, 0.01f, velocity, weights}}); });
      }
      run.output("velocity", velocity, s[0]);
      run.output("weights", weights, s[0]);
    },
    1e-6,
    [](const Shape& s) { return 20.0 * s[0]; },
    [](const Shape& s) { return 6.0 * s[0]; },
    kBenchmarkSizes};

const Op kAdamW{"adamw_step",
                kSizes,
                [](Run& run, const Shape& s) {
                  float* first = run.zeros(s[0]);
                  float* second = run.zeros(s[0]);
                  float* weights = run.floats(s[0]);
                  for (int step = 1; step <= 4; step++) {
                    const float* gradient = run.floats(s[0]);
                    run.call([&] {
                      return sotto_adamw_step(
                          run.backend,
                          {s[0], gradient, {1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f, step, first, second, weights}});
                    });
                  }
                  run.output("first moment", first, s[0]);
                  run.output("second moment", second, s[0]);
                  run.output("weights", weights, s[0]);
                },
                1e-6,
                [](const Shape& s) { return 28.0 * s[0]; },
                [](const Shape& s) { return 14.0 * s[0]; },
                kBenchmarkSizes};

// From zero moments the corrected first moment is g and the second g^2: the step is rate * sign(g), plus the decay.
SOTTO_TEST(adamw_first_step_by_hand) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* gradient = run.upload(std::vector<float>{3, -0.001f, 0});
    float* first = run.zeros(3);
    float* second = run.zeros(3);
    float* weights = run.upload(std::vector<float>{1, 1, 2});
    run.ok(sotto_adamw_step(run.backend, {3, gradient, {0.1f, 0.9f, 0.999f, 1e-12f, 0.5f, 1, first, second, weights}}));
    const std::vector<float> got = run.download(weights, 3);
    const float expected[3] = {1 - 0.1f - 0.05f, 1 + 0.1f - 0.05f, 2 - 0.1f};
    for (int i = 0; i < 3; i++) SOTTO_CHECK(std::abs(got[i] - expected[i]) < 1e-6f, name << "[" << i << "] " << got[i]);
  }
}

SOTTO_TEST(sgd_step_by_hand) {
  for (const std::string& name : backends()) {
    Backend backend(name);
    Run run(backend.handle);
    const float* gradient = run.upload(std::vector<float>{4});
    float* velocity = run.upload(std::vector<float>{2});
    float* weights = run.upload(std::vector<float>{8});
    run.ok(sotto_sgd_step(run.backend, {1, gradient, {0.25f, 0.5f, 0.125f, velocity, weights}}));
    SOTTO_CHECK(run.download(velocity, 1)[0] == 5 && run.download(weights, 1)[0] == 8 - 0.25f * 6, name);
  }
}

}  // namespace
}  // namespace sotto::test
