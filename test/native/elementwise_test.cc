// Metrics that are accumulated over the coordinates of x − y, on every instruction set, against plain loops.
#include <cstring>
#include <limits>

#include "data.h"
#include "distance/distance.h"
#include "places.h"

namespace {

using namespace warpweft::distance;
using warpweft::call_options;
using warpweft::dtype;
using warpweft::matrix;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

struct metric_of {
  metric_id id;
  double p;  // 1, ∞, or minkowski's
};
const std::vector<metric_of> metrics{{metric_id::cityblock, 1},   {metric_id::chebyshev, INFINITY}, {metric_id::minkowski, 1.25},
                                     {metric_id::minkowski, 3},   {metric_id::minkowski, 4},        {metric_id::minkowski, 2.5},
                                     {metric_id::minkowski, 300}, {metric_id::minkowski, 1e6}};

struct rows {
  rows(int64_t count, int64_t d, uint32_t seed, float offset = 0, float scale = 1) : of{} {
    data::rng random(seed);
    values = data::uniforms(random, count * d, -1, 1);
    for (float& v : values) v = offset + scale * v;
    of = {values.data(), dtype::float32, count, d, d, 1};
  }
  rows(const rows&) = delete;
  const float* row(int64_t i) const { return values.data() + i * of.columns; }
  float* row(int64_t i) { return values.data() + i * of.columns; }
  std::vector<float> values;
  matrix of;
};

pair_params pair_of(const metric_of& metric, const rows& x, const rows& y, bool self = false) {
  pair_params pair = warpweft::distance::pair_of(metric.id, x.of, y.of, self);
  pair.scalars[0] = metric.p;
  return pair;
}

std::vector<float> values_of(const metric_of& metric, const rows& x, const rows& y, int threads = 1) {
  std::vector<float> out(static_cast<size_t>(x.of.rows * y.of.rows));
  pairwise({pair_of(metric, x, y), out.data(), dtype::float32, y.of.rows}, {threads, nullptr});
  return out;
}

// In T's precision throughout.
template <class T>
double plain(const metric_of& metric, const float* x, const float* y, int64_t d) {
  T most = 0, sum = 0;
  for (int64_t k = 0; k < d; ++k) most = std::max(most, std::fabs(T(x[k]) - T(y[k])));
  if (std::isinf(metric.p) || most == 0) return static_cast<double>(most);
  const T scale = metric.p == 1 ? T(1) : most, p = static_cast<T>(metric.p);
  for (int64_t k = 0; k < d; ++k) sum += std::pow(std::fabs(T(x[k]) - T(y[k])) / scale, p);
  return static_cast<double>(scale * std::pow(sum, 1 / p));
}

std::string words(const metric_of& metric, const rows& x, const rows& y) {
  return harness::words(" with p = ", metric.p, ", ", x.of.rows, "×", y.of.rows, "×", x.of.columns);
}

void agrees(const metric_of& metric, const rows& x, const rows& y) {
  const std::vector<float> out = values_of(metric, x, y);
  data::earned error;
  for (int64_t i = 0; i < x.of.rows; ++i)
    for (int64_t j = 0; j < y.of.rows; ++j) {
      const double exact = plain<double>(metric, x.row(i), y.row(j), x.of.columns);
      error.see(out[static_cast<size_t>(i * y.of.rows + j)], plain<float>(metric, x.row(i), y.row(j), x.of.columns), exact, exact);
    }
  CHECK_EARNED(error, words(metric, x, y), ", first element ", x.row(0)[0]);
}

// ∂value/∂x_k by the formula, in T's precision.
template <class T>
T partial(const metric_of& metric, T diff, T value) {
  const T sign = diff > 0 ? T(1) : diff < 0 ? T(-1) : T(0);
  if (metric.p == 1) return sign;
  if (std::isinf(metric.p)) return std::fabs(diff) >= value ? sign : T(0);
  return value == 0 ? T(0) : sign * std::pow(std::fabs(diff) / value, static_cast<T>(metric.p - 1));
}

struct shape {
  int64_t n, m, d;
};
constexpr shape shapes[] = {{3, 400, 5}, {70, 9, 33}, {49, 50, 64}, {1, 1, 1}, {9, 50, 1100}, {5, 6, 0}};

}  // namespace

