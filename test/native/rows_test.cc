// Passes over rows before the loop: norms and moments in float64, exactness of a shift.
#include "data.h"
#include "places.h"

namespace {

using warpweft::rows_view;
using warpweft::cpu::kernels;

constexpr int64_t rows = 9;
constexpr int64_t column_counts[] = {0, 1, 3, 8, 63, 64, 65, 200, 1025};

// rows × columns floats, offset from zero, the last row at the end of memory.
struct block {
  explicit block(int64_t columns, float offset = 0) : memory(rows * columns) {
    data::rng random(static_cast<uint32_t>(columns) + 1);
    for (float& v : memory) v = offset + data::uniform(random, -1, 1);
    view.of.data = memory.data();
    view.of.rows = rows;
    view.of.columns = view.of.stride = columns;
  }
  double at(int64_t i, int64_t k) { return memory[i * view.of.columns + k]; }
  data::fenced<float> memory;
  rows_view view;
};

// Sums of float64 in another order than the oracle's.
void close(double got, double want, double terms, int64_t count, const char* what) {
  const double allowed = 0x1p-52 * static_cast<double>(count + 1) * terms;
  CHECK(std::fabs(got - want) <= allowed, what, " is ", got, ", wanted ", want, " within ", allowed);
}

}  // namespace

TEST_EACH_TABLE("square_norms are float64 sums") {
  for (const int64_t columns : column_counts) {
    block b(columns, 30);
    data::fenced<double> out(rows - 3);
    kern.square_norms(b.view, 2, rows - 3, out.data());
    for (int64_t i = 0; i < rows - 3; ++i) {
      double want = 0;
      for (int64_t k = 0; k < columns; ++k) want += b.at(i + 2, k) * b.at(i + 2, k);
      close(out[i], want, want, columns, "|x|²");
    }
  }
}

TEST_EACH_TABLE("square_norms see order, scale and shift") {
  block b(70);
  const std::vector<int32_t> order{8, 0, 3, 3, 1, 2, 4, 5, 6};
  const std::vector<float> scale(rows, 0.25f), shift(70, 1.5f);
  b.view.order = order.data();
  b.view.scale = scale.data();
  b.view.shift = shift.data();
  std::vector<double> out(rows);
  kern.square_norms(b.view, 0, rows, out.data());
  for (int64_t r = 0; r < rows; ++r) {
    double want = 0;
    for (int64_t k = 0; k < 70; ++k) {
      const float v = static_cast<float>(b.at(order[static_cast<size_t>(r)], k)) * 0.25f - 1.5f;
      want += static_cast<double>(v) * v;
    }
    close(out[static_cast<size_t>(r)], want, want, 70, "|x|²");
  }
}

TEST_EACH_TABLE("column_moments add to what is there") {
  for (const int64_t columns : column_counts) {
    block b(columns, 1000);
    data::fenced<double> sum(columns), square(columns);
    std::fill(sum.begin(), sum.end(), 5.0);
    std::fill(square.begin(), square.end(), 7.0);
    kern.column_moments(b.view, 1, rows - 1, sum.data(), square.data());
    for (int64_t k = 0; k < columns; ++k) {
      double s = 5, q = 7;
      for (int64_t i = 1; i < rows; ++i) s += b.at(i, k), q += b.at(i, k) * b.at(i, k);
      close(sum[k], s, s, rows, "Σ v");
      close(square[k], q, q, rows, "Σ v²");
    }
  }
}

TEST_EACH_TABLE("inexact_shift marks exactly the columns that a shift rounds") {
  for (const int64_t columns : column_counts) {
    block b(columns, 100);
    data::rng random(3);
    for (float& v : b.memory)
      if (random() % 2) v = static_cast<float>(static_cast<int>(v));
    std::vector<float> shift(static_cast<size_t>(columns));
    for (float& s : shift) s = random() % 2 ? 100.0f : data::uniform(random, 0, 1);
    data::fenced<uint8_t> inexact(columns);
    if (columns > 1) inexact[1] = 1;
    kern.inexact_shift(b.view, 0, rows, shift.data(), inexact.data());
    for (int64_t k = 0; k < columns; ++k) {
      bool want = columns > 1 && k == 1;
      for (int64_t i = 0; i < rows; ++i) {
        const double exact = b.at(i, k) - static_cast<double>(shift[static_cast<size_t>(k)]);
        want |= static_cast<double>(static_cast<float>(exact)) != exact;
      }
      CHECK_EQ(static_cast<int>(inexact[k]), static_cast<int>(want), "column ", k, " of ", columns);
    }
  }
}

TEST_EACH_TABLE("an infinite or NaN element makes a shift inexact") {
  block b(3);
  b.memory[0] = INFINITY;
  b.memory[4] = NAN;
  const std::vector<float> shift{INFINITY, 1.0f, 0.0f};
  std::vector<uint8_t> inexact(3);
  kern.inexact_shift(b.view, 0, rows, shift.data(), inexact.data());
  CHECK_EQ(static_cast<int>(inexact[0]), 1, "∞ − ∞");
  CHECK_EQ(static_cast<int>(inexact[1]), 1, "NaN − 1");
  CHECK_EQ(static_cast<int>(inexact[2]), 0, "− 0");
}
