// Both sides of a sweep as the metric wants them: views with shift and scale, row scalars, and the packed format.
#pragma once
#include <vector>

#include "cpu/buffer.h"
#include "distance/cpu.h"
#include "distance/mean_columns.h"
#include "distance/ops/exact.h"
#include "distance/visit.h"

namespace warpweft::distance {

// What a metric's op says of itself, for code that does not depend on an instruction set.
struct traits {
  form kind;
  row_scalar scalar;
  exact safety;
  own_part own;
  bool has_extra;
  bool centred_rows;
  bool on_unit_rows;
  bool shifts;
  bool constant_slope;
};
traits traits_of(metric_id metric);
// What a metric makes of a row's scalar |x|²; 0 where it makes nothing.
double extra_of(metric_id metric, const double* scalars, double square);

// ERR_ARGUMENT of a row that is no point of the ball; square: curvature · |row|².
[[noreturn]] void refuse_outside_ball(const char* name, double square, int64_t row);

class prepared;

// What is known of the rows of one side, in visiting order, and rows that had to be made.
struct side {
  const char* name;
  cpu::buffer<float> scalar, extra, scale, high, low;
  cpu::buffer<double> norm, offset;
};

// A sweep's values may be off by what docs/distance.md says of pairs that are neither near nor far, and the true k-th closest may stand
// a few places further back. So a few more are kept until they have been evaluated again.
int64_t kept_neighbours(metric_id metric, int64_t k, int64_t rows);

// float32 stays right on offset data because an L2 metric's rows are shifted by the common column means, where that
// shift loses no bit of any element: then differences of shifted rows are the differences of the rows.
class operands {
 public:
  operands(const pair_params& pair, const visit& how);
  operands(const operands&) = delete;

  const rows_view& x() const { return x_; }
  const rows_view& y() const { return y_; }
  // The rows that `kern` makes dots of.
  const rows_view& x_dots() const { return x_with_means_.view() ? *x_with_means_.view() : x_; }
  const rows_view& y_dots() const { return y_with_means_.view() ? *y_with_means_.view() : y_; }
  const cpu::kernels& kern() const { return *kern_; }
  // Lanes are x and rows are y, or the other way round.
  score_context lanes_x() const { return context(x_, x_side_, y_, of_y(), true); }
  score_context lanes_y() const { return context(y_, of_y(), x_, x_side_, false); }
  // Where y is a base that has been prepared and kern takes its rows as they are, in their own order.
  const float* packed_rows() const { return packed_rows_; }
  // The stage for either context; it must outlive the sweep.
  cpu::score_stage stage(const score_context& context) const;

 private:
  friend class prepared;
  explicit operands(const pair_params& pair);
  operands(const pair_params& pair, const visit& how, bool shifts);
  void meet(const pair_params& pair, const visit& how, bool shifts);
  void meet_rows(const pair_params& pair, const visit& how);
  void meet_base(const pair_params& pair, const visit& how);
  // What is known of a base's rows, in the order in which they are visited.
  void visit_known(const side& known);
  const side& of_y() const;
  score_context context(const rows_view& lanes, const side& of_lanes, const rows_view& rows, const side& of_rows, bool lanes_are_x) const;
  // Each step changes what the next sees of a side's rows.
  void ready(rows_view& view, side& of, const visit& how) const;
  void find_origin(const visit& how);
  void whiten(rows_view& view, side& of, const visit& how) const;
  void take_means_off(rows_view& view, side& of, const visit& how) const;
  void to_unit(rows_view& view, side& of, const visit& how) const;
  void centre(const visit& how);
  void measure(const rows_view& view, side& of, const visit& how) const;
  // From what was measured of rows of codes, whose sums are exact, to what is known of scale · code.
  static void scale_known(const traits& metric, side& of, int64_t rows);
  void inside_ball(const side& of, const rows_view& view) const;
  void meet_as_bf16(const visit& how);

  const metric_id metric_;
  double scalars_[most_metric_scalars];
  const double* whitener_ = nullptr;
  const bool self_;
  const prepared* const base_;
  const float* packed_rows_ = nullptr;
  bool shift_rounds_ = false;  // some element of x: then near pairs are evaluated again one by one
  rows_view x_, y_;
  const cpu::kernels* kern_;
  side x_side_, y_side_;
  rows_with_means x_with_means_, y_with_means_;
  cpu::buffer<float> shift_;
  std::vector<double> origin_;  // where rows are moved to before they are whitened
};

}  // namespace warpweft::distance
