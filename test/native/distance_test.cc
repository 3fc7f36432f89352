// The operations of the distance family on every instruction set: against float64, and the same bits for any number of threads.
#include "distance/distance.h"

#include <cstring>
#include <numeric>

#include "metrics.h"
#include "places.h"

namespace {

using namespace warpweft::distance;
using metrics::allowed;
using metrics::metric;
using metrics::rows;
using metrics::value;
using warpweft::call_options;
using warpweft::dtype;

// Few anchors for many rows (ranges are joined), many for few, and sizes round the tile.
struct shape {
  int64_t n, m, d;
};
constexpr shape shapes[] = {{3, 700, 5}, {130, 9, 33}, {49, 50, 64}, {1, 1, 1}, {17, 200, 130}};
constexpr int thread_counts[] = {1, 2, 7};

template <class Body>
void each_case(const Body& body) {
  for (const metric& of : metrics::all())
    for (const shape& s : shapes) body(rows(of, s.n, s.d, 51), rows(of, s.m, s.d, 52));
}

std::string words(const rows& x, const rows& y) {
  return harness::words(" with ", metrics::words(x.by), ", ", x.of.rows, "×", y.of.rows, "×", x.of.columns);
}

// Runs an operation with each number of threads and returns the outputs, which must be the same bits.
template <class Operation>
std::vector<float> with_threads(size_t size, const std::string& where, const Operation& operation) {
  std::vector<float> first;
  for (const int threads : thread_counts) {
    std::vector<float> out(size, -7.0f);
    operation(out.data(), call_options{threads, nullptr});
    if (first.empty()) first = out;
    CHECK(std::memcmp(first.data(), out.data(), size * 4) == 0, threads, " threads give other bits", where);
  }
  return first;
}

}  // namespace

TEST_EACH("pairwise agrees with float64") {
  each_case([](const rows& x, const rows& y) {
    const int64_t n = x.of.rows, m = y.of.rows;
    const std::vector<float> out = with_threads(static_cast<size_t>(n * m), words(x, y), [&](float* to, const call_options& how) {
      pairwise({metrics::pair_of(x, y), to, dtype::float32, m}, how);
    });
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j) {
        const double want = value(x, i, y, j), got = out[static_cast<size_t>(i * m + j)];
        CHECK(std::fabs(got - want) <= allowed(x, i, y, j, want), got, ", wanted ", want, words(x, y));
      }
  });
}

TEST_EACH("pairwise with itself is symmetric enough, and a distance's diagonal is 0") {
  for (const metric& of : metrics::all()) {
    const rows x(of, 101, 40, 53);
    std::vector<float> out(101 * 101);
    pairwise({metrics::pair_of(x, x), out.data(), dtype::float32, 101}, {2, nullptr});
    for (int64_t i = 0; i < 101; ++i) {
      if (!larger_is_closer(of.id)) CHECK_EQ(out[static_cast<size_t>(i * 102)], 0.0f, "row ", i, words(x, x));
      for (int64_t j = 0; j < i; ++j) {
        const float there = out[static_cast<size_t>(i * 101 + j)], back = out[static_cast<size_t>(j * 101 + i)];
        const double near = allowed(x, i, x, j, there);
        if (of.is(metric_id::snr))
          CHECK(std::fabs(there - value(x, i, x, j)) <= near && std::fabs(back - value(x, j, x, i)) <= allowed(x, j, x, i, back), there,
                " and ", back, words(x, x));
        else
          CHECK(std::fabs(there - back) <= 2 * near, there, " and ", back, words(x, x));
      }
    }
  }
}

namespace {

// Whether the value is smooth in the pair's element k as far as `step`: |x_k − y_k| has a corner at 0, and where only the largest one
// counts, another one may become that.
bool is_smooth(const rows& x, int64_t i, const rows& y, int64_t j, int64_t k, double step) {
  const auto size = [&](int64_t c) { return std::fabs(x.at(i, c) - y.at(j, c)); };
  if (x.by.is(metric_id::cityblock)) return size(k) > step;
  if (!x.by.is(metric_id::chebyshev)) return true;
  double other = 0;
  for (int64_t c = 0; c < x.of.columns; ++c)
    if (c != k) other = std::max(other, size(c));
  return size(k) > step && std::fabs(size(k) - other) > step;
}

// From gradients of whitened rows x' = xL to those of the rows: ∂/∂x_k = Σ_c ∂/∂x'_c L_kc.
double gradient_of(const rows& x, const float* row, int64_t k) {
  if (!x.by.is(metric_id::mahalanobis)) return row[k];
  const int64_t d = x.of.columns;
  double sum = 0;
  for (int64_t c = 0; c < d; ++c) sum += row[c] * metrics::whitener(d)[static_cast<size_t>(k * d + c)];
  return sum;
}

}  // namespace

