// Column moments of both sides, and the shift that they make worthwhile.
#pragma once
#include <cstdint>
#include <vector>

#include "distance/visit.h"

namespace warpweft::distance {

struct moments {
  explicit moments(size_t columns) : sum(columns), square(columns) {}
  void add(const rows_view& view, const visit& how);
  std::vector<double> sum, square;
};

// Of a column's mean square that its mean's square must exceed.
constexpr double worthwhile_share = 0.95;

// A mean is worth subtracting where it makes up nearly all of a column. It is rounded to a step of about the deviation,
// so that few of its bits are set and a shifted element seldom needs more than its own.
float worthwhile_shift(double sum, double square, double rows);

// inexact[k] |= 1 where taking shift[k] off rounds an element of column k.
void mark_inexact(const rows_view& view, const visit& how, const float* shift, std::vector<uint8_t>& inexact);

}  // namespace warpweft::distance
