#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "base/order.h"
#include "cpu/threads.h"
#include "distance/distance.h"
#include "distance/gpu.h"
#include "distance/operands.h"

namespace warpweft::distance {
namespace {

// Positives listed at a time, over all queries of a block: 8 + 4 bytes each.
constexpr int64_t listed_at_once = 4 << 20;
constexpr int64_t lane_padding = 64;
constexpr float nothing = std::numeric_limits<float>::quiet_NaN();  // no key is before it or equal to it

class ranking {
 public:
  ranking(const rank_params& p, const call_options& how)
      : p_(p), how_(how), query_order_(sorted_by_label(p.query_labels, p.pair.x.rows)),
        reference_order_(p.own ? query_order_ : sorted_by_label(p.reference_labels, p.pair.y.rows)),
        both_(p.pair, {query_order_.data(), reference_order_.data(), false, how.threads, how.control}) {}

  void rank() {
    const int64_t n = p_.pair.x.rows;
    const int lanes = both_.kern().lanes;
    for (int64_t first = 0; first < n;) {
      int64_t last = first, listed = 0;
      while (last < n && (last == first || listed < listed_at_once)) {
        for (int l = 0; l < lanes && last < n; ++l, ++last) listed += positives(last);
      }
      rank_block(first, last);
      first = last;
    }
  }

 private:
  label_range range(int64_t lane) const {
    return range_of(reference_order_, p_.reference_labels, p_.query_labels[query_order_[static_cast<size_t>(lane)]]);
  }
  int64_t positives(int64_t lane) const {
    const label_range r = range(lane);
    return r.end - r.begin - (p_.own ? 1 : 0);
  }

  // Queries [first, last), in visiting order.
  void rank_block(int64_t first, int64_t last) {
    const int64_t count = last - first;
    std::vector<int64_t> begin(static_cast<size_t>(count)), end(begin), list(static_cast<size_t>(count) + 1);
    for (int64_t l = 0; l < count; ++l) {
      const label_range r = range(first + l);
      begin[static_cast<size_t>(l)] = r.begin;
      end[static_cast<size_t>(l)] = r.end;
      list[static_cast<size_t>(l) + 1] = list[static_cast<size_t>(l)] + r.end - r.begin - (p_.own ? 1 : 0);
    }
    const size_t padded = static_cast<size_t>(count + lane_padding);
    std::vector<float> keys(static_cast<size_t>(list.back())), first_key(padded, nothing), limit_key(padded, nothing);
    std::vector<int32_t> ids(keys.size()), beaten(keys.size());
    std::vector<int64_t> limit(padded), within(padded), before(padded);
    const rank_context c{larger_is_closer(p_.pair.metric),
                         p_.own,
                         reference_order_.data(),
                         begin.data(),
                         end.data(),
                         first,
                         list.data(),
                         keys.data(),
                         ids.data(),
                         beaten.data(),
                         first_key.data(),
                         limit_key.data(),
                         limit.data(),
                         within.data(),
                         before.data()};
    sweep_block(c, first, count);
    cpu::parallel(count, how_.threads, how_.control, [&](int64_t l, int) { finish(c, first, l); });
  }

  void sweep_block(const rank_context& c, int64_t first, int64_t count) {
    const strips& family = strips_in_use();
    score_context scalars = both_.lanes_x();
    if (scalars.lane_scalar) scalars.lane_scalar += first;
    if (scalars.lane_extra) scalars.lane_extra += first;
    if (scalars.lane_norm) scalars.lane_norm += first;
    scalars.self = false;  // a query never meets itself here
    cpu::sweep work;
    work.kern = &both_.kern();
    work.lanes = both_.x_dots();
    work.lanes.order += first;
    work.lanes.of.rows = count;
    work.rows = both_.y_dots();
    rows_view lanes = both_.x();
    lanes.order += first;
    lanes.of.rows = count;
    scalars.lanes = &lanes;
    work.score = both_.stage(scalars);
    work.threads = how_.threads;
    work.control = how_.control;
    work.fold.context = &c;
    work.fold.whole = true;
    work.fold.step = family.rank_positives;
    std::vector<int64_t> from, to;
    for (int64_t l = 0; l < count; l += work.kern->lanes) {
      const int64_t stop = std::min<int64_t>(l + work.kern->lanes, count);
      from.push_back(*std::min_element(c.class_begin + l, c.class_begin + stop));
      to.push_back(*std::max_element(c.class_end + l, c.class_end + stop));
    }
    work.begin = from.data();
    work.end = to.data();
    cpu::run(work);
    cpu::parallel(count, how_.threads, how_.control, [&](int64_t l, int) { begin_counting(c, l); });
    work.begin = work.end = nullptr;
    work.fold.step = family.rank_count;
    cpu::run(work);
  }

  // Sorts the lane's positives: closest first, ties to the lower reference, NaN last. A NaN is never found.
  static void begin_counting(const rank_context& c, int64_t l) {
    const int64_t begin = c.list[l], end = c.list[l + 1];
    std::vector<std::pair<float, int32_t>> entries;
    for (int64_t i = begin; i < end; ++i) entries.emplace_back(c.keys[i], c.ids[i]);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const bool a_nan = a.first != a.first, b_nan = b.first != b.first;
      if (a_nan != b_nan) return b_nan;
      if (!a_nan && a.first != b.first) return a.first < b.first;
      return a.second < b.second;
    });
    c.limit[l] = -1;
    for (int64_t i = begin; i < end; ++i) {
      std::tie(c.keys[i], c.ids[i]) = entries[static_cast<size_t>(i - begin)];
      if (c.keys[i] == c.keys[i]) c.limit[l] = i - begin;
    }
    if (c.limit[l] < 0) return;
    c.first_key[l] = c.keys[begin];
    c.limit_key[l] = c.keys[begin + c.limit[l]];
  }

  // rank_j = 1 + references that stand before positive j.  R-precision = #{rank_j ≤ R}/R.  MAP@R = Σ_{rank_j ≤ R} (j/rank_j)/R.
  void finish(const rank_context& c, int64_t first, int64_t l) const {
    const int64_t query = query_order_[static_cast<size_t>(first + l)], relevant = c.list[l + 1] - c.list[l];
    const int32_t* beaten = c.beaten + c.list[l];
    int64_t rank = 1, within = 0;
    double precision = 0;
    for (int64_t j = 0; j <= c.limit[l]; ++j) {
      rank += beaten[j];
      if (rank > relevant) break;
      ++within;
      precision += static_cast<double>(within) / static_cast<double>(rank);
    }
    p_.first_rank[query] = c.first_key[l] != c.first_key[l] ? 0 : static_cast<int32_t>(1 + c.before[l]);
    p_.relevant[query] = static_cast<int32_t>(relevant);
    p_.r_precision[query] = relevant ? static_cast<double>(within) / static_cast<double>(relevant) : 0;
    p_.map_at_r[query] = relevant ? precision / static_cast<double>(relevant) : 0;
  }

  const rank_params& p_;
  const call_options how_;
  const std::vector<int32_t> query_order_, reference_order_;
  const operands both_;
};

}  // namespace

void rank(const rank_params& p, const call_options& how) {
  if (how.on) return on_gpu::rank(p, how);
  if (how.control) how.control->plan(2);
  ranking(p, how).rank();
}

}  // namespace warpweft::distance