TEST_EACH("gradients of pairwise agree with differences of float64") {
  each_case([](const rows& x, const rows& y) {
    const int64_t n = x.of.rows, m = y.of.rows, d = x.of.columns, k = d / 2;
    // One element of each side, moved by a step that a float holds exactly. A pair with a corner there has weight 0.
    constexpr float step = 0x1p-10f;
    data::rng random(54);
    std::vector<float> grad = data::uniforms(random, n * m, -1, 1);
    std::vector<float> forward(static_cast<size_t>(n * m));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j) {
        forward[static_cast<size_t>(i * m + j)] = static_cast<float>(value(x, i, y, j));
        if (!is_smooth(x, i, y, j, k, 2 * step)) grad[static_cast<size_t>(i * m + j)] = 0;
      }
    const auto both = with_threads(static_cast<size_t>((n + m) * d), words(x, y), [&](float* to, const call_options& how) {
      pairwise_backward({metrics::pair_of(x, y), forward.data(), grad.data(), to, to + n * d}, how);
    });
    const auto check = [&](bool of_x) {
      const int64_t at = (of_x ? n : m) / 2;
      double sums[2] = {}, size = 0;
      for (const int side : {0, 1}) {
        rows moved = of_x ? x : y;
        moved.move(at, k, side ? step : -step);
        for (int64_t other = 0; other < (of_x ? m : n); ++other) {
          const double g = grad[static_cast<size_t>(of_x ? at * m + other : other * m + at)];
          const double v = of_x ? value(moved, at, y, other) : value(x, other, moved, at);
          sums[side] += g * v;
          size += std::fabs(g) * (1 + std::fabs(v));
        }
      }
      const double want = (sums[1] - sums[0]) / (2.0 * step), got = gradient_of(x, both.data() + (of_x ? at : n + at) * d, k);
      // step² times a third derivative, which short rows make large, and float32 sums. A row that its mean leaves empty has no gradient.
      const double norm = of_x ? x.square(at) : y.square(at), shortness = norm > 0 ? std::min(1.0, norm * std::sqrt(norm)) : 1;
      CHECK(std::fabs(got - want) <= size * (20 * step * step / shortness + 64 * 0x1p-23), of_x ? "∂/∂x is " : "∂/∂y is ", got,
            ", differences say ", want, words(x, y));
    };
    check(true);
    check(false);
  });
}

TEST_EACH("rows without columns, and no rows at all, are no trouble") {
  for (const metric& of : metrics::all())
    for (const shape& s : {shape{3, 4, 0}, {0, 4, 5}, {3, 0, 5}, {0, 0, 0}}) {
      const rows x(of, s.n, s.d, 56), y(of, s.m, s.d, 57);
      std::vector<float> out(static_cast<size_t>(s.n * s.m), NAN), grad(out.size(), 1.0f), dx(x.values.size(), NAN),
          dy(y.values.size(), NAN);
      pairwise({metrics::pair_of(x, y), out.data(), dtype::float32, s.m}, {2, nullptr});
      const float want = of.is(metric_id::cosine) || of.is(metric_id::correlation) || of.is(metric_id::gaussian) ? 1.0f : 0.0f;
      for (const float v : out) CHECK_EQ(v, want, words(x, y));
      pairwise_backward({metrics::pair_of(x, y), out.data(), grad.data(), dx.data(), dy.data()}, {2, nullptr});
      for (const auto* side : {&dx, &dy})
        for (const float v : *side) CHECK_EQ(v, 0.0f, words(x, y));
    }
}

