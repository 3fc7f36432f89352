// A loss's pairs made ready for sweeps: rows sorted by label, padded labels, each panel's range of positives, operands.
#pragma once
#include <vector>

#include "distance/operands.h"
#include "loss/cpu.h"
#include "loss/loss.h"
#include "loss/state.h"

namespace warpweft::loss {

class problem {
 public:
  problem(const loss_params& p, const call_options& how);
  problem(const problem&) = delete;

  // A sweep whose lanes are anchors (across: candidates), without its fold.
  cpu::sweep sweep(bool across) const;
  row_context context(bool across) const;
  // Which rows hold a panel's positives, for a sweep that needs no others.
  void only_positives(cpu::sweep& work, bool across) const;

  const loss_params& params() const { return seen_; }
  const std::vector<int32_t>& x_order() const { return x_order_; }
  const std::vector<int32_t>& y_order() const { return seen_.self ? x_order_ : y_order_; }
  // Visiting order → row.
  int64_t anchor(int64_t lane) const { return x_order_.empty() ? lane : x_order_[static_cast<size_t>(lane)]; }
  int64_t candidate(int64_t lane) const { return y_order().empty() ? lane : y_order()[static_cast<size_t>(lane)]; }
  bool unit_rows() const { return unit_rows_; }
  bool differences() const;
  int64_t target_offset() const;
  const rows_view& lanes(bool across) const { return across ? both_.y() : both_.x(); }

 private:
  struct ranges {
    std::vector<int64_t> begin, end;
  };
  std::vector<int32_t> order(const int32_t* labels, int64_t rows) const;
  std::vector<int32_t> visited_labels(const int32_t* labels, const std::vector<int32_t>& order) const;
  ranges positives(bool across) const;

  loss_params seen_;  // with the metric that rows of unit length leave to be computed
  const bool unit_rows_;
  const call_options how_;
  const std::vector<int32_t> x_order_, y_order_;
  const std::vector<int32_t> x_labels_, y_labels_;
  const distance::operands both_;
  const distance::score_context scalars_x_, scalars_y_;
  const ranges of_x_, of_y_;
};

}  // namespace warpweft::loss
