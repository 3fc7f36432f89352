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

// Inside the ball of curvature −1/4.
point random_point(data::rng& random) {
  point p;
  for (double& v : p.at) v = data::uniform(random, -0.7f, 0.7f);
  return p;
}

point unit(point p) {
  const double norm = std::sqrt(dot(p, p));
  for (double& v : p.at) v /= norm;
  return p;
}

// Parameters that float32 holds; each set is a metric of its own.
template <class Op>
std::vector<std::array<double, most_metric_scalars>> settings(metric_id id) {
  if (id == metric_id::poincare) return {{0.25, 0}, {0.0625, 0}};
  if (id == metric_id::gaussian) return {{0.5, 0}, {2, 0}};
  if (id == metric_id::mahalanobis) return {{0, 0}, {1, 0}};
  if (id == metric_id::minkowski) return {{3, 0}, {1.5, 0}, {7, 0}};
  return {{0, 0}};
}

// A row as the kernels hand it to the functor.
template <class Op>
struct row {
  point at;
  row_side<double> side{0, 0};

  row(const Op& op, point given) : at(given) {
    if (Op::centred_rows) {
      double mean = 0;
      for (const double v : at.at) mean += v / d;
      for (double& v : at.at) v -= mean;
    }
    const double square = dot(at, at);
    if (Op::scalar == row_scalar::square_norm) side.norm = square;
    if (Op::scalar == row_scalar::inverse_norm) side.norm = 1 / std::max(std::sqrt(square), 1e-12);
    if constexpr (Op::has_extra) side.extra = op.extra(square);
  }
};

template <class Op>
double gap(const Op& op, const row<Op>& x, const row<Op>& y) {
  return op.gap(dot(x.at, y.at), x.side, y.side);
}

// Over the differences of two points; a functor that wants them divided by the largest of them gets that.
template <class V, class Op>
V accumulated(const Op& op, const point& x, const point& y) {
  V sum = 0;
  if constexpr (requires { op.done(sum, sum); }) {
    V largest = 0;
    for (int k = 0; k < d; ++k) largest = std::max(largest, static_cast<V>(std::fabs(x.at[k] - y.at[k])));
    const V r = ops::reciprocal(largest);
    for (int k = 0; k < d; ++k) sum = op.add(sum, static_cast<V>(x.at[k] - y.at[k]) * r);
    return op.done(sum, r);
  } else {
    for (int k = 0; k < d; ++k) sum = op.add(sum, static_cast<V>(x.at[k] - y.at[k]));
    return op.done(sum);
  }
}

template <class Op>
double value(const Op& op, const point& p, const point& q) {
  const row<Op> x(op, p), y(op, q);
  if constexpr (Op::kind == form::elementwise) {
    return accumulated<double>(op, x.at, y.at);
  } else {
    return op.value(gap(op, x, y), x.side, y.side);
  }
}

// From cross · (the other row) + own · (this row) to the gradient of a row that may have been divided by its length.
template <class Op>
point through(const point& mine, const point& other, double cross, double own) {
  const point a = Op::on_unit_rows ? unit(mine) : mine, b = Op::on_unit_rows ? unit(other) : other;
  point g;
  for (int k = 0; k < d; ++k) g.at[k] = cross * b.at[k] + own * a.at[k];
  if (!Op::on_unit_rows) return g;
  const double along = dot(g, a), norm = std::sqrt(dot(mine, mine));
  for (int k = 0; k < d; ++k) g.at[k] = (g.at[k] - along * a.at[k]) / norm;
  return g;
}

// ∂value/∂x, or ∂value/∂y, as the kernels take them.
template <class Op>
point gradient(const Op& op, const point& p, const point& q, bool of_y) {
  const row<Op> x(op, p), y(op, q);
  const double v = value(op, p, q);
  if constexpr (Op::kind == form::elementwise) {
    point g;
    for (int k = 0; k < d; ++k) g.at[k] = of_y ? op.partial(q.at[k] - p.at[k], v) : op.partial(p.at[k] - q.at[k], v);
    return g;
  } else {
    const double cross = op.cross(v, x.side, y.side);
    double own = 0;
    if (Op::own == own_part::difference) own = -cross;
    if constexpr (Op::own == own_part::separate) own = of_y ? op.own_y(v, x.side, y.side) : op.own_x(v, x.side, y.side);
    return of_y ? through<Op>(y.at, x.at, cross, own) : through<Op>(x.at, y.at, cross, own);
  }
}