TEST_EACH("topK lists the closest, in order") {
  each_case([](const rows& x, const rows& y) {
    const int64_t n = x.of.rows, m = y.of.rows;
    for (const int64_t k : {int64_t{1}, std::min<int64_t>(m, 7), std::min<int64_t>(m, 40)}) {
      std::vector<int32_t> ids(static_cast<size_t>(n * k)), first_ids;
      const auto values = with_threads(static_cast<size_t>(n * k), words(x, y), [&](float* to, const call_options& how) {
        top_k({metrics::pair_of(x, y), k, false, to, ids.data()}, how);
        if (first_ids.empty()) first_ids = ids;
        CHECK(ids == first_ids, how.threads, " threads list others", words(x, y));
      });
      const double sign = larger_is_closer(x.by.id) ? -1 : 1;
      for (int64_t i = 0; i < n; ++i) {
        std::vector<double> keys;
        for (int64_t j = 0; j < m; ++j) keys.push_back(sign * value(x, i, y, j));
        std::vector<double> sorted = keys;
        std::sort(sorted.begin(), sorted.end());
        for (int64_t at = 0; at < k; ++at) {
          const int32_t id = ids[static_cast<size_t>(i * k + at)];
          CHECK(id >= 0 && id < m, id, words(x, y));
          if (id < 0 || id >= m) continue;
          const double near = 2 * allowed(x, i, y, id, std::fabs(keys[static_cast<size_t>(id)]));
          CHECK(std::fabs(sign * values[static_cast<size_t>(i * k + at)] - keys[static_cast<size_t>(id)]) <= near, "value of ", id);
          CHECK(std::fabs(keys[static_cast<size_t>(id)] - sorted[static_cast<size_t>(at)]) <= near, "row ", i, ", place ", at, words(x, y));
        }
      }
    }
  });
}

TEST_EACH("reduceRows folds each row to one number") {
  each_case([](const rows& x, const rows& y) {
    const int64_t n = x.of.rows, m = y.of.rows;
    for (const auto reduction :
         {row_reduction_id::min, row_reduction_id::max, row_reduction_id::sum, row_reduction_id::mean, row_reduction_id::log_sum_exp}) {
      const auto out = with_threads(static_cast<size_t>(n), words(x, y), [&](float* to, const call_options& how) {
        reduce_rows({metrics::pair_of(x, y), reduction, 2.0f, to}, how);
      });
      for (int64_t i = 0; i < n; ++i) {
        double low = INFINITY, high = -INFINITY, sum = 0, powers = 0, terms = 0, error = 0;
        for (int64_t j = 0; j < m; ++j) {
          const double v = value(x, i, y, j);
          low = std::min(low, v);
          high = std::max(high, v);
          sum += v;
          terms += std::fabs(v);
          powers += std::exp(2 * v);
          error = std::max(error, allowed(x, i, y, j, v));
        }
        const bool total = reduction == row_reduction_id::sum;
        const double want = reduction == row_reduction_id::min    ? low
                            : reduction == row_reduction_id::max  ? high
                            : total                               ? sum
                            : reduction == row_reduction_id::mean ? sum / static_cast<double>(m)
                                                                  : std::log(powers);
        const double near = (total ? static_cast<double>(m) : 2) * error + 16 * 0x1p-23 * (1 + std::fabs(want) + (total ? terms : 0));
        CHECK(std::fabs(out[static_cast<size_t>(i)] - want) <= near, "reduction ", static_cast<int>(reduction), " is ",
              out[static_cast<size_t>(i)], ", wanted ", want, words(x, y));
      }
    }
  });
}

TEST_EACH("rank finds each query's positives among all references") {
  const rows x({metric_id::sqeuclidean}, 90, 6, 55);
  std::vector<int32_t> labels(90);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i * i % 7) + (1 << 24);
  for (const int threads : thread_counts) {
    std::vector<int32_t> relevant(90), first(90);
    std::vector<double> precision(90), map(90);
    rank({metrics::pair_of(x, x), true, labels.data(), labels.data(), relevant.data(), first.data(), precision.data(), map.data()},
         {threads, nullptr});
    for (int64_t i = 0; i < 90; ++i) {
      std::vector<std::pair<double, int64_t>> order;
      for (int64_t j = 0; j < 90; ++j)
        if (j != i) order.emplace_back(value(x, i, x, j), j);
      std::sort(order.begin(), order.end());
      int32_t count = 0, best = 0, within = 0;
      double average = 0;
      for (const auto& entry : order) count += labels[static_cast<size_t>(entry.second)] == labels[static_cast<size_t>(i)];
      for (size_t place = 0; place < order.size(); ++place) {
        if (labels[static_cast<size_t>(order[place].second)] != labels[static_cast<size_t>(i)]) continue;
        if (!best) best = static_cast<int32_t>(place) + 1;
        if (static_cast<int32_t>(place) < count) average += ++within / static_cast<double>(place + 1);
      }
      const size_t at = static_cast<size_t>(i);
      CHECK_EQ(relevant[at], count, "query ", i);
      CHECK_EQ(first[at], best, "query ", i);
      CHECK(std::fabs(precision[at] - (count ? within / static_cast<double>(count) : 0)) < 1e-15, "R-precision ", precision[at], ", query ",
            i);
      CHECK(std::fabs(map[at] - (count ? average / count : 0)) < 1e-12, "MAP@R ", map[at], ", query ", i);
    }
  }
}