TEST_EACH("elementwise metrics agree with float64 as a plain loop does") {
  for (const metric_of& metric : metrics) {
    for (const shape& s : shapes) agrees(metric, rows(s.n, s.d, 61), rows(s.m, s.d, 62));
    for (const float scale : {1e-30f, 1e-12f, 1e12f, 1e30f}) agrees(metric, rows(9, 50, 63, 0, scale), rows(60, 50, 64, 0, scale));
    agrees(metric, rows(9, 50, 65, 4096, 0.5f), rows(60, 50, 66, 4096, 0.5f));
  }
}

TEST_EACH("elementwise metrics: pairs of one tile may be of any size") {
  rows x(8, 40, 67), y(48, 40, 68);
  for (int64_t j = 0; j < 48; ++j)
    for (int64_t k = 0; k < 40; ++k) y.row(j)[k] = x.row(j % 8)[k] + y.row(j)[k] * std::ldexp(1.0f, static_cast<int>(j - 24) * 4);
  for (const metric_of& metric : metrics) agrees(metric, x, y);
}

TEST_EACH("elementwise metrics: equal rows have distance 0, NaN and infinities go through") {
  for (const metric_of& metric : metrics) {
    rows x(50, 37, 69);
    x.row(7)[36] = quiet_nan;
    x.row(11)[0] = inf;
    x.row(12)[0] = inf;
    const std::vector<float> out = values_of(metric, x, x, 2);
    const auto at = [&](int64_t i, int64_t j) { return out[static_cast<size_t>(i * 50 + j)]; };
    for (int64_t i = 0; i < 50; ++i) {
      CHECK(std::isnan(at(i, 7)) && std::isnan(at(7, i)), at(i, 7), ", ", at(7, i), " in row ", i, words(metric, x, x));
      if (i == 7) continue;
      if (i != 11 && i != 12) {
        CHECK_EQ(at(i, i), 0.0f, "row ", i, words(metric, x, x));
        CHECK_EQ(at(i, 11), inf, "row ", i, words(metric, x, x));
        CHECK_EQ(at(12, i), inf, "row ", i, words(metric, x, x));
      }
    }
    CHECK(std::isnan(at(11, 12)), at(11, 12), words(metric, x, x));
    for (int64_t i = 0; i < 50; ++i)
      for (int64_t j = 0; j < i; ++j) CHECK(data::same(at(i, j), at(j, i)), at(i, j), " and ", at(j, i), words(metric, x, x));
  }
}

TEST_EACH("elementwise metrics: the same bits for any number of threads, and 16-bit rows as float32 has them") {
  rows x(130, 90, 70), y(201, 90, 71);
  std::vector<uint16_t> half;
  for (rows* side : {&x, &y})
    for (float& v : side->values) v = data::from_bits(data::bits(v) & 0xffff0000u);
  for (const float v : y.values) half.push_back(static_cast<uint16_t>(data::bits(v) >> 16));
  rows narrow(0, 90, 0);
  narrow.of = {half.data(), dtype::bfloat16, 201, 90, 90, 1};
  for (const metric_of& metric : {metrics[0], metrics[1], metrics[2], metrics[3]}) {
    const std::vector<float> one = values_of(metric, x, y, 1), two = values_of(metric, x, y, 7), same = values_of(metric, x, narrow, 2);
    CHECK(std::memcmp(one.data(), two.data(), one.size() * 4) == 0, "other bits", words(metric, x, y));
    CHECK(std::memcmp(one.data(), same.data(), one.size() * 4) == 0, "other bits of bfloat16", words(metric, x, y));
  }
}