template <class Op>
void check_slope(const Op& op, const char* name) {
  data::rng random(21);
  constexpr double step = 1e-5;
  for (int round = 0; round < 50; ++round) {
    const point x = random_point(random), y = random_point(random);
    for (const bool of_y : {false, true}) {
      const point g = gradient(op, x, y, of_y);
      for (int k = 0; k < d; ++k) {
        // Where |x_k − y_k| is near 0, a power of it below 3 has no third derivative to go by.
        if (Op::kind == form::elementwise && std::fabs(x.at[k] - y.at[k]) < 100 * step) continue;
        point up = of_y ? y : x, down = up;
        up.at[k] += step;
        down.at[k] -= step;
        const double rise = of_y ? value(op, x, up) - value(op, x, down) : value(op, up, y) - value(op, down, y);
        const double slope = rise / (2 * step);
        // The third derivative times step², with values and derivatives of order 100 at most.
        CHECK(std::fabs(slope - g.at[k]) <= 1e4 * step * step, name, ": ∂/∂", of_y ? "y" : "x", k, " is ", g.at[k], ", differences say ",
              slope);
      }
    }
  }
}

template <class Op>
void check_symmetry(const Op& op, const char* name) {
  data::rng random(22);
  bool same = true;
  for (int round = 0; round < 50; ++round) {
    const point x = random_point(random), y = random_point(random);
    const double there = value(op, x, y), back = value(op, y, x);
    same = same && std::fabs(there - back) <= 8 * 0x1p-52 * (1 + std::fabs(there));
  }
  CHECK_EQ(same, Op::symmetric, name, ": whether both orders have one value");
}

template <class Op>
void check_safety(const Op& op, const char* name) {
  if constexpr (Op::safety != exact::none) {
    data::rng random(23);
    for (int round = 0; round < 50; ++round) {
      const point p = random_point(random);
      point q = p;
      q.at[round % d] += 1e-4;
      const row<Op> x(op, p), y(op, q);
      CHECK(op.within(near_share, gap(op, x, y), x.side, y.side), name, ": rows 1e-4 apart are near, gap ", gap(op, x, y));
      CHECK(op.within(near_share, 0.0, x.side, y.side) && op.within(near_share, double(NAN), x.side, y.side), name,
            ": 0 and NaN are re-evaluated");
      for (double& v : q.at) v = -v;
      const row<Op> far(op, q);
      CHECK(!op.within(near_share, gap(op, x, far), x.side, far.side), name, ": opposite rows are far, gap ", gap(op, x, far));
      // Rounding may take the dot beyond what Cauchy and Schwarz allow.
      CHECK_EQ(op.gap(dot(x.at, x.at) * (1 + 1e-9), x.side, x.side), 0.0, name, ": never below 0");
      // Whether a value is near is asked of the value too.
      const point r = random_point(random);
      const row<Op> other(op, r);
      const double there = gap(op, x, other), back = op.gap_of(op.value(there, x.side, other.side), x.side, other.side);
      CHECK(std::fabs(back - there) <= 1e-9 * there, name, ": gap ", there, ", from its value ", back);
    }
    CHECK(std::isnan(op.gap(double(NAN), row_side<double>{1, 1}, row_side<double>{1, 1})), name, ": NaN stays");
    CHECK(std::isnan(op.value(double(NAN), row_side<double>{1, 1}, row_side<double>{1, 1})), name, ": NaN stays");
  }
  if constexpr (Op::safety == exact::dot64) {
    data::rng random(24);
    for (int round = 0; round < 50; ++round) {
      const row<Op> x(op, random_point(random)), y(op, random_point(random));
      const double want = gap(op, x, y), got = op.from_dot64(dot(x.at, y.at), std::sqrt(dot(x.at, x.at) * dot(y.at, y.at)));
      CHECK(std::fabs(got - want) <= 1e-13, name, ": from the dot ", got, ", gap ", want);
      CHECK_EQ(op.from_dot64(dot(x.at, x.at) * (1 + 1e-9), dot(x.at, x.at)), 0.0, name, ": never below 0");
    }
  }
  if constexpr (Op::safety == exact::difference) {
    data::rng random(24);
    for (int round = 0; round < 50; ++round) {
      const row<Op> x(op, random_point(random)), y(op, random_point(random));
      double square = 0;
      for (int k = 0; k < d; ++k) square += (x.at.at[k] - y.at.at[k]) * (x.at.at[k] - y.at.at[k]);
      CHECK(std::fabs(gap(op, x, y) - square) <= 1e-13 * (1 + square), name, ": expansion ", gap(op, x, y), ", difference ", square);
    }
  }
}

