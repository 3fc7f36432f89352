// Both sides of a sweep as the metric wants them: views with shift and scale, row scalars, and the packed format.
#pragma once
#include "base/job.h"
#include "cpu/buffer.h"
#include "distance/cpu.h"
#include "distance/ops/exact.h"

namespace warpweft::distance {

// What a metric's op says of itself, for code that does not depend on an instruction set.
struct traits {
  row_scalar scalar;
  exact safety;
  bool on_unit_rows;
  bool symmetric_difference;
};
traits traits_of(metric_id metric);

struct visit {
  const int32_t* x_order = nullptr;  // visiting order of the rows, or null
  const int32_t* y_order = nullptr;
  bool unit_rows = false;  // rows are divided by max(|row|, 1e-12) before the metric sees them
  int threads = 1;
  job* control = nullptr;
};

// float32 stays right on offset data because an L2 metric's rows are shifted by the common column means, where that
// shift loses no bit of any element: then differences of shifted rows are the differences of the rows.
class operands {
 public:
  operands(const pair_params& pair, const visit& how);
  operands(const operands&) = delete;

  const rows_view& x() const { return x_; }
  const rows_view& y() const { return y_; }
  const cpu::kernels& kern() const { return *kern_; }
  // Lanes are x and rows are y, or the other way round.
  score_context lanes_x() const { return {x_scalar(), y_scalar(), x_norm(), y_norm(), self_}; }
  score_context lanes_y() const { return {y_scalar(), x_scalar(), y_norm(), x_norm(), self_}; }
  // The stage for either context; it must outlive the sweep.
  cpu::score_stage stage(const score_context& context) const;

 private:
  struct side {
    cpu::buffer<float> scalar, scale;
    cpu::buffer<double> norm;
  };
  const float* x_scalar() const { return x_side_.scalar.data(); }
  const float* y_scalar() const { return self_ ? x_scalar() : y_side_.scalar.data(); }
  const double* x_norm() const { return x_side_.norm.data(); }
  const double* y_norm() const { return self_ ? x_norm() : y_side_.norm.data(); }
  void centre(const visit& how);
  void measure(const rows_view& view, side& of, const visit& how) const;
  void to_unit(rows_view& view, side& of, const visit& how) const;

  const metric_id metric_;
  const bool self_;
  rows_view x_, y_;
  const cpu::kernels* kern_;
  side x_side_, y_side_;
  cpu::buffer<float> shift_;
};

}  // namespace warpweft::distance