namespace {

// Gradients of both sides against the formula in float64 and in float32, from one stored result.
void gradients_agree(const metric_of& metric, const rows& x, const rows& y, bool self) {
  const int64_t n = x.of.rows, m = y.of.rows, d = x.of.columns;
  data::rng random(74);
  const std::vector<float> grad = data::uniforms(random, n * m, -1, 1), value = values_of(metric, x, y);
  std::vector<float> first;
  for (const int threads : {1, 5}) {
    std::vector<float> out(static_cast<size_t>((n + (self ? 0 : m)) * d), -7.0f);
    pairwise_backward({pair_of(metric, x, y, self), value.data(), grad.data(), out.data(), self ? nullptr : out.data() + n * d},
                      {threads, nullptr});
    if (first.empty()) first = out;
    CHECK(std::memcmp(first.data(), out.data(), out.size() * 4) == 0, "other bits", words(metric, x, y));
  }
  data::earned error;
  const auto row = [&](int64_t at, const rows& own, const rows& other, bool across, int64_t out) {
    for (int64_t k = 0; k < d; ++k) {
      double exact = 0, terms = 0;
      float naive = 0;
      for (int64_t j = 0; j < other.of.rows; ++j) {
        const size_t pair = static_cast<size_t>(across ? j * m + at : at * m + j), back = static_cast<size_t>(j * m + at);
        const double weight = self ? static_cast<double>(grad[pair]) + grad[back] : grad[pair];
        const double diff = static_cast<double>(own.row(at)[k]) - other.row(j)[k];
        const double seen = std::isinf(metric.p) ? static_cast<float>(diff) : diff;
        const double term = weight * partial<double>(metric, seen, value[pair]);
        exact += term;
        terms += std::fabs(term);
        const float once = partial<float>(metric, own.row(at)[k] - other.row(j)[k], value[pair]);
        naive += (self ? grad[pair] + grad[back] : grad[pair]) * once;
      }
      error.see(first[static_cast<size_t>((out + at) * d + k)], naive, exact, terms);
    }
  };
  for (int64_t i = 0; i < n; ++i) row(i, x, y, false, 0);
  if (!self)
    for (int64_t j = 0; j < m; ++j) row(j, y, x, true, n);
  CHECK_EARNED(error, words(metric, x, y), self ? " with itself" : "");
}

}  // namespace

TEST_EACH("gradients of elementwise metrics agree with their formulas") {
  for (const metric_of& metric : metrics) {
    for (const shape& s : shapes) {
      rows x(s.n, s.d, 72), y(s.m, s.d, 73);
      // Equal coordinates, and an equal row.
      for (int64_t i = 0; i < s.n; ++i)
        for (int64_t k = i % 3; k < s.d; k += 3) x.row(i)[k] = y.row(0)[k];
      if (s.d > 0) std::memcpy(x.row(s.n / 2), y.row(s.m / 2), static_cast<size_t>(s.d) * 4);
      gradients_agree(metric, x, y, false);
    }
    const rows x(101, 41, 75);
    gradients_agree(metric, x, x, true);
  }
}

TEST_EACH("gradients of elementwise metrics: ties of the largest difference all count, a NaN stays") {
  rows x(2, 20, 76), y(3, 20, 77);
  for (int64_t k = 0; k < 20; ++k) {
    x.row(0)[k] = k % 2 ? 1.0f : 0.0f;
    y.row(0)[k] = k % 4 == 1 ? 2.0f : 0.0f;  // |δ| is 1 at odd k, 0 at even k
  }
  x.row(1)[3] = quiet_nan;
  const std::vector<float> ones(6, 1.0f);
  for (const metric_of& metric : metrics) {
    const std::vector<float> value = values_of(metric, x, y);
    std::vector<float> grad(6);
    grad[0] = 1;
    std::vector<float> dx(40);
    pairwise_backward({pair_of(metric, x, y), value.data(), grad.data(), dx.data(), nullptr}, {1, nullptr});
    // The rounding of |δ|/d goes into the power.
    const double size = partial<double>(metric, 1, value[0]), near = std::isinf(metric.p) || metric.p == 1 ? 0 : 0x1p-23 * (2 + metric.p);
    for (int64_t k = 0; k < 20; ++k) {
      const double want = k % 2 == 0 ? 0 : k % 4 == 1 ? -size : size;
      CHECK(std::fabs(dx[static_cast<size_t>(k)] - want) <= near * std::fabs(want), dx[static_cast<size_t>(k)], ", wanted ", want,
            words(metric, x, y));
    }
    pairwise_backward({pair_of(metric, x, y), value.data(), ones.data(), dx.data(), nullptr}, {1, nullptr});
    CHECK(std::isnan(dx[23]), dx[23], words(metric, x, y));
  }
}