// Equal rows are alike, and pull nowhere.
template <class Op>
void check_equal(const Op& op, metric_id id, const char* name) {
  if (larger_is_closer(id)) return;
  data::rng random(26);
  const point x = random_point(random);
  CHECK(std::fabs(value(op, x, x)) <= 1e-7, name, " of equal rows is ", value(op, x, x));
  if constexpr (Op::kind == form::elementwise) {
    for (int k = 0; k < d; ++k) CHECK_EQ(op.partial(0.0, 0.0), 0.0, name, " has no slope at 0");
  } else if constexpr (Op::safety == exact::difference) {
    const row<Op> a(op, x);
    const double cross = op.cross(0.0, a.side, a.side);
    double own = -cross;
    if constexpr (Op::own == own_part::separate) {
      own = op.own_x(0.0, a.side, a.side);
      CHECK_EQ(op.own_y(0.0, a.side, a.side), own, name, " pulls equal rows alike");
    }
    CHECK(std::isfinite(cross) && own == -cross, name, " at 0: ", cross, " of the other row, ", own, " of its own");
  }
}

// One instance for floats and one for float64 say the same up to float32's rounding.
template <class Op>
void check_float(const Op& op, const char* name) {
  data::rng random(25);
  for (int round = 0; round < 50; ++round) {
    const point p = random_point(random), q = random_point(random);
    const row<Op> x(op, p), y(op, q);
    const double wide = value(op, p, q);
    float narrow;
    if constexpr (Op::kind == form::elementwise) {
      narrow = accumulated<float>(op, p, q);
    } else {
      const auto side = [](const row_side<double>& s) { return row_side<float>{static_cast<float>(s.norm), static_cast<float>(s.extra)}; };
      narrow = op.value(op.gap(static_cast<float>(dot(x.at, y.at)), side(x.side), side(y.side)), side(x.side), side(y.side));
    }
    const double terms = std::fabs(dot(x.at, y.at)) + std::fabs(x.side.norm) + std::fabs(y.side.norm) + 1;
    CHECK(std::fabs(narrow * 1.0 - wide) <= 16 * 0x1p-23 * (terms + std::fabs(wide)) * (1 + 1 / (std::fabs(wide) + 1e-3)), name, " is ",
          narrow, ", wanted ", wide);
  }
}

// Calls check(functor) with each of the settings.
template <class Op, class Check>
void each_setting(metric_id id, const Check& check) {
  for (const auto& scalars : settings<Op>(id)) check(ops::make_op<Op>(scalars.data()));
}

}  // namespace

#define LAW(name, what, call) \
  static const bool name##_##what = \
      harness::add(#what " of " #name, [] { each_setting<ops::name>(metric_id::name, [](const ops::name& op) { call; }); });
#define LAWS(name) \
  LAW(name, slope, check_slope(op, #name)) \
  LAW(name, symmetry, check_symmetry(op, #name)) \
  LAW(name, safety, check_safety(op, #name)) \
  LAW(name, equality, check_equal(op, metric_id::name, #name)) \
  LAW(name, float32, check_float(op, #name))
WARPWEFT_DISTANCE_LIST(LAWS)
#undef LAWS
#undef LAW

TEST("an anchor without variance has no slope") {
  const ops::snr op{};
  const row_side<double> flat{1e-13, op.extra(1e-13)}, other{1, 1};
  CHECK_EQ(op.extra(1e-13), 1e12, "the least variance");
  CHECK_EQ(op.cross(5.0, flat, other), 0.0, "across");
  CHECK_EQ(op.own_x(5.0, flat, other), 0.0, "of the anchor");
  CHECK_EQ(op.own_y(5.0, flat, other), 0.0, "of the other row");
}
