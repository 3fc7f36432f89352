#include "distance/scanner.h"

#include <cmath>

namespace warpweft::distance {
namespace {

constexpr double code_bias = 128;

// Memory of the calling thread that grows and stays, so that a small call allocates nothing. `place` keeps two uses apart.
template <int place>
float* kept(int64_t count) {
  static thread_local cpu::buffer<float> memory;
  if (!memory || memory.size() < count) memory.resize(count);
  return memory.data();
}

}  // namespace

scanner::scanner(const pair_params& pair, const traits& metric)
    : few_(pair.x.rows), columns_(pair.x.columns), rows_(pair.y.rows), packed_(false) {
  x_.of = pair.x;
  y_.of = pair.y;
  c_.metric = pair.metric;
  c_.scalars = pair.scalars;
  c_.lanes = &y_;
  c_.rows = &x_;
  c_.tiles_exact = true;
  c_.row_scalar = known_;
  c_.row_norm = norm_;
  inverse_ = metric.scalar == row_scalar::inverse_norm;
  what_ = metric.safety == exact::difference ? cpu::sum_of::difference : inverse_ ? cpu::sum_of::dot_and_square : cpu::sum_of::dot;
  const int64_t padded = kern_.padded(columns_);
  float* queries = kept<0>(few_ * padded);
  for (int64_t q = 0; q < few_; ++q) {
    kern_.read_row(x_, q, queries + q * padded);
    std::fill(queries + q * padded + columns_, queries + (q + 1) * padded, 0.0f);
    if (inverse_) known_[q] = inverse_of(x_, q, norm_[q]);
  }
  queries_ = queries;
}

scanner::scanner(const operands& both, float x_scale)
    : few_(both.x().of.rows), columns_(both.x().of.columns), rows_(both.y().of.rows), packed_(true), c_(both.lanes_y()) {
  const dtype type = both.y().of.type;
  y_ = both.y();
  if (type == dtype::int8) {
    take_codes(both.x(), x_scale);
    return;
  }
  what_ = traits_of(c_.metric).safety == exact::difference ? cpu::sum_of::difference : cpu::sum_of::dot;
  const int64_t words = kern_.spread_words(type, columns_);
  float *queries = kept<0>(few_ * words), *row = kept<1>(columns_);
  for (int64_t i = 0; i < few_; ++i) {
    kern_.read_row(both.x(), i, row);
    kern_.spread(type, row, columns_, queries + i * words);
  }
  queries_ = queries;
}

// 1/|row|, and |row| in float64; a norm below 1e-12 counts as that.
float scanner::inverse_of(const rows_view& view, int64_t row, double& norm) const {
  double square;
  kern_.square_norms(view, row, 1, &square);
  const double root = std::sqrt(square);
  norm = root < 1e-12 ? 1e-12 : root;
  return static_cast<float>(1.0 / norm);
}

void scanner::meet(int64_t first, int lanes, float* values) const {
  alignas(64) float squares[most_lanes];
  scan_part part{values, few_, most_lanes, first, lanes, nullptr, nullptr, coded_};
  if (coded_) {
    meet_codes(first, lanes, values);
  } else if (packed_) {
    kern_.packed_sums(y_, first, lanes, queries_, few_, what_, values, most_lanes);
  } else {
    kern_.row_sums(y_, first, lanes, queries_, few_, what_, values, most_lanes, squares);
  }
  if (packed_ && c_.lane_scalar) part.scalar = c_.lane_scalar + first;
  if (packed_ && c_.lane_extra) part.extra = c_.lane_extra + first;
  if (inverse_) {
    invert(first, lanes, squares);
    part.scalar = squares;
  }
  family_.value[static_cast<int>(c_.metric)](c_, part);
}

// Squares that float32 cannot hold well are summed up again.
void scanner::invert(int64_t first, int lanes, float* squares) const {
  constexpr float least = 1e-20f, most = 1e30f;
  for (int l = 0; l < lanes; ++l) {
    double norm;
    squares[l] = squares[l] > least && squares[l] < most ? 1.0f / std::sqrt(squares[l]) : inverse_of(y_, first + l, norm);
  }
}

void scanner::take_codes(const rows_view& queries, float x_scale) {
  coded_ = true;
  terms_ = queries.of.type == dtype::int8 ? 1 : 2;
  const int64_t words = kern_.spread_words(dtype::int8, columns_);
  float *spread = kept<0>(few_ * terms_ * words), *row = kept<1>(2 * columns_);
  int8_t* codes = reinterpret_cast<int8_t*>(row + columns_);
  rows_view plain = queries;
  if (terms_ == 1) plain.scale = nullptr;
  for (int64_t i = 0; i < few_; ++i) {
    kern_.read_row(plain, i, row);
    float most = 0;
    for (int64_t k = 0; k < columns_; ++k) most = std::max(most, std::fabs(row[k]));
    double scale = terms_ == 1 ? 1.0 : std::max(static_cast<double>(most) / 127.0, 1e-300);
    for (int term = 0; term < terms_; ++term) {
      int64_t total = 0;
      for (int64_t k = 0; k < columns_; ++k) {
        const double code = std::clamp(std::nearbyint(row[k] / scale), -128.0, 127.0);
        codes[k] = static_cast<int8_t>(code == code ? code : 0.0);
        row[k] = static_cast<float>(row[k] - code * scale);
        total += codes[k];
      }
      code_[i].scale[term] = terms_ == 1 ? static_cast<double>(x_scale) : scale;
      code_[i].total[term] = total;
      kern_.spread(dtype::int8, codes, columns_, spread + (i * terms_ + term) * words);
      scale /= 254.0;
    }
  }
  queries_ = spread;
}

void scanner::meet_codes(int64_t first, int lanes, float* values) const {
  alignas(64) float sums[2 * most_few * most_lanes];
  kern_.packed_sums(y_, first, lanes, queries_, few_ * terms_, cpu::sum_of::dot, sums, most_lanes);
  for (int64_t q = 0; q < few_; ++q) {
    float* s = values + q * most_lanes;
    for (int term = 0; term < terms_; ++term) {
      const int32_t* exact = reinterpret_cast<const int32_t*>(sums + (q * terms_ + term) * most_lanes);
      const double scale = code_[q].scale[term], bias = code_bias * static_cast<double>(code_[q].total[term]);
      for (int l = 0; l < lanes; ++l) {
        const float part = static_cast<float>((exact[l] - bias) * scale);
        s[l] = term == 0 ? part : s[l] + part;
      }
    }
    for (int l = 0; l < lanes; ++l) s[l] *= y_.scale[first + l];
  }
}

}  // namespace warpweft::distance
