// The functors of attention: a row's softmax joined of parts is that of the whole, and codes of eight bits are the numbers nearest.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attention/ops/e4m3.h"
#include "attention/ops/score.h"
#include "attention/ops/sight.h"
#include "attention/ops/softmax.h"
#include "data.h"
#include "harness.h"

namespace {

namespace ops = warpweft::attention::WARPWEFT_ISA;
using state = ops::softmax<float>;

constexpr float infinity = std::numeric_limits<float>::infinity();

// Scores in order, a few at a time as tiles give them; `sum` stands for what is added up beside the state.
struct row {
  state of = state::zero();
  double sum = 0;
  void add(const std::vector<float>& scores, size_t first, size_t last) {
    float highest = -infinity;
    for (size_t i = first; i < last; ++i) highest = std::fmax(highest, scores[i]);
    sum *= static_cast<double>(of.raise(highest));
    for (size_t i = first; i < last; ++i) sum += static_cast<double>(of.step(scores[i])) * (static_cast<double>(i) + 1);
  }
  void join(const row& other) {
    const state::shares by = of.join(other.of);
    sum = sum * static_cast<double>(by.own) + other.sum * static_cast<double>(by.other);
  }
  double mean() const { return sum * static_cast<double>(of.done()); }
};

std::vector<float> random_scores(uint32_t seed, size_t count, float size) {
  data::rng random(seed);
  std::vector<float> scores(count);
  for (float& s : scores) s = data::uniform(random, -size, size);
  return scores;
}

}  // namespace

TEST("attention softmax: join of parts is the whole, whatever the cut") {
  for (const float size : {1.0f, 30.0f, 1e4f})
    for (uint32_t seed = 1; seed < 20; ++seed) {
      const std::vector<float> scores = random_scores(seed, 40, size);
      row whole;
      whole.add(scores, 0, scores.size());
      const double top = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
      double sum = 0, weighed = 0;
      for (size_t i = 0; i < scores.size(); ++i) {
        const double weight = std::exp(static_cast<double>(scores[i]) - top);
        sum += weight;
        weighed += weight * (static_cast<double>(i) + 1);
      }
      CHECK(std::fabs(whole.mean() - weighed / sum) <= 1e-5 * weighed / sum, whole.mean(), ", wanted ", weighed / sum);
      for (size_t cut = 0; cut <= scores.size(); cut += 7) {
        row first, second;
        first.add(scores, 0, cut);
        second.add(scores, cut, scores.size());
        first.join(second);
        CHECK(std::fabs(first.mean() - whole.mean()) <= 1e-5 * whole.mean(), first.mean(), ", wanted ", whole.mean(), ", cut at ", cut);
        CHECK(std::fabs(first.of.lse() - whole.of.lse()) <= 1e-6f * (1 + std::fabs(whole.of.lse())), "lse, cut at ", cut);
      }
    }
}

TEST("attention softmax: what sees nothing is 0 with lse −∞, and changes nothing it is joined with") {
  row nothing, more;
  nothing.add({-infinity, -infinity}, 0, 2);
  CHECK_EQ(nothing.of.done(), 0.0f);
  CHECK_EQ(nothing.of.lse(), -infinity);
  more.add({1.0f, 3.0f}, 0, 2);
  const float lse = more.of.lse();
  more.join(nothing);
  CHECK_EQ(more.of.lse(), lse);
  nothing.join(more);
  CHECK_EQ(nothing.of.lse(), lse);
}

TEST("attention softmax: a top that stays leaves sums exactly as they are") {
  row of;
  of.add({2.5f, -1.0f}, 0, 2);
  CHECK_EQ(of.of.raise(2.5f), 1.0f);
  CHECK_EQ(of.of.raise(-infinity), 1.0f);
}

TEST("attention softmax: a NaN or +∞ among the scores ends in a NaN") {
  for (const float poison : {std::numeric_limits<float>::quiet_NaN(), infinity}) {
    row of;
    of.add({0.5f, poison, 1.0f}, 0, 3);
    CHECK(std::isnan(of.of.lse()), of.of.lse());
  }
}

TEST("attention score: a cap's slope is that of its value") {
  const ops::score<float, true> capped(warpweft::attention::score_params{0.7f, 3.0f});
  const ops::score<float, false> plain(warpweft::attention::score_params{0.7f, 0.0f});
  for (float x = -9; x < 9; x += 0.37f) {
    const double step = 1e-3, above = 3 * std::tanh(0.7 * (static_cast<double>(x) + step) / 3),
                 below = 3 * std::tanh(0.7 * (static_cast<double>(x) - step) / 3);
    CHECK(std::fabs(static_cast<double>(capped.slope(capped.value(x))) - (above - below) / (2 * step)) < 1e-5, "at ", x);
    CHECK_EQ(plain.value(x), 0.7f * x);
    CHECK_EQ(plain.slope(plain.value(x)), 0.7f);
  }
}

TEST("attention sight: a range and a prefix") {
  for (int key = 0; key < 10; ++key) {
    const float at = static_cast<float>(key);
    CHECK_EQ(ops::sees(at, 4.0f, 6.0f, 2.0f), key < 2 || (key >= 4 && key < 6), "key ", key);
  }
}

TEST("attention e4m3: every code is its own number, and numbers between go to the nearest, halves to the even code") {
  for (int code = 0; code < 256; ++code) {
    if ((code & 0x7f) == 0x7f) {
      CHECK(std::isnan(ops::e4m3_value(static_cast<uint8_t>(code))), "code ", code);
      continue;
    }
    const float value = ops::e4m3_value(static_cast<uint8_t>(code));
    CHECK_EQ(static_cast<int>(ops::e4m3_of(value)), code, value);
    if ((code & 0x7f) == 0x7e) continue;
    const float next = ops::e4m3_value(static_cast<uint8_t>(code + 1)), middle = (value + next) / 2;
    CHECK_EQ(static_cast<int>(ops::e4m3_of(middle)), code % 2 == 0 ? code : code + 1, "half after ", value);
    CHECK_EQ(static_cast<int>(ops::e4m3_of(std::nextafter(middle, value))), code, "below the half after ", value);
    CHECK_EQ(static_cast<int>(ops::e4m3_of(std::nextafter(middle, next))), code + 1, "above the half after ", value);
  }
  CHECK_EQ(static_cast<int>(ops::e4m3_of(1e30f)), 0x7e);
  CHECK_EQ(static_cast<int>(ops::e4m3_of(-infinity)), 0xff);
}

TEST("attention e4m3: the factor is the least power of two that fits, and at least 2⁻¹³") {
  CHECK_EQ(ops::factor_of(448.0f), 1.0f);
  CHECK_EQ(ops::factor_of(std::nextafter(448.0f, 500.0f)), 2.0f);
  CHECK_EQ(ops::factor_of(449.0f), 2.0f);
  CHECK_EQ(ops::factor_of(224.0f), 0.5f);
  CHECK_EQ(ops::factor_of(0.0f), 0x1p-13f);
}
