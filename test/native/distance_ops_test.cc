// Laws of every distance's functor, in float64. A new entry of the table is covered by itself.
#include "wide.h"
// After wide.h, whose words the functors use.
#include "distance/ops.gen.h"
#include "distance/table.gen.h"

#include "data.h"
#include "harness.h"

namespace {

using namespace warpweft::distance;
namespace ops = warpweft::distance::host;

constexpr int d = 7;
struct point {
  double at[d];
};

double dot(const point& x, const point& y) {
  double sum = 0;
  for (int k = 0; k < d; ++k) sum += x.at[k] * y.at[k];
  return sum;
}

point random_point(data::rng& random) {
  point p;
  for (double& v : p.at) v = data::uniform(random, -2, 2);
  return p;
}

point unit(point p) {
  const double norm = std::sqrt(dot(p, p));
  for (double& v : p.at) v /= norm;
  return p;
}

// What the kernels hand to `score` beside the dot.
template <class Op>
double scalar_of(const point& x) {
  switch (Op::scalar) {
    case row_scalar::square_norm: return dot(x, x);
    case row_scalar::inverse_norm: return 1 / std::max(std::sqrt(dot(x, x)), 1e-12);
    default: return 0;
  }
}

template <class Op>
double value(const point& x, const point& y) {
  return Op::score(dot(x, y), scalar_of<Op>(x), scalar_of<Op>(y));
}

// ∂value/∂x as gradient.inl.h takes it: slope · y, on unit rows where the metric asks for them; a difference subtracts slope · x.
template <class Op>
point gradient(const point& x, const point& y) {
  const double slope = Op::slope(value<Op>(x, y)), norm = std::sqrt(dot(x, x));
  const point a = Op::on_unit_rows ? unit(x) : x, b = Op::on_unit_rows ? unit(y) : y;
  point g;
  for (int k = 0; k < d; ++k) g.at[k] = slope * (Op::symmetric_difference ? b.at[k] - a.at[k] : b.at[k]);
  if (!Op::on_unit_rows) return g;
  const double along = dot(g, a);
  for (int k = 0; k < d; ++k) g.at[k] = (g.at[k] - along * a.at[k]) / norm;
  return g;
}

template <class Op>
void check_slope(const char* name) {
  data::rng random(21);
  constexpr double step = 1e-5;
  for (int round = 0; round < 50; ++round) {
    const point x = random_point(random), y = random_point(random), g = gradient<Op>(x, y);
    for (int k = 0; k < d; ++k) {
      point up = x, down = x;
      up.at[k] += step;
      down.at[k] -= step;
      const double slope = (value<Op>(up, y) - value<Op>(down, y)) / (2 * step);
      // The third derivative times step², with values and derivatives of order 10.
      CHECK(std::fabs(slope - g.at[k]) <= 1000 * step * step, name, ": ∂/∂x", k, " is ", g.at[k], ", differences say ", slope);
    }
  }
}

template <class Op>
void check_symmetry(const char* name) {
  data::rng random(22);
  for (int round = 0; round < 50; ++round) {
    const point x = random_point(random), y = random_point(random);
    const double there = value<Op>(x, y), back = value<Op>(y, x);
    CHECK(std::fabs(there - back) <= 4 * 0x1p-52 * (1 + std::fabs(there)), name, ": ", there, " and ", back);
  }
}

template <class Op>
void check_safety(metric_id id, const char* name) {
  if constexpr (Op::safety != exact::none) {
    CHECK(!larger_is_closer(id), name, " is a distance");
    data::rng random(23);
    for (int round = 0; round < 50; ++round) {
      const point x = random_point(random);
      point y = x;
      y.at[round % d] += 1e-4;
      const double a = scalar_of<Op>(x), b = scalar_of<Op>(y);
      CHECK(Op::within(near_share, value<Op>(x, y), a, b), name, ": rows 1e-4 apart are near, value ", value<Op>(x, y));
      CHECK(Op::within(near_share, 0.0, a, b) && Op::within(near_share, double(NAN), a, b), name, ": 0 and NaN are re-evaluated");
      for (double& v : y.at) v = -v;
      CHECK(!Op::within(near_share, value<Op>(x, y), scalar_of<Op>(x), scalar_of<Op>(y)), name, ": opposite rows are far, value ",
            value<Op>(x, y));
      // Rounding may take the dot beyond what Cauchy and Schwarz allow.
      CHECK_EQ(Op::score(dot(x, x) * (1 + 1e-9), scalar_of<Op>(x), scalar_of<Op>(x)), 0.0, name, ": never below 0");
    }
    CHECK(std::isnan(Op::score(double(NAN), 1.0, 1.0)), name, ": NaN stays");
  }
  if constexpr (Op::safety == exact::dot64) {
    data::rng random(24);
    for (int round = 0; round < 50; ++round) {
      const point x = random_point(random), y = random_point(random);
      const double want = value<Op>(x, y), got = Op::from_dot64(dot(x, y), std::sqrt(dot(x, x) * dot(y, y)));
      CHECK(std::fabs(got - want) <= 1e-13, name, ": from the dot ", got, ", score ", want);
      CHECK_EQ(Op::from_dot64(dot(x, x) * (1 + 1e-9), dot(x, x)), 0.0, name, ": never below 0");
    }
  }
  if constexpr (Op::safety == exact::difference) {
    data::rng random(24);
    for (int round = 0; round < 50; ++round) {
      const point x = random_point(random), y = random_point(random);
      double square = 0;
      for (int k = 0; k < d; ++k) square += (x.at[k] - y.at[k]) * (x.at[k] - y.at[k]);
      const double want = Op::from_difference(square), got = value<Op>(x, y);
      CHECK(std::fabs(got - want) <= 1e-13 * (1 + want), name, ": expansion ", got, ", difference ", want);
    }
  }
}

// One instance for floats and one for float64 say the same up to float32's rounding.
template <class Op>
void check_float(const char* name) {
  data::rng random(25);
  for (int round = 0; round < 50; ++round) {
    const point x = random_point(random), y = random_point(random);
    const double s = dot(x, y), a = scalar_of<Op>(x), b = scalar_of<Op>(y), wide = Op::score(s, a, b);
    const float narrow = Op::score(static_cast<float>(s), static_cast<float>(a), static_cast<float>(b));
    const double terms = std::fabs(s) + std::fabs(a) + std::fabs(b) + 1;
    CHECK(std::fabs(narrow * 1.0 - wide) <= 8 * 0x1p-23 * terms * (1 + 1 / (std::fabs(wide) + 1e-3)), name, " is ", narrow, ", wanted ",
          wide);
  }
}

}  // namespace

#define LAWS(name) \
  static const bool name##_slope = harness::add("slope of " #name, [] { check_slope<ops::name>(#name); }); \
  static const bool name##_symmetry = harness::add("symmetry of " #name, [] { check_symmetry<ops::name>(#name); }); \
  static const bool name##_safety = harness::add("safety of " #name, [] { check_safety<ops::name>(metric_id::name, #name); }); \
  static const bool name##_float = harness::add("float32 of " #name, [] { check_float<ops::name>(#name); });
WARPWEFT_DISTANCE_LIST(LAWS)
#undef LAWS

TEST("a euclidean distance of 0 has slope 0") { CHECK_EQ(ops::euclidean::slope(0.0), 0.0); }
