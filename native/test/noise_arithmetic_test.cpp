// The arithmetic under the noise: ChaCha20 against RFC 8439, the functions against the 80-bit C library, the grid.
#include <algorithm>

#include "common/chacha20.h"
#include "common/gaussian.h"
#include "common/grid.h"
#include "common/quantile.h"
#include "contract.h"

namespace sotto::test {
namespace {

void check_block(const uint8_t* key, const uint32_t (&position)[4], const uint32_t (&expected)[16]) {
  uint32_t word[16];
  ChaCha20Key state;
  set_chacha20_key(key, state);
  chacha20_block(state, position, word);
  for (int i = 0; i < 16; i++) SOTTO_CHECK(word[i] == expected[i], "word " << i << " is " << std::hex << word[i]);
}

SOTTO_TEST(chacha20_gives_the_vectors_of_rfc_8439) {
  uint8_t counting[32];
  for (int i = 0; i < 32; i++) counting[i] = static_cast<uint8_t>(i);
  check_block(counting, {1, 0x09000000, 0x4a000000, 0},  // section 2.3.2
              {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
               0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2});
  uint8_t zero[32] = {};
  check_block(zero, {0, 0, 0, 0},  // appendix A.1, vector 1
              {0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653, 0xb819d2bd, 0x1aed8da0, 0xccef36a8, 0xc70d778b,
               0x7c5941da, 0x8d485751, 0x3fe02477, 0x374ad8b8, 0xf4b8436a, 0x1ca11815, 0x69b687c3, 0x8665eeb2});
  check_block(zero, {1, 0, 0, 0},  // appendix A.1, vector 2
              {0xbee7079f, 0x7a385155, 0x7c97ba98, 0x0d082d73, 0xa0290fcb, 0x6965e348, 0x3e53c612, 0xed7aee32,
               0x7621b729, 0x434ee69c, 0xb03371d5, 0xd539d874, 0x281fed31, 0x45fb0a51, 0x1f0ae1ac, 0x6f4d794b});
}

// Distance in units in the last place of the exact value.
double ulps(double got, long double exact) {
  int exponent;
  std::frexp(static_cast<double>(exact), &exponent);
  return static_cast<double>(std::abs(got - exact) / std::ldexp(1.0L, exponent - 53));
}

SOTTO_TEST(natural_log_is_within_one_ulp) {
  Random random(5);
  double worst = 0;
  for (int i = 0; i < 2000000; i++) {
    double x = random.uniform();
    if (i % 4 == 1) x = std::ldexp(0.5 + x / 2, -static_cast<int>(random.below(66)));  // every binade down to 2^-66
    if (i % 4 == 2) x = 1 - x * 0x1p-20;                                               // where the logarithm is near 0
    if (i % 4 == 3) x = 1 - std::ldexp(x, -static_cast<int>(random.below(53)));
    if (x <= 0) continue;
    worst = std::max(worst, ulps(natural_log(x), std::log(static_cast<long double>(x))));
  }
  SOTTO_CHECK(worst < 1, "worst error " << worst << " ulp");
  SOTTO_CHECK(natural_log(1.0) == 0, "log 1");
}

SOTTO_TEST(sine_and_cosine_of_turns_are_within_1_1_ulp) {
  const long double kHalfPi = std::acos(0.0L);
  Random random(6);
  double worst = 0;
  for (int i = 0; i < 2000000; i++) {
    double u = random.uniform();
    if (i % 3 == 1) u = std::ldexp(u, -static_cast<int>(random.below(65)));
    if (i % 3 == 2)
      u = 0.125 * static_cast<double>(random.below(9)) + std::ldexp(u, -20 - static_cast<int>(random.below(33)));
    if (u > 1) continue;
    double sine, cosine;
    sine_cosine_of_turns(u, sine, cosine);
    const double quarter = std::rint(4 * u);
    const long double angle = (4 * u - quarter) * kHalfPi;  // the difference is exact
    const long double s = std::sin(angle), c = std::cos(angle);
    const int q = static_cast<int>(quarter) % 4;
    const long double expected_sine = q == 0 ? s : q == 1 ? c : q == 2 ? -s : -c;
    const long double expected_cosine = q == 0 ? c : q == 1 ? -s : q == 2 ? -c : s;
    SOTTO_CHECK(std::abs(static_cast<long double>(sine) - std::sin(4 * kHalfPi * u)) < 1e-15L, "sin at u = " << u);
    if (expected_sine != 0) worst = std::max(worst, ulps(sine, expected_sine));
    if (expected_cosine != 0) worst = std::max(worst, ulps(cosine, expected_cosine));
  }
  SOTTO_CHECK(worst < 1.1, "worst error " << worst << " ulp");
}

SOTTO_TEST(uniforms_stay_in_range) {
  SOTTO_CHECK(uniform(0, 0) == 0x1p-65, "the smallest");
  SOTTO_CHECK(uniform(~0u, ~0u) == 1, "the largest");
  SOTTO_CHECK(uniform(1, 0) == 1.5 * 0x1p-64 && uniform(0, 1) == (0x1p32 + 0.5) * 0x1p-64, "the words' order");
  double z0, z1;
  normal_pair(0, 0, 0, 0, z0, z1);
  SOTTO_CHECK(z0 > 9.49 && z0 < kLargestNormal, "the largest normal is " << z0);
  normal_pair(~0u, ~0u, 123, 456, z0, z1);
  SOTTO_CHECK(z0 == 0 && z1 == 0, "the smallest radius");
}

SOTTO_TEST(exponentials_stay_in_range_and_on_the_table) {
  SOTTO_CHECK(exponential(0, 0) == kLargestExponential, "the largest");
  SOTTO_CHECK(exponential(~0u, ~0u) == 0, "the smallest");
  SOTTO_CHECK(exponential(4, 9) == exponential(5, 9), "the lowest bit is the sign's");
  SOTTO_CHECK(laplace(0, 9) == exponential(0, 9) && laplace(1, 9) == -exponential(0, 9), "the sign");
  Random random(9);
  for (const int64_t segments : {int64_t{2}, int64_t{33}, int64_t{1000}, int64_t{4097}, kMostSegments}) {
    const double rows = rows_per_unit(segments);
    SOTTO_CHECK(quantile_place(0, rows).row == 0 && quantile_place(0, rows).x == 0, segments << " rows: w = 0");
    const QuantilePlace last = quantile_place(kLargestExponential, rows);
    SOTTO_CHECK(last.row == static_cast<uint64_t>(segments - 1) && std::abs(last.x) < 1e-9,
                segments << " rows: the end");
    for (int i = 0; i < 20000; i++) {
      const uint64_t word = random.bits() >> random.below(64);
      const double w = exponential(static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32));
      const QuantilePlace place = quantile_place(w, rows);
      SOTTO_CHECK(place.row < static_cast<uint64_t>(segments) && std::abs(place.x) <= 0.5,
                  segments << " rows at " << w);
      const double back = (static_cast<double>(place.row) + place.x) / rows;
      SOTTO_CHECK(std::abs(back - w) <= 1e-14 * (1 + w), segments << " rows: " << w << " became " << back);
    }
  }
}

SOTTO_TEST(rounding_to_the_grid_is_that_of_rint) {
  Random random(8);
  for (int i = 0; i < 200000; i++) {
    const double quantum = std::ldexp(1.0, static_cast<int>(random.below(80)) - 60);
    double quanta = std::ldexp(2 * random.uniform() - 1, static_cast<int>(random.below(52)));  // below 2^51
    if (i % 5 == 0) quanta = std::floor(quanta) + 0.5;                                         // ties
    const double v = quanta * quantum;
    SOTTO_CHECK(round_to_quantum(v, quantum) == quantum * std::rint(v / quantum), v << " at quantum " << quantum);
  }
  SOTTO_CHECK(std::isnan(round_to_quantum(std::nan(""), 1)), "NaN");
  SOTTO_CHECK(is_quantum(0x1p-40) && is_quantum(1) && !is_quantum(3) && !is_quantum(0) && !is_quantum(-1) &&
                  !is_quantum(std::nan("")) && !is_quantum(0x1p1000),
              "powers of two");
}

}  // namespace
}  // namespace sotto::test
