#include "loss/problem.h"

#include <algorithm>

#include "base/order.h"

namespace warpweft::loss {
namespace {

using distance::metric_id;

bool wants_unit_rows(const loss_params& p) { return p.normalize || distance::traits_of(p.metric).on_unit_rows; }

// On unit rows the cosine similarity is the inner product.
loss_params on_rows(loss_params p) {
  if (p.metric == metric_id::cosine_similarity) p.metric = metric_id::inner;
  return p;
}

distance::pair_params pair_of(const loss_params& p) { return {p.metric, p.x, p.y, p.self}; }

}  // namespace

problem::problem(const loss_params& p, const call_options& how)
    : seen_(on_rows(p)), unit_rows_(wants_unit_rows(p)), how_(how), x_order_(order(p.x_labels, p.x.rows)),
      y_order_(p.self ? std::vector<int32_t>() : order(p.y_labels, p.y.rows)), x_labels_(visited_labels(p.x_labels, x_order_)),
      y_labels_(p.self ? std::vector<int32_t>() : visited_labels(p.y_labels, y_order_)),
      both_(pair_of(seen_), {x_order_.empty() ? nullptr : x_order_.data(), y_order().empty() ? nullptr : y_order().data(), unit_rows_,
                             how.threads, how.control}),
      scalars_x_(both_.lanes_x()), scalars_y_(both_.lanes_y()), of_x_(positives(false)), of_y_(positives(true)) {}

std::vector<int32_t> problem::order(const int32_t* labels, int64_t rows) const {
  return labels ? sorted_by_label(labels, rows) : std::vector<int32_t>();
}

std::vector<int32_t> problem::visited_labels(const int32_t* labels, const std::vector<int32_t>& order) const {
  if (!labels) return {};
  std::vector<int32_t> seen(static_cast<size_t>(padded(static_cast<int64_t>(order.size()))));
  for (size_t i = 0; i < order.size(); ++i) seen[i] = labels[order[i]];
  return seen;
}

int64_t problem::target_offset() const {
  return strips_in_use().rows[static_cast<int>(seen_.loss)][0].position_of(seen_.scalars).target_offset;
}

bool problem::differences() const { return distance::traits_of(seen_.metric).symmetric_difference; }

problem::ranges problem::positives(bool across) const {
  const int64_t lanes = across ? seen_.y.rows : seen_.x.rows, rows = across ? seen_.x.rows : seen_.y.rows, panel = both_.kern().lanes;
  const int32_t *lane_labels = across ? seen_.y_labels : seen_.x_labels, *row_labels = across ? seen_.x_labels : seen_.y_labels;
  const std::vector<int32_t>&lane_order = across ? y_order() : x_order_, &row_order = across ? x_order_ : y_order();
  ranges found;
  for (int64_t first = 0; first < lanes; first += panel) {
    const int64_t last = std::min(first + panel, lanes) - 1;
    if (lane_labels) {
      const auto label = [&](int64_t lane) { return lane_labels[lane_order[static_cast<size_t>(lane)]]; };
      found.begin.push_back(range_of(row_order, row_labels, label(first)).begin);
      found.end.push_back(range_of(row_order, row_labels, label(last)).end);
    } else {
      const int64_t shift = across ? -target_offset() : target_offset();
      found.begin.push_back(std::clamp<int64_t>(first + shift, 0, rows));
      found.end.push_back(std::clamp<int64_t>(last + 1 + shift, 0, rows));
    }
  }
  return found;
}

cpu::sweep problem::sweep(bool across) const {
  cpu::sweep work;
  work.kern = &both_.kern();
  work.lanes = across ? both_.y() : both_.x();
  work.rows = across ? both_.x() : both_.y();
  work.score = both_.stage(across ? scalars_y_ : scalars_x_);
  work.threads = how_.threads;
  work.control = how_.control;
  return work;
}

void problem::only_positives(cpu::sweep& work, bool across) const {
  work.begin = (across ? of_y_ : of_x_).begin.data();
  work.end = (across ? of_y_ : of_x_).end.data();
}

row_context problem::context(bool across) const {
  const std::vector<int32_t>& own = x_labels_;
  const std::vector<int32_t>& other = seen_.self ? x_labels_ : y_labels_;
  const ranges& r = across ? of_y_ : of_x_;
  row_context c{};
  c.params = &seen_;
  c.larger = distance::larger_is_closer(seen_.metric);
  if (seen_.x_labels) {
    c.pairs.lane_labels = (across ? other : own).data();
    c.pairs.row_labels = (across ? own : other).data();
  }
  c.pairs.self = seen_.self;
  c.pairs.shift = across ? -target_offset() : target_offset();
  c.pairs.begin = r.begin.data();
  c.pairs.end = r.end.data();
  return c;
}

}  // namespace warpweft::loss
