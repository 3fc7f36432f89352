// The vector vocabulary of every instruction set against float64 and against the scalar one.
#include <limits>

#include "data.h"
#include "isa/words.h"
#include "places.h"

namespace {

using register_words::comparison;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

const register_words::table& table() { return register_words::in_use(); }

// One word over any number of values; the last register is filled up with ones.
std::vector<float> all(void (*word)(const float*, float*), const std::vector<float>& in) {
  const size_t lanes = static_cast<size_t>(table().lanes);
  std::vector<float> padded = in, out((in.size() + lanes - 1) / lanes * lanes);
  padded.resize(out.size(), 1.0f);
  for (size_t i = 0; i < out.size(); i += lanes) word(padded.data() + i, out.data() + i);
  out.resize(in.size());
  return out;
}

float one(void (*word)(const float*, float*), float a) { return all(word, {a})[0]; }

// In units of the last place of the exact value's float.
double ulps(float got, double exact) {
  const float nearest = std::max(static_cast<float>(std::fabs(exact)), std::numeric_limits<float>::min());
  const double ulp = static_cast<double>(std::nextafter(nearest, inf)) - nearest;
  return std::fabs(got - exact) / ulp;
}

// Every `step`-th float between two floats of one sign.
std::vector<float> floats(float from, float to, uint32_t step) {
  std::vector<float> out;
  const uint32_t a = std::min(data::bits(from), data::bits(to)), b = std::max(data::bits(from), data::bits(to));
  for (uint64_t w = a; w <= b; w += step) out.push_back(data::from_bits(static_cast<uint32_t>(w)));
  out.push_back(data::from_bits(b));
  return out;
}

template <class Exact>
void within(double limit, void (*word)(const float*, float*), const std::vector<float>& in, const Exact& exact, const char* name) {
  const std::vector<float> out = all(word, in);
  double worst = 0;
  float at = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    const double error = out[i] == out[i] ? ulps(out[i], exact(static_cast<double>(in[i]))) : INFINITY;
    if (error > worst) worst = error, at = in[i];
  }
  CHECK(worst <= limit, name, "(", at, ") is ", worst, " ulp off, ", one(word, at), " for ", exact(at));
}

double exp64(double a) { return std::exp(a); }
double log64(double a) { return std::log(a); }
double log1p64(double a) { return std::log1p(a); }
double tanh64(double a) { return std::tanh(a); }

// Pairs of awkward values, a register at a time.
template <class Body>
void pairs(const Body& body) {
  const std::vector<float> values{0.0f, -0.0f, 1.0f, -1.0f, 1.5f, 3e38f, -3e38f, 1e-40f, inf, -inf, quiet_nan, 16777216.0f, -2.5f};
  const size_t lanes = static_cast<size_t>(table().lanes);
  for (size_t shift = 0; shift < values.size(); ++shift)
    for (size_t at = 0; at < values.size(); at += lanes) {
      std::vector<float> a(lanes), b(lanes);
      for (size_t l = 0; l < lanes; ++l) {
        a[l] = values[(at + l) % values.size()];
        b[l] = values[(at + l + shift) % values.size()];
      }
      body(a, b);
    }
}

template <class Expected>
void elementwise(void (*word)(const float*, const float*, float*), const Expected& expected, const char* name) {
  pairs([&](const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> out(a.size());
    word(a.data(), b.data(), out.data());
    for (size_t l = 0; l < a.size(); ++l) {
      const float want = expected(a[l], b[l]);
      CHECK(data::same(out[l], want) || (want == 0 && out[l] == 0), name, "(", a[l], ", ", b[l], ") is ", out[l], ", wanted ", want);
    }
  });
}

template <class Expected>
void compared(const std::function<uint64_t(const float*, const float*)>& word, const Expected& expected, const char* name) {
  pairs([&](const std::vector<float>& a, const std::vector<float>& b) {
    uint64_t want = 0;
    for (size_t l = 0; l < a.size(); ++l) want |= static_cast<uint64_t>(expected(a[l], b[l])) << l;
    CHECK_EQ(word(a.data(), b.data()), want, name, " of ", a[0], " and ", b[0], "…");
  });
}

}  // namespace

TEST_EACH("exp is within 2 ulp of float64 from −87 to 88") {
  within(2, table().exp, floats(0x1p-40f, 88.0f, 1777), exp64, "exp");
  within(2, table().exp, floats(-0x1p-40f, -87.0f, 1777), exp64, "exp");
}

TEST_EACH("exp at its limits") {
  const auto exp = table().exp;
  CHECK_EQ(one(exp, 0.0f), 1.0f);
  CHECK_EQ(one(exp, -0.0f), 1.0f);
  CHECK_EQ(one(exp, 1e-45f), 1.0f);
  for (const float a : {-87.5f, -88.0f, -103.0f, -1e30f, -2e30f, -std::numeric_limits<float>::max(), -inf}) CHECK_EQ(one(exp, a), 0.0f, a);
  CHECK(std::isnan(one(exp, quiet_nan)), one(exp, quiet_nan));
  CHECK(std::isnan(one(exp, -quiet_nan)), one(exp, -quiet_nan));
  // Above its range it stays where it was, finite.
  for (const float a : {88.0f, 88.5f, 89.0f, 1e30f, inf}) CHECK_EQ(one(exp, a), one(exp, 88.0f), a);
}

