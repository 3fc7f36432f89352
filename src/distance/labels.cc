#include "distance/labels.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/order.h"
#include "distance/distance.h"
#include "distance/gpu.h"
#include "distance/operands.h"

namespace warpweft::distance {
namespace {

constexpr int64_t lane_padding = 64;

// Labels in visiting order, padded to whole panels.
std::vector<int32_t> visited(const int32_t* labels, const std::vector<int32_t>& order) {
  std::vector<int32_t> seen(order.size() + lane_padding);
  for (size_t i = 0; i < order.size(); ++i) seen[i] = labels[order[i]];
  return seen;
}

class labelled {
 public:
  labelled(const label_params& p, const call_options& how)
      : p_(p), how_(how), x_order_(sorted_by_label(p.labels, p.pair.x.rows)),
        y_order_(p.own ? x_order_ : sorted_by_label(p.reference_labels, p.pair.y.rows)), x_labels_(visited(p.labels, x_order_)),
        y_labels_(visited(p.reference_labels, y_order_)), limit_(x_labels_.size(), std::numeric_limits<float>::infinity()),
        both_(p.pair, {x_order_.data(), y_order_.data(), false, how.threads, how.control}), scalars_(both_.lanes_x()) {
    scalars_.self = false;  // a row never meets itself here
    find_ranges();
  }

  void run() {
    count();
    const label_context c = context();
    cpu::sweep work;
    work.kern = &both_.kern();
    work.lanes = both_.x_dots();
    work.rows = both_.y_dots();
    work.score = both_.stage(scalars_);
    work.threads = how_.threads;
    work.control = how_.control;
    work.fold = strips_in_use().positives;
    work.fold.context = &c;
    work.begin = begin_.data();
    work.end = end_.data();
    cpu::run(work);
    work.begin = work.end = nullptr;
    work.fold = strips_in_use().negatives;
    work.fold.context = &c;
    cpu::run(work);
  }

 private:
  label_range range(int64_t lane) const { return range_of(y_order_, p_.reference_labels, x_labels_[static_cast<size_t>(lane)]); }

  void find_ranges() {
    const int64_t lanes = p_.pair.x.rows, panel = both_.kern().lanes;
    for (int64_t first = 0; first < lanes; first += panel) {
      begin_.push_back(range(first).begin);
      end_.push_back(range(std::min(first + panel, lanes) - 1).end);
    }
  }

  // Pairs by their labels alone, whatever their values.
  void count() const {
    for (int64_t lane = 0; lane < p_.pair.x.rows; ++lane) {
      const label_range r = range(lane);
      const int64_t anchor = x_order_[static_cast<size_t>(lane)];
      p_.positives[anchor] = static_cast<int32_t>(r.end - r.begin - (p_.own ? 1 : 0));
      p_.negatives[anchor] = static_cast<int32_t>(p_.pair.y.rows - (r.end - r.begin));
    }
  }

  label_context context() {
    const float sign = larger_is_closer(p_.pair.metric) ? -1.0f : 1.0f;
    label_context c{};
    c.larger = larger_is_closer(p_.pair.metric);
    c.own = p_.own;
    c.lane_labels = x_labels_.data();
    c.row_labels = y_labels_.data();
    c.lane_order = x_order_.data();
    c.row_order = y_order_.data();
    c.begin = begin_.data();
    c.end = end_.data();
    c.beyond_easiest = p_.beyond_easiest;
    c.beyond = sign * p_.pos_margin;
    c.within = sign * p_.neg_margin;
    c.limit = limit_.data();
    std::copy(std::begin(p_.values), std::end(p_.values), c.values);
    std::copy(std::begin(p_.indices), std::end(p_.indices), c.indices);
    c.beyond_count = p_.beyond_count;
    c.within_count = p_.within_count;
    return c;
  }

  const label_params& p_;
  const call_options how_;
  const std::vector<int32_t> x_order_, y_order_, x_labels_, y_labels_;
  std::vector<float> limit_;
  const operands both_;
  score_context scalars_;
  std::vector<int64_t> begin_, end_;  // per panel
};

}  // namespace

void label_statistics(const label_params& p, const call_options& how) {
  if (how.on) return on_gpu::label_statistics(p, how);
  if (how.control) how.control->plan(2);
  labelled(p, how).run();
}

}  // namespace warpweft::distance
