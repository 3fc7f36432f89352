// Softmax of a row and its way back, against float64: lengths around registers and chunks, far from 0, and nothing at all.
#include <cmath>
#include <limits>

#include "data.h"
#include "places.h"

namespace {

using warpweft::rows_view;
using warpweft::cpu::kernels;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr int64_t lengths[] = {1, 2, 15, 16, 17, 63, 64, 65, 127, 300};

rows_view one_row(data::fenced<float>& values, int64_t columns) {
  rows_view view;
  view.of.data = values.data();
  view.of.rows = 1;
  view.of.columns = view.of.stride = columns;
  return view;
}

// gcc 12 for aarch64 fails where it makes vectors of these sums.
[[gnu::optimize("no-tree-vectorize")]] void agrees(const kernels& kern, data::fenced<float>& x, int64_t columns, const char* what) {
  double top = x.data()[0], sum = 0;
  for (int64_t k = 0; k < columns; ++k) top = std::fmax(top, x.data()[k]);
  for (int64_t k = 0; k < columns; ++k) sum += std::exp(x.data()[k] - top);
  data::fenced<float> out(columns);
  kern.softmax_row(one_row(x, columns), 0, out.data());
  for (int64_t k = 0; k < columns; ++k) {
    const double want = std::exp(x.data()[k] - top) / sum;
    CHECK(std::fabs(out.data()[k] - want) <= 8 * 0x1p-23 * want + 0x1p-126, what, ": ", out.data()[k], ", wanted ", want, " at ", k, " of ",
          columns);
  }
}

}  // namespace

TEST_EACH_TABLE("softmax_row is a share of exponentials, wherever they lie") {
  for (const int64_t columns : lengths)
    for (const float offset : {0.0f, 80.0f, -300.0f, 50000.0f, 1e7f, -3e30f}) {
      data::rng random(static_cast<uint32_t>(columns) + 5);
      data::fenced<float> x(columns);
      for (int64_t k = 0; k < columns; ++k) x.data()[k] = offset + data::uniform(random, -4, 4);
      agrees(kern, x, columns, "near each other");
    }
}

TEST_EACH_TABLE("softmax_row of elements far apart") {
  data::fenced<float> x(200);
  for (int k = 0; k < 200; ++k) {
    const float at = static_cast<float>(k);
    x.data()[k] = at * at / 100.0f - 150.0f;
  }
  agrees(kern, x, 200, "rising");
}

TEST_EACH_TABLE("softmax_row of −∞ is 0, of a NaN or +∞ NaN") {
  data::fenced<float> x(70), out(70);
  for (int64_t k = 0; k < 70; ++k) x.data()[k] = -infinity;
  kern.softmax_row(one_row(x, 70), 0, out.data());
  for (int64_t k = 0; k < 70; ++k) CHECK_EQ(out.data()[k], 0.0f);
  x.data()[66] = 3;
  kern.softmax_row(one_row(x, 70), 0, out.data());
  for (int64_t k = 0; k < 70; ++k) CHECK_EQ(out.data()[k], k == 66 ? 1.0f : 0.0f);
  for (const float bad : {infinity, std::numeric_limits<float>::quiet_NaN()}) {
    x.data()[5] = bad;
    kern.softmax_row(one_row(x, 70), 0, out.data());
    for (int64_t k = 0; k < 70; ++k) CHECK(std::isnan(out.data()[k]), out.data()[k], " at ", k);
  }
}

TEST_EACH_TABLE("softmax_back takes the mean off") {
  for (const int64_t columns : lengths) {
    data::rng random(static_cast<uint32_t>(columns) + 9);
    data::fenced<float> y(columns), g(columns), dx(columns);
    double mean = 0, terms = 0;
    for (int64_t k = 0; k < columns; ++k) {
      y.data()[k] = data::uniform(random, 0, 1);
      g.data()[k] = data::uniform(random, -1, 1);
      mean += static_cast<double>(y.data()[k]) * g.data()[k];
      terms += std::fabs(static_cast<double>(y.data()[k]) * g.data()[k]);
    }
    kern.softmax_back(y.data(), g.data(), columns, dx.data());
    for (int64_t k = 0; k < columns; ++k) {
      const double want = y.data()[k] * (g.data()[k] - mean), size = y.data()[k] * (std::fabs(g.data()[k]) + terms);
      CHECK(std::fabs(dx.data()[k] - want) <= 4 * 0x1p-23 * size, dx.data()[k], ", wanted ", want);
    }
  }
}