TEST_EACH("exp never falls where its argument rises") {
  const std::vector<float> in = floats(1.0f, 88.0f, 50021);
  const std::vector<float> out = all(table().exp, in);
  for (size_t i = 1; i < out.size(); ++i) CHECK(out[i] >= out[i - 1], in[i - 1], " → ", out[i - 1], ", ", in[i], " → ", out[i]);
}

TEST_EACH("log is within 2 ulp of float64 over the normal floats") {
  within(2, table().log, floats(std::numeric_limits<float>::min(), std::numeric_limits<float>::max(), 7919), log64, "log");
  CHECK_EQ(one(table().log, 1.0f), 0.0f);
  CHECK(std::isnan(one(table().log, quiet_nan)), one(table().log, quiet_nan));
}

TEST_EACH("log1p is within 2 ulp of float64") {
  within(2, table().log1p, floats(std::numeric_limits<float>::min(), 1e38f, 7919), log1p64, "log1p");
  within(2, table().log1p, floats(-std::numeric_limits<float>::min(), -0.99999f, 7919), log1p64, "log1p");
  CHECK_EQ(one(table().log1p, -1.0f), -inf);
  CHECK_EQ(one(table().log1p, inf), inf);
  CHECK_EQ(one(table().log1p, 0.0f), 0.0f);
  CHECK(std::isnan(one(table().log1p, quiet_nan)), one(table().log1p, quiet_nan));
}

TEST_EACH("tanh is within 5 ulp of float64, and ends at ±1") {
  within(5, table().tanh, floats(1e-30f, 20.0f, 7919), tanh64, "tanh");
  CHECK_EQ(one(table().tanh, inf), 1.0f);
  CHECK_EQ(one(table().tanh, -40.0f), -1.0f);
  CHECK(std::isnan(one(table().tanh, quiet_nan)), one(table().tanh, quiet_nan));
}

TEST_EACH("arithmetic is IEEE's") {
  const register_words::table& t = table();
  elementwise(
      t.add, [](float a, float b) { return a + b; }, "add");
  elementwise(
      t.subtract, [](float a, float b) { return a - b; }, "subtract");
  elementwise(
      t.multiply, [](float a, float b) { return a * b; }, "multiply");
  elementwise(
      t.divide, [](float a, float b) { return a / b; }, "divide");
  pairs([&](const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> root(a.size()), size(a.size()), minus(a.size()), fused(a.size());
    t.sqrt(a.data(), root.data());
    t.abs(a.data(), size.data());
    t.negate(a.data(), minus.data());
    t.fma(a.data(), b.data(), a.data(), fused.data());
    for (size_t l = 0; l < a.size(); ++l) {
      CHECK(data::same(root[l], std::sqrt(a[l])), "sqrt(", a[l], ") is ", root[l]);
      CHECK(data::same(size[l], std::fabs(a[l])), "abs(", a[l], ") is ", size[l]);
      CHECK(data::same(minus[l], -a[l]), "−(", a[l], ") is ", minus[l]);
      // Without a fused instruction the product is rounded once more.
      const float once = std::fma(a[l], b[l], a[l]), twice = a[l] * b[l] + a[l];
      CHECK(data::same(fused[l], once) || (t.lanes == 1 && data::same(fused[l], twice)), "fma(", a[l], ", ", b[l], ") is ", fused[l]);
    }
  });
}

TEST_EACH("max and min take the second operand where either is NaN") {
  const auto larger = [](float a, float b) { return a > b ? a : b; };
  const auto smaller = [](float a, float b) { return a < b ? a : b; };
  elementwise(table().max, larger, "max");
  elementwise(table().min, smaller, "min");
}

TEST_EACH("max_or_nan keeps a NaN of either") {
  const auto larger = [](float a, float b) { return a != a || b != b ? quiet_nan : std::max(std::fabs(a), std::fabs(b)); };
  elementwise(table().max_or_nan, larger, "max_or_nan of |a|, |b|");
}

TEST_EACH("sign_of is −1, 0, 1 or NaN") {
  for (const float a : {1e-45f, 1e-40f, 1.0f, 3e38f, inf}) {
    CHECK_EQ(one(table().sign_of, a), 1.0f, a);
    CHECK_EQ(one(table().sign_of, -a), -1.0f, -a);
  }
  CHECK_EQ(one(table().sign_of, 0.0f), 0.0f);
  CHECK_EQ(one(table().sign_of, -0.0f), 0.0f);
  CHECK(std::isnan(one(table().sign_of, quiet_nan)), one(table().sign_of, quiet_nan));
}

