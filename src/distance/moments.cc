#include "distance/moments.h"

#include <cmath>

#include "cpu/features.h"

namespace warpweft::distance {

void moments::add(const rows_view& view, const visit& how) {
  struct part_of {
    std::vector<double> sum, square;
  };
  const int64_t d = view.of.columns;
  std::vector<part_of> parts(most_chunks);
  chunked(view.of, how, [&](int64_t chunk, int64_t first, int64_t count) {
    part_of& part = parts[static_cast<size_t>(chunk)];
    part.sum.assign(static_cast<size_t>(d), 0.0);
    part.square.assign(static_cast<size_t>(d), 0.0);
    cpu::in_use().float32->column_moments(view, first, count, part.sum.data(), part.square.data());
  });
  for (const part_of& part : parts)
    for (size_t k = 0; k < part.sum.size(); ++k) {
      sum[k] += part.sum[k];
      square[k] += part.square[k];
    }
}

float worthwhile_shift(double sum, double square, double rows) {
  const double mean = sum / rows, mean_square = square / rows;
  if (!(mean * mean > worthwhile_share * mean_square)) return 0.0f;
  const double deviation = std::sqrt(std::max(0.0, mean_square - mean * mean));
  const double step = std::max(std::ldexp(1.0, std::ilogb(std::max(deviation, 1e-300))), std::fabs(mean) * 0x1p-23);
  return static_cast<float>(std::round(mean / step) * step);
}

void mark_inexact(const rows_view& view, const visit& how, const float* shift, std::vector<uint8_t>& inexact) {
  std::vector<std::vector<uint8_t>> parts(most_chunks);
  chunked(view.of, how, [&](int64_t chunk, int64_t first, int64_t count) {
    std::vector<uint8_t>& part = parts[static_cast<size_t>(chunk)];
    part.assign(inexact.size(), 0);
    cpu::in_use().float32->inexact_shift(view, first, count, shift, part.data());
  });
  for (const auto& part : parts)
    for (size_t k = 0; k < part.size(); ++k) inexact[k] |= part[k];
}

}  // namespace warpweft::distance
