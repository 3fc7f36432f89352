#include "loss/problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/order.h"
#include "loss/mean_logits.h"

namespace warpweft::loss {
namespace {

using distance::metric_id;

const row_strips& strips_of_loss(const loss_params& p) { return strips_in_use().rows[static_cast<int>(p.loss)][0]; }

bool wants_unit_rows(const loss_params& p) { return p.normalize || distance::traits_of(p.metric).on_unit_rows; }

// Cosine similarities of bfloat16 rows are made of their dots and norms where the machine multiplies bfloat16. Prefixes have norms of
// their own, and a guide's strips are those of float32 rows.
bool makes_stored_dots(const loss_params& p) {
  const bool cosine = p.metric == metric_id::cosine_similarity || (p.metric == metric_id::inner && p.normalize);
  const bool plain = !p.prefixes && !p.guided;
  return plain && cosine && p.x.type == dtype::bfloat16 && p.y.type == dtype::bfloat16 && cpu::in_use().bf16_pairs;
}

// On unit rows the cosine similarity is the inner product. Classes that do not stand where their numbers say are told by labels.
loss_params on_rows(loss_params p, bool stored_dots, const std::vector<int32_t>& numbers) {
  if (p.metric == metric_id::cosine_similarity || stored_dots) p.metric = stored_dots ? metric_id::cosine_similarity : metric_id::inner;
  if (!numbers.empty()) p.y_labels = numbers.data();
  if (p.prefixes) p.x.columns = p.y.columns = p.prefixes[p.prefix_count - 1];
  return p;
}

std::vector<int32_t> numbers(int64_t count) {
  std::vector<int32_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

problem::problem(const loss_params& p, const call_options& how, bool filtered)
    : numbers_(numbers(filtered ? p.y.rows : 0)), stored_dots_(makes_stored_dots(p)), seen_(on_rows(p, stored_dots_, numbers_)),
      unit_rows_(wants_unit_rows(p)), how_(how), x_order_(order(p.x_labels, p.x.rows)), y_order_(p.self     ? std::vector<int32_t>()
                                                                                                 : filtered ? by_mean_logit(p, how)
                                                                                                            : order(p.y_labels, p.y.rows)),
      x_labels_(visited_labels(p.x_labels, p.x.rows, x_order_)),
      y_labels_(p.self ? std::vector<int32_t>() : visited_labels(seen_.y_labels, p.y.rows, y_order_)),
      x_ids_(visited_ids(p.x_ids, p.x.rows, x_order_)), y_ids_(visited_ids(p.y_ids, p.y.rows, y_order())), beside_(visited_beside()),
      x_clusters_(padded_clusters(p.weights.x_clusters, p.x.rows)), y_clusters_(padded_clusters(p.weights.y_clusters, p.y.rows)),
      both_(pair_of(seen_.metric, seen_.x, seen_.y, seen_.self),
            {x_order_.empty() ? nullptr : x_order_.data(), y_order().empty() ? nullptr : y_order().data(), unit_rows_ && !stored_dots_,
             how.threads, how.control}),
      scalars_x_(both_.lanes_x()), scalars_y_(both_.lanes_y()), of_x_(positives(false)), of_y_(positives(true)),
      x_seen_(seen(both_.x(), scalars_x_.lane_scalar, x_scale_)), y_seen_(seen(both_.y(), scalars_y_.lane_scalar, y_scale_)) {
  if (p.guided) pack_guide();
  if (!p.prefixes) return;
  measure_prefixes(both_.x(), prefix_x_);
  if (!p.self) measure_prefixes(both_.y(), prefix_y_);
}

rows_view problem::seen(const rows_view& rows, const float* inverse_norms, cpu::buffer<float>& scale) const {
  if (!stored_dots_) return rows;
  scale.resize(rows.of.rows);
  for (int64_t i = 0; i < rows.of.rows; ++i) scale[rows.row(i)] = inverse_norms[i];
  rows_view unit = rows;
  unit.scale = scale.data();
  return unit;
}

// The rows are packed as all columns make them; a row of zeros stays one and gets no gradient.
void problem::measure_prefixes(const rows_view& view, prefix_side& of) const {
  constexpr double smallest_norm = 1e-12;
  const int64_t rows = view.of.rows;
  of.stride = padded(rows);
  of.factor.resize(seen_.prefix_count * of.stride);
  of.square.resize(seen_.prefix_count * of.stride);
  std::fill_n(of.factor.data(), of.factor.size(), 0.0f);
  std::fill_n(of.square.data(), of.square.size(), 0.0f);
  std::vector<double> squares(static_cast<size_t>(rows));
  for (int64_t g = 0; g < seen_.prefix_count; ++g) {
    float *factor = of.factor.data() + g * of.stride, *square = of.square.data() + g * of.stride;
    rows_view seen = view;
    seen.of.columns = seen_.prefixes[g];
    seen.scale = nullptr;
    if (unit_rows_) cpu::in_use().float32->square_norms(seen, 0, rows, squares.data());
    for (int64_t i = 0; i < rows; ++i) {
      if (!unit_rows_) {
        factor[i] = 1.0f;
        continue;
      }
      const double norm = std::sqrt(squares[static_cast<size_t>(i)]);
      if (norm == 0) continue;
      const bool clamped = norm < smallest_norm;
      factor[i] = static_cast<float>(1 / (clamped ? smallest_norm : norm) / static_cast<double>(view.scale[view.row(i)]));
      square[i] = clamped ? 0.0f : factor[i] * factor[i];
    }
  }
}

bool problem::unsorted() const { return bit_sets() || (seen_.mined && strips_in_use().miners[static_cast<int>(seen_.miner)].rank.step); }

// Panels of lanes and tiles of rows of both sides, as whole sweeps meet them.
void problem::pack_guide() {
  const distance::operands both(pair_of(seen_.metric, seen_.guide_x, seen_.guide_y, false),
                                {nullptr, nullptr, unit_rows_, how_.threads, how_.control});
  const cpu::kernels& kern = *cpu::in_use().float32;
  guide_depth_ = kern.depth(seen_.guide_x.columns);
  for (int across = 0; across < 2; ++across) {
    const rows_view &lanes = across ? both.y() : both.x(), &rows = across ? both.x() : both.y();
    packed_guide& to = guide_[across];
    to.lanes.resize(cpu::up_to_multiple(lanes.of.rows, kern.lanes) * guide_depth_ + 1);
    to.rows.resize(cpu::up_to_multiple(rows.of.rows, kern.rows) * guide_depth_ + 1);
    for (int64_t i = 0; i < lanes.of.rows; i += kern.lanes) kern.pack_lanes(lanes, i, to.lanes.data() + i * guide_depth_);
    for (int64_t i = 0; i < rows.of.rows; i += kern.rows) kern.pack_rows(rows, i, to.rows.data() + i * guide_depth_);
  }
}

std::vector<int32_t> problem::order(const int32_t* labels, int64_t rows) const {
  return labels && !unsorted() ? sorted_by_label(labels, rows) : std::vector<int32_t>();
}

// Numbers, or sets of bits, word w of all rows together.
std::vector<int32_t> problem::visited_labels(const int32_t* labels, int64_t rows, const std::vector<int32_t>& order) const {
  if (!labels) return {};
  if (!bit_sets()) return visited_ids(labels, rows, order);
  const int64_t words = seen_.label_words, stride = padded(rows);
  std::vector<int32_t> seen(static_cast<size_t>(words * stride));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t w = 0; w < words; ++w) seen[static_cast<size_t>(w * stride + i)] = labels[i * words + w];
  return seen;
}

std::vector<int32_t> problem::visited_ids(const int32_t* ids, int64_t rows, const std::vector<int32_t>& order) const {
  if (!ids) return {};
  std::vector<int32_t> seen(static_cast<size_t>(padded(rows)));
  for (int64_t i = 0; i < rows; ++i) seen[static_cast<size_t>(i)] = ids[order.empty() ? i : order[static_cast<size_t>(i)]];
  return seen;
}

std::vector<float> problem::visited_beside() const {
  if (!seen_.beside) return {};
  std::vector<float> seen(static_cast<size_t>(padded(seen_.y.rows)));
  for (int64_t j = 0; j < seen_.y.rows; ++j) seen[static_cast<size_t>(j)] = seen_.beside[candidate(j)];
  return seen;
}

std::vector<int32_t> problem::padded_clusters(const int32_t* clusters, int64_t rows) const {
  if (!clusters) return {};
  std::vector<int32_t> to(static_cast<size_t>(seen_.weights.clusterings * padded(rows)));
  for (int64_t k = 0; k < seen_.weights.clusterings; ++k) std::copy_n(clusters + k * rows, rows, to.begin() + k * padded(rows));
  return to;
}

void problem::weigh_pairs(row_context& c, bool across) const {
  const int64_t n = seen_.x.rows, m = seen_.y.rows;
  auto& w = c.weights;
  w.given = seen_.weights.given;
  w.lane_step = across ? 1 : m;
  w.row_step = across ? m : 1;
  w.lanes = across ? m : n;
  w.clusterings = seen_.weights.clusterings;
  w.lane_clusters = across ? y_clusters_.data() : x_clusters_.data();
  w.row_clusters = across ? x_clusters_.data() : y_clusters_.data();
  w.lane_stride = across ? padded(m) : padded(n);
  w.row_stride = across ? padded(n) : padded(m);
}

void problem::give(float* fields) const {
  if (!seen_.given) return;
  for (int64_t lane = 0; lane < seen_.x.rows; ++lane) fields[lane] = seen_.given[anchor(lane)];
}

int64_t problem::target_offset() const {
  return strips_in_use().rows[static_cast<int>(seen_.loss)][0].position_of(seen_.scalars).target_offset;
}

bool problem::meets_once() const { return seen_.self && strips_of(seen_).meets_once; }

distance::own_part problem::own_part() const { return distance::traits_of(seen_.metric).own; }

float problem::filter() const { return numbers_.empty() ? -1 : least_weight(seen_, strips_of_loss(seen_).beside_slope(seen_.scalars)); }

float least_weight(const loss_params& p, double slope) {
  constexpr float least_step[] = {0x1p-23f, 0x1p-10f, 0x1p-7f};  // of float32, float16, bfloat16
  return least_step[static_cast<int>(p.x.type)] / 32 * static_cast<float>(slope);
}

// A class's label is its number, so that it stands where its number says; unless classes are filtered, and stand anywhere. So do rows
// that share bits.
problem::ranges problem::positives(bool across) const {
  const int64_t lanes = across ? seen_.y.rows : seen_.x.rows, rows = across ? seen_.x.rows : seen_.y.rows, panel = both_.kern().lanes;
  if (unsorted() && seen_.match != matching::position) {
    const size_t panels = static_cast<size_t>((lanes + panel - 1) / panel);
    return {std::vector<int64_t>(panels, 0), std::vector<int64_t>(panels, rows)};
  }
  const int32_t *lane_labels = across ? seen_.y_labels : seen_.x_labels, *row_labels = across ? seen_.x_labels : seen_.y_labels;
  const std::vector<int32_t>&lane_order = across ? y_order() : x_order_, &row_order = across ? x_order_ : y_order();
  const int64_t shift = seen_.match == matching::position ? (across ? -target_offset() : target_offset()) : 0;
  const auto label = [&](int64_t lane) { return lane_labels ? lane_labels[lane_order[static_cast<size_t>(lane)]] : lane + shift; };
  std::vector<int64_t> place(numbers_.size());
  for (size_t at = 0; at < place.size(); ++at) place[static_cast<size_t>(y_order()[at])] = static_cast<int64_t>(at);
  const auto range = [&](int64_t wanted) {
    if (!place.empty() && !across) {
      if (wanted < 0 || wanted >= rows) return label_range{rows, 0};
      return label_range{place[static_cast<size_t>(wanted)], place[static_cast<size_t>(wanted)] + 1};
    }
    if (row_labels) return range_of(row_order, row_labels, static_cast<int32_t>(wanted));
    return label_range{std::clamp<int64_t>(wanted, 0, rows), std::clamp<int64_t>(wanted + 1, 0, rows)};
  };
  ranges found;
  for (int64_t first = 0; first < lanes; first += panel) {
    const int64_t last = std::min(first + panel, lanes) - 1;
    label_range seen{range(label(first)).begin, range(label(last)).end};
    for (int64_t lane = first; lane <= last && !place.empty(); ++lane) {
      const label_range own = range(label(lane));
      if (own.begin < own.end) seen = {std::min(seen.begin, own.begin), std::max(seen.end, own.end)};
    }
    found.begin.push_back(seen.begin);
    found.end.push_back(seen.end);
  }
  return found;
}

cpu::sweep problem::sweep(bool across) const {
  cpu::sweep work;
  work.kern = &kern();
  work.lanes = across ? both_.y() : both_.x();
  work.rows = across ? both_.x() : both_.y();
  work.sums = &sums();
  work.transposed_lanes = &lanes(across);
  work.transposed_rows = &lanes(!across);
  work.score = both_.stage(across ? scalars_y_ : scalars_x_);
  // The folds of prefixes multiply themselves.
  if (seen_.prefixes) work.score = {nullptr, nullptr, [](const void*, const cpu::strip&) {}};
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
  const auto given = [](const std::vector<int32_t>& labels) { return labels.empty() ? nullptr : labels.data(); };
  c.pairs.lane_labels = given(across ? other : own);
  c.pairs.row_labels = given(across ? own : other);
  if (bit_sets()) c.pairs.bit_words = seen_.label_words;
  c.pairs.lane_stride = padded(across ? seen_.y.rows : seen_.x.rows);
  c.pairs.row_stride = padded(across ? seen_.x.rows : seen_.y.rows);
  c.pairs.lane_ids = given(across ? y_ids_ : x_ids_);
  c.pairs.row_ids = given(across ? x_ids_ : y_ids_);
  if (seen_.guided) c.guide = {guide_[across].lanes.data(), guide_[across].rows.data(), guide_depth_, cpu::in_use().float32};
  if (seen_.mined) {
    const int64_t most = strips_in_use().miners[static_cast<int>(seen_.miner)].ranked(seen_.miner_scalars);
    c.ranked = std::min(most, across ? seen_.x.rows : seen_.y.rows);
  }
  if (seen_.beside) (across ? c.lane_beside : c.row_beside) = beside_.data();
  weigh_pairs(c, across);
  c.pairs.self = seen_.self;
  c.pairs.shift = across ? -target_offset() : target_offset();
  c.pairs.begin = r.begin.data();
  c.pairs.end = r.end.data();
  return c;
}

}  // namespace warpweft::loss
