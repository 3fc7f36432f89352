// Rows times a float64 matrix, for metrics that see rows transformed: what float32 cannot hold of the product is kept beside it.
#pragma once
#include "cpu/rows.inl.h"
#include "cpu/scratch.h"

namespace warpweft {
namespace WARPWEFT_ISA {

constexpr int multiplied_rows = 4;  // that share each load of the matrix
constexpr int64_t multiplied_columns = 2 * double_lanes;

// out[r][j] = Σ_k x[k][r] · by[k][j] for a run of columns; every sum in order of k.
inline void multiply_block(const double* x, const double* by, int64_t d, int64_t stride, double* out) {
  hn::Vec<dtag> acc[multiplied_rows][2];
  for (auto& row : acc)
    for (auto& part : row) part = hn::Zero(dtag());
  for (int64_t k = 0; k < d; ++k, x += multiplied_rows, by += stride) {
    const auto left = hn::LoadU(dtag(), by), right = hn::LoadU(dtag(), by + double_lanes);
#pragma GCC unroll 4
    for (int r = 0; r < multiplied_rows; ++r) {
      const auto value = hn::Set(dtag(), x[r]);
      acc[r][0] = hn::MulAdd(value, left, acc[r][0]);
      acc[r][1] = hn::MulAdd(value, right, acc[r][1]);
    }
  }
  for (int r = 0; r < multiplied_rows; ++r)
    for (int part = 0; part < 2; ++part) hn::StoreU(acc[r][part], dtag(), out + r * multiplied_columns + part * double_lanes);
}

inline void multiply_rows(const rows_view& view, int64_t first, int64_t count, const double* origin, const double* by, float* high,
                          float* low) {
  const int64_t d = view.of.columns;
  // Rows in float64, [columns][multiplied_rows], and one of them as it is read.
  float* room = cpu::thread_scratch(d * (2 * multiplied_rows + 1));
  double* x = reinterpret_cast<double*>(room);
  float* row = room + d * 2 * multiplied_rows;
  for (int64_t i = 0; i < count; i += multiplied_rows) {
    const int64_t rows = count - i < multiplied_rows ? count - i : multiplied_rows;
    for (int64_t r = 0; r < multiplied_rows; ++r) {
      if (r < rows) read_row(view, first + i + r, row);
      for (int64_t k = 0; k < d; ++k) x[k * multiplied_rows + r] = r < rows ? static_cast<double>(row[k]) - origin[k] : 0.0;
    }
    for (int64_t j = 0; j < d; j += multiplied_columns) {
      double sums[multiplied_rows * multiplied_columns];
      const int64_t columns = d - j < multiplied_columns ? d - j : multiplied_columns;
      if (columns == multiplied_columns) {
        multiply_block(x, by + j, d, d, sums);
      } else {
        for (int r = 0; r < multiplied_rows; ++r)
          for (int64_t c = 0; c < columns; ++c) {
            double sum = 0;
            for (int64_t k = 0; k < d; ++k) sum += x[k * multiplied_rows + r] * by[k * d + j + c];
            sums[r * multiplied_columns + c] = sum;
          }
      }
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
          const double value = sums[r * multiplied_columns + c];
          const float whole = static_cast<float>(value), rest = static_cast<float>(value - static_cast<double>(whole));
          high[(i + r) * d + j + c] = whole;
          low[(i + r) * d + j + c] = rest == rest ? rest : 0.0f;  // of an infinite product
        }
    }
  }
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