// log₂ a is an ulp off and its product with p is rounded: 1½ units of relative size, and an ulp may be half of one.
TEST_EACH("power_of_ratio is right to 2 ulp, and 3 for each power of e that it is below 1") {
  const register_words::table& t = table();
  for (const float p : {0.1f, 1.0f, 1.5f, 2.0f, 7.25f, 100.0f, 3000.0f})
    for (const float a : floats(0x1p-40f, 1.0f, 40009)) {
      std::vector<float> base(static_cast<size_t>(t.lanes), a), power(base.size(), p), out(base.size());
      t.power_of_ratio(base.data(), power.data(), out.data());
      const double exact = std::pow(static_cast<double>(a), static_cast<double>(p)), size = -std::log(exact);
      if (exact >= 0x1.1p-126)
        CHECK(ulps(out[0], exact) <= 2 + 3 * size, a, "^", p, " is ", out[0], ", wanted ", exact);
      else if (exact < 0x1p-127)
        CHECK_EQ(out[0], 0.0f, a, "^", p);
    }
  std::vector<float> zeros(static_cast<size_t>(t.lanes)), half(zeros.size(), 0.5f), out(zeros.size());
  t.power_of_ratio(zeros.data(), half.data(), out.data());
  CHECK(out[0] < 1e-19f, "0^0.5 is ", out[0]);
}

TEST_EACH("comparisons are false with NaN, and masks combine lane by lane") {
  const register_words::table& t = table();
  const auto with = [&](comparison how) { return [&t, how](const float* a, const float* b) { return t.compare(how, a, b); }; };
  compared(
      with(comparison::less), [](float a, float b) { return a < b; }, "<");
  compared(
      with(comparison::less_equal), [](float a, float b) { return a <= b; }, "<=");
  compared(
      with(comparison::greater), [](float a, float b) { return a > b; }, ">");
  compared(
      with(comparison::greater_equal), [](float a, float b) { return a >= b; }, ">=");
  compared(
      with(comparison::equal), [](float a, float b) { return a == b; }, "==");
  compared(
      t.both, [](float a, float b) { return a < 0 && b < 0; }, "&&");
  compared(
      t.either, [](float a, float b) { return a < 0 || b < 0; }, "||");
  compared([&](const float* a, const float*) { return t.neither(a); }, [](float a, float) { return !(a < 0); }, "!");
}

TEST_EACH("select takes lane by lane, any sees every lane") {
  const register_words::table& t = table();
  pairs([&](const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> out(a.size()), yes(a.size()), no(a.size());
    for (size_t l = 0; l < a.size(); ++l) yes[l] = static_cast<float>(l), no[l] = -1.0f - static_cast<float>(l);
    t.select(a.data(), b.data(), yes.data(), no.data(), out.data());
    for (size_t l = 0; l < a.size(); ++l) CHECK_EQ(out[l], a[l] < b[l] ? yes[l] : no[l], a[l], " < ", b[l]);
  });
  std::vector<float> a(static_cast<size_t>(t.lanes), 1.0f);
  CHECK(!t.any(a.data()), "no lane is negative");
  for (float& lane : a) {
    lane = -1.0f;
    CHECK(t.any(a.data()), "lane ", &lane - a.data());
    lane = quiet_nan;
    CHECK(!t.any(a.data()), "NaN in lane ", &lane - a.data());
    lane = 1.0f;
  }
}

TEST_EACH("labels are compared as integers") {
  const register_words::table& t = table();
  for (const int32_t label : {0, -1, 7, 16777216, 16777217, INT32_MAX, INT32_MIN}) {
    std::vector<int32_t> labels(static_cast<size_t>(t.lanes), label ^ 1);
    CHECK_EQ(t.same_label(labels.data(), label), uint64_t{0}, label);
    for (int l = 0; l < t.lanes; ++l) {
      labels[static_cast<size_t>(l)] = label;
      CHECK_EQ(t.same_label(labels.data(), label), (uint64_t{2} << l) - 1, label);
    }
  }
}

TEST_EACH("only_lane names one lane, or none outside the register") {
  const register_words::table& t = table();
  for (int l = 0; l < t.lanes; ++l) CHECK_EQ(t.only_lane(l), uint64_t{1} << l);
  for (const int64_t at : {int64_t{-1}, int64_t{t.lanes}, int64_t{1} << 32, -(int64_t{1} << 32), INT64_MIN, INT64_MAX})
    CHECK_EQ(t.only_lane(at), uint64_t{0}, at);
}

TEST_EACH("lanes_before names the lanes before one, none or all outside the register") {
  const register_words::table& t = table();
  const uint64_t all = (uint64_t{2} << (t.lanes - 1)) - 1;
  for (int l = 0; l < t.lanes; ++l) CHECK_EQ(t.lanes_before(l), (uint64_t{1} << l) - 1, l);
  for (const int64_t at : {int64_t{t.lanes}, int64_t{t.lanes} + 1, int64_t{1} << 32, INT64_MAX}) CHECK_EQ(t.lanes_before(at), all, at);
  for (const int64_t at : {int64_t{0}, int64_t{-1}, -(int64_t{1} << 32), INT64_MIN}) CHECK_EQ(t.lanes_before(at), uint64_t{0}, at);
}
