// Work large enough that threads are woken gives the same bits for 1, 2 and 7 of them; and 16-bit inputs are what they stand for.
#include <cstring>

#include "cpu/matmul.h"
#include "data.h"
#include "distance/distance.h"
#include "metrics.h"
#include "places.h"

namespace {

using namespace warpweft::distance;
using warpweft::call_options;
using warpweft::dtype;
using warpweft::matrix;

// More than 2²¹ multiply-adds; the first has so few lanes that rows are shared among ranges.
struct shape {
  int64_t n, m, d;
};
constexpr shape shapes[] = {{5, 11000, 40}, {300, 310, 33}};

std::vector<float> values(int64_t rows, int64_t d, uint32_t seed) {
  data::rng random(seed);
  return data::uniforms(random, rows * d, -1, 1);
}

matrix of(const std::vector<float>& v, int64_t rows, int64_t d) { return {v.data(), dtype::float32, rows, d, d, 1}; }

// Every operation, its outputs one after another.
std::vector<float> everything(const pair_params& p, int threads) {
  const call_options how{threads, nullptr};
  const int64_t n = p.x.rows, m = p.y.rows, d = p.x.columns, k = 9;
  std::vector<float> value(static_cast<size_t>(n * m)), rest(static_cast<size_t>((n + m) * d + n * (2 * k + 2)));
  pairwise({p, value.data(), dtype::float32, m}, how);
  float* at = rest.data();
  pairwise_backward({p, value.data(), value.data(), at, at + n * d}, how);
  at += (n + m) * d;
  std::vector<int32_t> ids(static_cast<size_t>(n * k));
  top_k({p, k, false, at, ids.data()}, how);
  at += n * k;
  for (const int32_t id : ids) *at++ = static_cast<float>(id);
  reduce_rows({p, row_reduction_id::sum, 1, at}, how);
  reduce_rows({p, row_reduction_id::log_sum_exp, 1, at + n}, how);
  value.insert(value.end(), rest.begin(), rest.end());
  return value;
}

}  // namespace

TEST_EACH("distances have the same bits for 1, 2 and 7 threads") {
  for (const shape& s : shapes)
    for (const metrics::metric& metric : metrics::all()) {
      const metrics::rows x(metric, s.n, s.d, 71), y(metric, s.m, s.d, 72);
      const pair_params p = metrics::pair_of(x, y);
      const std::vector<float> one = everything(p, 1);
      for (const int threads : {2, 7})
        CHECK(std::memcmp(one.data(), everything(p, threads).data(), one.size() * 4) == 0, metrics::words(metric), ", ", s.n, "×", s.m,
              ", ", threads, " threads");
    }
}

TEST_EACH("matmul agrees with float64 for any strides, with the same bits for 1, 2 and 7 threads") {
  constexpr int64_t m = 130, n = 150, k = 120;
  const std::vector<float> a = values(m, k, 73), b = values(k, n, 74);
  for (const bool a_across : {false, true})
    for (const bool b_across : {false, true}) {
      // The same numbers as [rows, columns] or as the transpose of [columns, rows].
      const matrix left{a.data(), dtype::float32, m, k, a_across ? 1 : k, a_across ? m : 1};
      const matrix right{b.data(), dtype::float32, k, n, b_across ? 1 : n, b_across ? k : 1};
      std::vector<float> one;
      for (const int threads : {1, 2, 7}) {
        std::vector<float> out(m * n);
        warpweft::cpu::matmul(left, right, out.data(), threads, nullptr);
        if (one.empty()) one = out;
        CHECK(std::memcmp(one.data(), out.data(), out.size() * 4) == 0, threads, " threads");
      }
      data::earned error;
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          double exact = 0, terms = 0;
          float naive = 0;
          for (int64_t q = 0; q < k; ++q) {
            const float u = a[static_cast<size_t>(i * left.stride + q * left.step)],
                        v = b[static_cast<size_t>(q * right.stride + j * right.step)];
            exact += static_cast<double>(u) * v;
            terms += std::fabs(static_cast<double>(u) * v);
            naive += u * v;
          }
          error.see(one[static_cast<size_t>(i * n + j)], naive, exact, terms);
        }
      CHECK_EARNED(error, "a transposed ", a_across, ", b transposed ", b_across);
    }
}

// Rows that are worked on first, or met element by element, are float32 from there on. Others are equal but for the order of the dot,
// whose terms are below `most`; roots of values near 0 magnify it, as does the ball's factor, at most 4. Rows whose means are taken off
// are float32 too, or their dots are off by D 2⁻²⁴ |x||y|, judged by |x|² or |x||y|.
static double allowed_of_half(const metrics::metric& metric, dtype type, int64_t d, double value) {
  if (metric.centred()) return type == dtype::bfloat16 ? 0x1p-22 * static_cast<double>(d) * (1 + std::fabs(value)) : 0;
  if (metric.elementwise() || metric.is(metric_id::mahalanobis)) return 0;
  const double most = metrics::reach(metric, d), sum = 0x1p-22 * (static_cast<double>(d) * most * most + 1);
  return metric.is(metric_id::euclidean) ? std::sqrt(sum) : metric.is(metric_id::poincare) ? 2 * std::sqrt(4 * sum) : sum;
}

TEST_EACH("16-bit rows give what their float32 values give") {
  for (const dtype type : {dtype::float16, dtype::bfloat16})
    for (const auto& [n, m, d] : {shape{3, 50, 1}, {49, 51, 65}, {20, 100, 300}})
      for (const metrics::metric& metric : metrics::all()) {
        std::vector<float> wide[2] = {metrics::rows(metric, n, d, 75).values, metrics::rows(metric, m, d, 76).values};
        std::vector<uint16_t> narrow[2];
        for (const int side : {0, 1}) {
          narrow[side].resize(wide[side].size());
          const int64_t count = static_cast<int64_t>(wide[side].size());
          warpweft::cpu::in_use().float32->convert(wide[side].data(), dtype::float32, narrow[side].data(), type, count);
          for (size_t i = 0; i < wide[side].size(); ++i) wide[side][i] = static_cast<float>(data::half_value(narrow[side][i], type));
        }
        const pair_params floats = metrics::pair_of(metric, of(wide[0], n, d), of(wide[1], m, d), false);
        const pair_params halves =
            metrics::pair_of(metric, {narrow[0].data(), type, n, d, d, 1}, {narrow[1].data(), type, m, d, d, 1}, false);
        const size_t size = static_cast<size_t>(n * m);
        std::vector<float> want(size), got(size);
        pairwise({floats, want.data(), dtype::float32, m}, {1, nullptr});
        pairwise({halves, got.data(), dtype::float32, m}, {1, nullptr});
        for (size_t i = 0; i < size; ++i)
          CHECK(std::fabs(got[i] - want[i]) <= allowed_of_half(metric, type, d, want[i]), got[i], " from 16 bits, ", want[i], " from 32, ",
                metrics::words(metric), ", columns ", d);
      }
}
