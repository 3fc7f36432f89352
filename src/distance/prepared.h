// A base that is searched again and again on the CPU: its rows as the metric sees them, packed for the sweep, and what is known of each.
// A snapshot that owns all it needs.
#pragma once
#include <vector>

#include "distance/operands.h"
#include "distance/prepared_base.h"

namespace warpweft::distance {

class prepared : public prepared_base {
 public:
  prepared(const prepare_params& p, const call_options& how);

  const double* whitener() const { return whitener_.empty() ? nullptr : whitener_.data(); }
  const std::vector<double>& origin() const { return origin_; }  // with a whitener
  const rows_view& rows() const { return view_; }                // packed
  const side& known() const { return side_; }
  const float* shift() const { return shift_.data(); }  // what was taken off every row, or null
  int64_t bytes() const override;
  // Rows were packed for one instruction set. ERR_ARGUMENT where another is in use.
  void check_in_use() const;

 private:
  void pack(const rows_view& from, const call_options& how);
  void pack_float32(const rows_view& from, int64_t panel);
  void pack_other(const rows_view& from, int64_t panel);
  void quantise(const rows_view& from, int64_t row, const float* values, int8_t* codes) const;
  void keep_rest(const rows_view& from, const call_options& how);

  std::vector<double> whitener_, origin_;
  const cpu::instruction_set* const set_;
  const float* given_scale_;
  rows_view view_;
  side side_;
  cpu::buffer<char> panels_;
  cpu::buffer<float> shift_;
};

}  // namespace warpweft::distance
