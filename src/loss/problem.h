// A loss's pairs made ready for sweeps: rows sorted by label, padded labels, each panel's range of positives, operands.
#pragma once
#include <vector>

#include "distance/operands.h"
#include "loss/cpu.h"
#include "loss/loss.h"
#include "loss/state.h"

namespace warpweft::loss {

// What one side's rows are multiplied with to be of unit length over each prefix, and its square where that is no constant, else 0.
struct prefix_side {
  int64_t stride = 0;
  cpu::buffer<float> factor, square;  // [prefixes, stride], in visiting order
  const float* at(int64_t g) const { return factor.data() + g * stride; }
  const float* square_at(int64_t g) const { return square.data() + g * stride; }
};

class problem {
 public:
  // filtered: candidates stand in the order of their mean logits, so that those that matter share strips.
  problem(const loss_params& p, const call_options& how, bool filtered = false);
  problem(const problem&) = delete;

  // A sweep whose lanes are anchors (across: candidates), without its fold.
  cpu::sweep sweep(bool across) const;
  row_context context(bool across) const;
  // Which rows hold a panel's positives, for a sweep that needs no others.
  void only_positives(cpu::sweep& work, bool across) const;

  const loss_params& params() const { return seen_; }
  const std::vector<int32_t>& x_order() const { return x_order_; }
  const std::vector<int32_t>& y_order() const { return seen_.self ? x_order_ : y_order_; }
  // The anchors' own numbers, where the loss asks for some, to where its fields begin, in visiting order.
  void give(float* fields) const;
  // Visiting order → row.
  int64_t anchor(int64_t lane) const { return x_order_.empty() ? lane : x_order_[static_cast<size_t>(lane)]; }
  int64_t candidate(int64_t lane) const { return y_order().empty() ? lane : y_order()[static_cast<size_t>(lane)]; }
  bool unit_rows() const { return unit_rows_; }
  // A batch with itself, of which a sweep may meet each pair once, for both of its anchors.
  bool meets_once() const;
  distance::own_part own_part() const;
  int64_t target_offset() const;
  // What a weight has to be above, in units of its anchor's scale; below 0 without a filter.
  float filter() const;
  const cpu::kernels& kern() const { return seen_.prefixes ? *cpu::in_use().float32 : both_.kern(); }
  // What gradients are added up by. Bfloat16 rows and weights are rounded to it where kern multiplies it and no difference of rows is
  // made of sums.
  const cpu::kernels& sums() const { return own_part() == distance::own_part::none ? kern() : *cpu::in_use().float32; }
  const prefix_side& prefix(bool across) const { return across && !seen_.self ? prefix_y_ : prefix_x_; }
  // The rows that get a gradient, as the metric sees them: of unit length where it sees those.
  const rows_view& lanes(bool across) const { return across ? y_seen_ : x_seen_; }

 private:
  struct ranges {
    std::vector<int64_t> begin, end;
  };
  // Word w of all rows packed for `across` or along, so that a strip's guide is one product away.
  struct packed_guide {
    cpu::buffer<float> lanes, rows;
  };
  bool bit_sets() const { return seen_.match == matching::shared_bits; }
  // Rows are visited as they stand: labels have no order, or a miner asks for places.
  bool unsorted() const;
  void pack_guide();
  void measure_prefixes(const rows_view& view, prefix_side& of) const;
  std::vector<int32_t> order(const int32_t* labels, int64_t rows) const;
  std::vector<int32_t> visited_labels(const int32_t* labels, int64_t rows, const std::vector<int32_t>& order) const;
  std::vector<int32_t> visited_ids(const int32_t* ids, int64_t rows, const std::vector<int32_t>& order) const;
  std::vector<float> visited_beside() const;
  ranges positives(bool across) const;
  void weigh_pairs(row_context& c, bool across) const;
  std::vector<int32_t> padded_clusters(const int32_t* clusters, int64_t rows) const;
  rows_view seen(const rows_view& rows, const float* inverse_norms, cpu::buffer<float>& scale) const;

  std::vector<int32_t> numbers_;  // filtered: of the candidates, their labels
  // Dots of rows as they are stored, which the machine multiplies faster than their unit vectors: those are no bfloat16 any more.
  const bool stored_dots_;
  loss_params seen_;  // with the metric that rows of unit length leave to be computed
  const bool unit_rows_;
  const call_options how_;
  const std::vector<int32_t> x_order_, y_order_;
  const std::vector<int32_t> x_labels_, y_labels_;
  const std::vector<int32_t> x_ids_, y_ids_;
  const std::vector<float> beside_;
  const std::vector<int32_t> x_clusters_, y_clusters_;  // rows as they are: pairs with weights follow from positions
  const distance::operands both_;
  const distance::score_context scalars_x_, scalars_y_;
  const ranges of_x_, of_y_;
  cpu::buffer<float> x_scale_, y_scale_;
  const rows_view x_seen_, y_seen_;
  packed_guide guide_[2];  // lanes are anchors, lanes are candidates
  int64_t guide_depth_ = 0;
  prefix_side prefix_x_, prefix_y_;
};

}  // namespace warpweft::loss
