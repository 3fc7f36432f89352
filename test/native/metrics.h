// Every metric with parameters of its own, rows it is defined on, and its definition in float64.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "data.h"
#include "distance/params.h"

namespace metrics {

using warpweft::dtype;
using warpweft::matrix;
using warpweft::distance::metric_id;
using warpweft::distance::most_metric_scalars;
using warpweft::distance::pair_params;

// Parameters that float32 holds.
struct metric {
  metric_id id;
  std::array<double, most_metric_scalars> scalars{};
  bool is(metric_id other) const { return id == other; }
  bool squared() const { return is(metric_id::mahalanobis) && scalars[0] != 0; }
  bool elementwise() const { return is(metric_id::cityblock) || is(metric_id::chebyshev) || is(metric_id::minkowski); }
  bool centred() const { return is(metric_id::correlation) || is(metric_id::snr); }
  bool cosine() const { return is(metric_id::cosine_similarity) || is(metric_id::cosine) || is(metric_id::correlation); }
};

inline std::vector<std::array<double, most_metric_scalars>> settings(metric_id id) {
  switch (id) {
    case metric_id::poincare: return {{0.25}};
    case metric_id::gaussian: return {{0.5}};
    case metric_id::mahalanobis: return {{0}, {1}};
    case metric_id::minkowski: return {{3}, {2.5}};
    default: return {{}};
  }
}

inline const std::vector<metric>& all() {
  static const std::vector<metric> made = [] {
    std::vector<metric> list;
#define METRICS_ADD(name) \
  for (const auto& scalars : settings(metric_id::name)) list.push_back({metric_id::name, scalars});
    WARPWEFT_DISTANCE_LIST(METRICS_ADD)
#undef METRICS_ADD
    return list;
  }();
  return made;
}

inline std::string words(const metric& of) {
  static const char* const names[] = {
#define METRICS_NAME(name) #name,
      WARPWEFT_DISTANCE_LIST(METRICS_NAME)
#undef METRICS_NAME
  };
  return harness::words(names[static_cast<int>(of.id)], "(", of.scalars[0], ")");
}

// Elements are within ±this: inside the ball, c|x|² < ½; and where values of the gaussian are of order 1.
inline float reach(const metric& of, int64_t d) {
  const double columns = static_cast<double>(std::max<int64_t>(d, 1));
  if (of.is(metric_id::poincare)) return static_cast<float>(0.7 / std::sqrt(of.scalars[0] * columns));
  if (of.is(metric_id::gaussian)) return static_cast<float>(std::min(1.0, std::sqrt(3 / columns)));
  return 1;
}

// L of mahalanobis [d, d], not far from the unit matrix; A = LLᵀ.
inline const std::vector<double>& whitener(int64_t d) {
  static std::map<int64_t, std::vector<double>> made;
  std::vector<double>& l = made[d];
  if (!l.empty()) return l;
  data::rng random(91);
  l.resize(static_cast<size_t>(std::max<int64_t>(d * d, 1)));
  for (int64_t k = 0; k < d; ++k)
    for (int64_t c = 0; c < d; ++c)
      l[static_cast<size_t>(k * d + c)] = (k == c ? 1 : 0) + 0.5 * data::uniform(random, -1, 1) / std::sqrt(static_cast<double>(d));
  return l;
}

// Rows, and what the metric sees of them in float64: without their mean, whitened, or as they are.
struct rows {
  rows(const metric& metric_, int64_t count, int64_t d, uint32_t seed) : by(metric_), of{nullptr, dtype::float32, count, d, d, 1} {
    data::rng random(seed);
    const float most = reach(by, d);
    values = data::uniforms(random, count * d, -most, most);
    look();
  }
  rows(const rows& other) : by(other.by), values(other.values), of(other.of) { look(); }
  rows& operator=(const rows&) = delete;
  double at(int64_t i, int64_t k) const { return seen[static_cast<size_t>(i * of.columns + k)]; }
  double square(int64_t i) const { return squares[static_cast<size_t>(i)]; }
  void move(int64_t i, int64_t k, float step) {
    values[static_cast<size_t>(i * of.columns + k)] += step;
    look();
  }

  metric by;
  std::vector<float> values;
  matrix of;
  std::vector<double> seen, squares;  // [rows, columns]; [rows] Σ_k seen²

