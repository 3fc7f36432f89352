#include "distance/operands.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "distance/moments.h"
#include "distance/prepared.h"

namespace warpweft::distance {
namespace {

constexpr double smallest_norm = 1e-12;
constexpr int64_t panel_padding = 64;  // scalars are read to the end of a panel

// A row too short to become a unit row: it was divided by the smallest norm, and is not divided again.
bool is_clamped(const rows_view& view, int64_t r) {
  return view.scale && view.scale[view.row(r)] >= static_cast<float>(1.0 / smallest_norm);
}

bool is_bf16_pair(const pair_params& pair) { return pair.x.type == dtype::bfloat16 && pair.y.type == dtype::bfloat16; }

}  // namespace

void refuse_outside_ball(const char* name, double square, int64_t row) {
  throw coded_error("ERR_ARGUMENT", std::string(name) + " must hold points of the ball, curvature · |row|² < 1, got " +
                                        std::to_string(square) + " in row " + std::to_string(row) + "; see expMap0");
}

operands::operands(const pair_params& pair)
    : metric_(pair.metric), self_(pair.self), base_(static_cast<const prepared*>(pair.base)), kern_(cpu::in_use().float32) {
  std::copy_n(pair.scalars, most_metric_scalars, scalars_);
  whitener_ = base_ ? base_->whitener() : pair.whitener;
  x_.of = pair.x;
  x_side_.name = pair.x_name;
  y_side_.name = pair.y_name;
}

operands::operands(const pair_params& pair, const visit& how, bool shifts) : operands(pair) { meet(pair, how, shifts); }

operands::operands(const pair_params& pair, const visit& how) : operands(pair) {
  if (base_)
    meet_base(pair, how);
  else
    meet_rows(pair, how);
}

void operands::meet_rows(const pair_params& pair, const visit& how) {
  meet(pair, how, true);
  const traits t = traits_of(metric_);
  const cpu::kernels* pairs = cpu::in_use().bf16_pairs;
  const bool plain = !how.unit_rows && !x_.shift && !x_.offset && !whitener_ && t.kind == form::dot;
  if (pairs && is_bf16_pair(pair) && plain) kern_ = pairs;
  if (t.scalar == row_scalar::none) return;
  measure(x_, x_side_, how);
  if (!self_) measure(y_, y_side_, how);
  if (pairs && is_bf16_pair(pair) && t.centred_rows && how.dots_alone && !how.unit_rows) meet_as_bf16(how);
}

void operands::meet(const pair_params& pair, const visit& how, bool shifts) {
  y_.of = pair.y;
  if (whitener_) find_origin(how);
  ready(x_, x_side_, how);
  if (self_)
    y_ = x_;
  else
    ready(y_, y_side_, how);
  x_.order = how.x_order;
  y_.order = how.y_order;
  if (shifts && traits_of(metric_).shifts) centre(how);
}

// Centred rows are float32 ones, unless their means are so small that columns beside the rows can take them off.
void operands::meet_as_bf16(const visit& how) {
  const bool roots = traits_of(metric_).scalar == row_scalar::inverse_norm;
  if (!means_are_small(x_, x_side_.norm.data(), roots) || !means_are_small(y_, of_y().norm.data(), roots)) return;
  x_with_means_.make(x_, true, how);
  y_with_means_.make(y_, false, how);
  kern_ = cpu::in_use().bf16_pairs;
}

void operands::meet_base(const pair_params& pair, const visit& how) {
  base_->check_in_use();
  y_ = base_->rows();
  if (whitener_) origin_ = base_->origin();
  ready(x_, x_side_, how);
  x_.order = how.x_order;
  y_.order = how.y_order;
  const bool plain = !x_.offset && !whitener_ && !y_.order;
  const cpu::kernels* pairs = cpu::in_use().bf16_pairs;
  if (pairs && plain && x_.of.type == dtype::bfloat16 && y_.of.type == dtype::bfloat16) kern_ = pairs;
  const bool as_packed = y_.of.type == dtype::float32 || (kern_ == pairs && !pairs->rows_as_they_stand);
  if (as_packed && !y_.order) packed_rows_ = static_cast<const float*>(y_.of.data);
  if (y_.order) visit_known(base_->known());
  if (const float* shift = base_->shift()) {
    std::vector<uint8_t> inexact(static_cast<size_t>(x_.of.columns));
    mark_inexact(x_, how, shift, inexact);
    shift_rounds_ = std::any_of(inexact.begin(), inexact.end(), [](uint8_t rounds) { return rounds != 0; });
    x_.shift = shift;
  }
  const traits t = traits_of(metric_);
  if (t.scalar != row_scalar::none) measure(x_, x_side_, how);
  if (x_.of.type != dtype::int8) return;
  x_side_.scale.resize(x_.of.rows);
  std::fill_n(x_side_.scale.data(), x_.of.rows, pair.x_scale);
  x_.scale = x_side_.scale.data();
  if (t.scalar != row_scalar::none) scale_known(t, x_side_, x_.of.rows);
}

void operands::visit_known(const side& known) {
  const auto reorder = [this](const auto& from, auto& to) {
    if (!from) return;
    to.resize(from.size());
    for (int64_t i = 0; i < from.size(); ++i) to[i] = from[i < y_.of.rows ? y_.row(i) : i];
  };
  reorder(known.scalar, y_side_.scalar);
  reorder(known.extra, y_side_.extra);
  reorder(known.norm, y_side_.norm);
}

const side& operands::of_y() const { return base_ && !y_.order ? base_->known() : self_ ? x_side_ : y_side_; }

// What is done to each row before both sides are looked at together.
void operands::ready(rows_view& view, side& of, const visit& how) const {
  if (whitener_) whiten(view, of, how);
  if (traits_of(metric_).centred_rows) take_means_off(view, of, how);
  if (how.unit_rows) to_unit(view, of, how);
}

score_context operands::context(const rows_view& lanes, const side& of_lanes, const rows_view& rows, const side& of_rows,
                                bool lanes_are_x) const {
  score_context c{};
  c.metric = metric_;
  c.scalars = scalars_;
  c.lane_scalar = of_lanes.scalar.data();
  c.row_scalar = of_rows.scalar.data();
  c.lane_extra = of_lanes.extra.data();
  c.row_extra = of_rows.extra.data();
  c.lane_norm = of_lanes.norm.data();
  c.row_norm = of_rows.norm.data();
  c.lanes = &lanes;
  c.rows = &rows;
  c.lanes_are_x = lanes_are_x;
  c.tiles_exact = !x_.offset && !x_.low && !shift_rounds_ && y_.of.type != dtype::int8;
  c.self = self_;
  return c;
}

cpu::score_stage operands::stage(const score_context& context) const {
  const strips& family = strips_in_use();
  const int metric = static_cast<int>(metric_);
  return {&context, family.score[context.lanes_are_x ? 1 : 0][metric], family.make[metric]};
}

// Rows far from 0 are moved to the middle of both sides before they are multiplied, so that what float32 keeps of them is relative to
// their spread.
void operands::find_origin(const visit& how) {
  const size_t d = static_cast<size_t>(x_.of.columns);
  const double rows = static_cast<double>(x_.of.rows + (self_ ? 0 : y_.of.rows));
  moments all(d);
  all.add(x_, how);
  if (!self_) all.add(y_, how);
  origin_.resize(d);
  for (size_t k = 0; k < d; ++k) origin_[k] = worthwhile_shift(all.sum[k], all.square[k], rows);
}

void operands::whiten(rows_view& view, side& of, const visit& how) const {
  const int64_t rows = view.of.rows, d = view.of.columns;
  of.high.resize(rows * d);
  of.low.resize(rows * d);
  chunked(view.of, how, [&](int64_t, int64_t first, int64_t count) {
    cpu::in_use().float32->multiply_rows(view, first, count, origin_.data(), whitener_, of.high.data() + first * d,
                                         of.low.data() + first * d);
  });
  view.of = {of.high.data(), dtype::float32, rows, d, d, 1};
  view.low = of.low.data();
}

void operands::take_means_off(rows_view& view, side& of, const visit& how) const {
  of.offset.resize(view.of.rows);
  chunked(view.of, how,
          [&](int64_t, int64_t first, int64_t count) { cpu::in_use().float32->row_means(view, first, count, of.offset.data() + first); });
  view.offset = of.offset.data();
}

void operands::centre(const visit& how) {
  const int64_t d = x_.of.columns, rows = x_.of.rows + (self_ ? 0 : y_.of.rows);
  if (d == 0 || rows == 0) return;
  moments all(static_cast<size_t>(d));
  all.add(x_, how);
  if (!self_) all.add(y_, how);
  std::vector<float> shift(static_cast<size_t>(d));
  for (size_t k = 0; k < shift.size(); ++k) shift[k] = worthwhile_shift(all.sum[k], all.square[k], static_cast<double>(rows));
  const auto useful = [&] { return std::any_of(shift.begin(), shift.end(), [](float s) { return s != 0.0f; }); };
  if (!useful()) return;
  std::vector<uint8_t> inexact(static_cast<size_t>(d));
  mark_inexact(x_, how, shift.data(), inexact);
  if (!self_) mark_inexact(y_, how, shift.data(), inexact);
  for (size_t k = 0; k < shift.size(); ++k)
    if (inexact[k]) shift[k] = 0.0f;
  if (!useful()) return;
  shift_.resize(d);
  std::copy(shift.begin(), shift.end(), shift_.data());
  x_.shift = y_.shift = shift_.data();
}

void operands::measure(const rows_view& view, side& of, const visit& how) const {
  const int64_t rows = view.of.rows;
  const traits t = traits_of(metric_);
  of.norm.resize(rows + panel_padding);
  of.scalar.resize(rows + panel_padding);
  if (t.has_extra) of.extra.resize(rows + panel_padding);
  const cpu::kernels& kern = *cpu::in_use().float32;
  chunked(view.of, how, [&](int64_t, int64_t first, int64_t count) {
    kern.square_norms(view, first, count, of.norm.data() + first);
    for (int64_t i = first; i < first + count; ++i) {
      if (t.has_extra) of.extra[i] = static_cast<float>(extra_of(metric_, scalars_, of.norm[i]));
      if (t.scalar == row_scalar::square_norm) {
        of.scalar[i] = static_cast<float>(of.norm[i]);
      } else {
        const double norm = std::sqrt(of.norm[i]);
        of.norm[i] = is_clamped(view, i) ? 1.0 : norm < smallest_norm ? smallest_norm : norm;
        of.scalar[i] = static_cast<float>(1.0 / of.norm[i]);
      }
    }
  });
  if (metric_ == metric_id::poincare) inside_ball(of, view);
  std::fill_n(of.scalar.data() + rows, panel_padding, 0.0f);
  std::fill_n(of.norm.data() + rows, panel_padding, 1.0);
  if (t.has_extra) std::fill_n(of.extra.data() + rows, panel_padding, 1.0f);
}

void operands::scale_known(const traits& metric, side& of, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) {
    const double scale = of.scale[i];
    double& norm = of.norm[i];
    if (metric.scalar == row_scalar::square_norm) {
      norm *= scale * scale;
      of.scalar[i] = static_cast<float>(norm);
    } else {
      norm = std::max(norm <= smallest_norm ? 0.0 : norm * scale, smallest_norm);
      of.scalar[i] = static_cast<float>(1.0 / norm);
    }
  }
}

// A NaN is no place outside.
void operands::inside_ball(const side& of, const rows_view& view) const {
  const double curvature = scalars_[0];
  for (int64_t i = 0; i < view.of.rows; ++i)
    if (curvature * of.norm[i] >= 1.0) refuse_outside_ball(of.name, curvature * of.norm[i], view.row(i));
}

void operands::to_unit(rows_view& view, side& of, const visit& how) const {
  of.scale.resize(view.of.rows);
  const cpu::kernels& kern = *cpu::in_use().float32;
  chunked(view.of, how, [&](int64_t, int64_t first, int64_t count) {
    std::vector<double> squares(static_cast<size_t>(count));
    kern.square_norms(view, first, count, squares.data());
    for (int64_t i = 0; i < count; ++i) {
      const double norm = std::sqrt(squares[static_cast<size_t>(i)]);
      of.scale[first + i] = static_cast<float>(1.0 / (norm < smallest_norm ? smallest_norm : norm));
    }
  });
  view.scale = of.scale.data();
}

}  // namespace warpweft::distance
