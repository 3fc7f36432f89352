#include "distance/mean_columns.h"

#include <array>
#include <cmath>
#include <cstring>

#include "cpu/features.h"

namespace warpweft::distance {
namespace {

constexpr int parts = 3, products = 6;

// h, l, e of a number, each the bfloat16 nearest to what is left of it.
std::array<uint16_t, parts> parts_of(double value) {
  const cpu::kernels& kern = *cpu::in_use().float32;
  std::array<uint16_t, parts> out{};
  for (uint16_t& part : out) {
    const float left = static_cast<float>(value);
    float kept;
    kern.convert(&left, dtype::float32, &part, dtype::bfloat16, 1);
    kern.convert(&part, dtype::bfloat16, &kept, dtype::float32, 1);
    value -= static_cast<double>(kept);
  }
  return out;
}

}  // namespace

bool means_are_small(const rows_view& rows, const double* norm, bool root) {
  constexpr double most = 0.25;
  const double columns = static_cast<double>(rows.of.columns);
  for (int64_t i = 0; i < rows.of.rows; ++i) {
    const double mean = rows.offset[rows.row(i)];
    const double square = root ? norm[i] * norm[i] : norm[i];
    if (!(columns * mean * mean <= most * square)) return false;
  }
  return true;
}

void rows_with_means::make(const rows_view& rows, bool of_x, const visit& how) {
  const int64_t d = rows.of.columns, width = d + products;
  rows_.resize(rows.of.rows * width);
  const uint16_t* const from = static_cast<const uint16_t*>(rows.of.data);
  // Which part of x, and which of y, each column holds.
  constexpr int of_side[2][products] = {{0, 1, 0, 1, 2, 0}, {0, 0, 1, 1, 0, 2}};
  const double root = std::sqrt(static_cast<double>(d));
  chunked(rows.of, how, [&](int64_t, int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) {
      uint16_t* const to = rows_.data() + i * width;
      if (rows.of.step == 1)
        std::memcpy(to, from + i * rows.of.stride, static_cast<size_t>(d) * 2);
      else
        for (int64_t k = 0; k < d; ++k) to[k] = from[i * rows.of.stride + k * rows.of.step];
      const auto of = parts_of((of_x ? -root : root) * rows.offset[i]);
      for (int c = 0; c < products; ++c) to[d + c] = of[static_cast<size_t>(of_side[of_x ? 0 : 1][c])];
    }
  });
  view_.of = {rows_.data(), dtype::bfloat16, rows.of.rows, width, width, 1};
  view_.order = rows.order;
}

}  // namespace warpweft::distance