 private:
  void look() {
    const int64_t d = of.columns;
    of.data = values.data();
    seen.assign(values.begin(), values.end());
    squares.assign(static_cast<size_t>(of.rows), 0);
    for (int64_t i = 0; i < of.rows; ++i) {
      double* to = seen.data() + i * d;
      const float* from = values.data() + i * d;
      double mean = 0;
      if (by.centred())
        for (int64_t k = 0; k < d; ++k) mean += static_cast<double>(from[k]) / static_cast<double>(d);
      for (int64_t c = 0; c < d; ++c) {
        to[c] = by.is(metric_id::mahalanobis) ? whitened(from, c, d) : from[c] - mean;
        squares[static_cast<size_t>(i)] += to[c] * to[c];
      }
    }
  }
  static double whitened(const float* from, int64_t c, int64_t d) {
    double sum = 0;
    for (int64_t k = 0; k < d; ++k) sum += from[k] * whitener(d)[static_cast<size_t>(k * d + c)];
    return sum;
  }
};

inline pair_params pair_of(const metric& by, const matrix& x, const matrix& y, bool self) {
  pair_params pair = warpweft::distance::pair_of(by.id, x, y, self);
  std::copy(by.scalars.begin(), by.scalars.end(), pair.scalars);
  if (by.is(metric_id::mahalanobis)) pair.whitener = whitener(x.columns).data();
  pair.x_name = "x";
  pair.y_name = "y";
  return pair;
}
inline pair_params pair_of(const rows& x, const rows& y) { return pair_of(x.by, x.of, y.of, &x == &y); }

// Σ_k term(x_k, y_k)
template <class Term>
double sum_over(const rows& x, int64_t i, const rows& y, int64_t j, const Term& term) {
  double sum = 0;
  for (int64_t k = 0; k < x.of.columns; ++k) sum += term(x.at(i, k), y.at(j, k));
  return sum;
}

// c αβ, by which |x − y|² becomes sinh²(√c d/2).
inline double ball_factor(const rows& x, int64_t i, const rows& y, int64_t j) {
  const double c = x.by.scalars[0];
  return c / ((1 - c * x.square(i)) * (1 - c * y.square(j)));
}

// The definitions; structured metrics are given rows that carry their weights, so what is left of them is the dot.
inline double value(const rows& x, int64_t i, const rows& y, int64_t j) {
  const double p = x.by.scalars[0];
  const auto dot = [&] { return sum_over(x, i, y, j, [](double a, double b) { return a * b; }); };
  const auto square = [&] { return sum_over(x, i, y, j, [](double a, double b) { return (a - b) * (a - b); }); };
  const auto cosine = [&] { return dot() / (std::max(std::sqrt(x.square(i)), 1e-12) * std::max(std::sqrt(y.square(j)), 1e-12)); };
  switch (x.by.id) {
    case metric_id::inner:
    case metric_id::structured: return dot();
    case metric_id::cosine_similarity: return cosine();
    case metric_id::cosine:
    case metric_id::correlation: return 1 - cosine();
    case metric_id::sqeuclidean: return square();
    case metric_id::euclidean: return std::sqrt(square());
    case metric_id::mahalanobis: return x.by.squared() ? square() : std::sqrt(square());
    case metric_id::snr: return square() / std::max(x.square(i), 1e-12);
    case metric_id::poincare: return 2 / std::sqrt(p) * std::asinh(std::sqrt(ball_factor(x, i, y, j) * square()));
    case metric_id::gaussian: return std::exp(-p * square());
    case metric_id::cityblock: return sum_over(x, i, y, j, [](double a, double b) { return std::fabs(a - b); });
    case metric_id::minkowski:
      return std::pow(sum_over(x, i, y, j, [p](double a, double b) { return std::pow(std::fabs(a - b), p); }), 1 / p);
    case metric_id::chebyshev: {
      double most = 0;
      for (int64_t k = 0; k < x.of.columns; ++k) most = std::max(most, std::fabs(x.at(i, k) - y.at(j, k)));
      return most;
    }
    default: return NAN;
  }
}

// How far off `exact` a value may be. Gaps of the expansion are as right as |x|² + |y|² is, and a metric's slope takes that to its value;
// docs/distance.md promises relative accuracy where it cancels. What is accumulated over x − y has only the rounding of its terms.
inline double allowed(const rows& x, int64_t i, const rows& y, int64_t j, double exact) {
  const double ulps = 0x1p-23 * (4 + std::sqrt(static_cast<double>(x.of.columns))), gap = ulps * (x.square(i) + y.square(j));
  const metric& by = x.by;
  if (by.cosine()) return 4 * ulps;
  if (by.is(metric_id::chebyshev)) return 0x1p-23 * exact;
  if (by.elementwise()) return ulps * exact;
  if (by.is(metric_id::snr)) return gap / std::max(x.square(i), 1e-12);
  if (by.is(metric_id::gaussian)) return exact * (by.scalars[0] * gap + ulps);
  if (by.is(metric_id::poincare)) {
    // ∂d/∂z = 1/(√c √(z + z²)), with √(z + z²) = sinh(√c d)/2
    const double root = std::sqrt(by.scalars[0]), slope = 2 / (root * std::sinh(root * std::max(exact, 1e-3)));
    return slope * ball_factor(x, i, y, j) * gap + ulps * exact;
  }
  return by.is(metric_id::euclidean) || (by.is(metric_id::mahalanobis) && !by.squared()) ? gap / std::max(exact, 1e-3) : gap;
}

}  // namespace metrics
