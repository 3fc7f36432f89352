// Values and folds of a scan for one instruction set. Included by src/distance/scan_<isa>.cc.
#pragma once
#include "distance/exact.inl.h"
#include "distance/scan.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::bits_of;
using warpweft::WARPWEFT_ISA::first_lanes;

// A pair in float64, read as it is stored.
template <class Op>
float exact_pair(const score_context& c, const Op& op, const exact_row& query, int64_t row, int64_t lane, float* room) {
  const int64_t d = c.lanes->of.columns;
  const exact_row other = read_exact(*c.lanes, lane, room);
  const row_side<float> a = side_of_row<Op>(c, row),
                        b{c.lane_scalar ? c.lane_scalar[lane] : 0.0f, Op::has_extra ? c.lane_extra[lane] : 0.0f};
  if constexpr (Op::safety == exact::difference) {
    return op.value(static_cast<float>(exact_difference(query, other, d)), a, b);
  } else if constexpr (Op::safety == exact::none) {
    return op.value(op.gap(static_cast<float>(exact_dot(query, other, d)), a, b), a, b);
  } else {
    const double least = 1e-12, norm = c.lane_norm ? c.lane_norm[lane] : __builtin_sqrt(exact_dot(other, other, d));
    const double norms = c.row_norm[row] * (norm < least ? least : norm);
    return op.value(static_cast<float>(op.from_dot64(exact_dot(query, other, d), norms)), a, b);
  }
}

// Sums are Σ (x − y)² for metrics that are a function of it, else Σ xy.
template <class Op>
void scan_value(const score_context& c, const scan_part& part) {
  constexpr bool difference = Op::safety == exact::difference;
  const Op op = make_op<Op>(c.scalars);
  const int64_t d = c.lanes->of.columns;
  for (int64_t q = 0; q < part.few; ++q) {
    float* s = part.s + q * part.stride;
    const row_side<float> known = side_of_row<Op>(c, q);
    const row_side<vec> row{vec(known.norm), vec(known.extra)};
    for (int l = 0; l < part.lanes; l += vec_lanes) {
      const row_side<vec> lane{part.scalar ? load(part.scalar + l) : vec(0.0f), Op::has_extra ? load(part.extra + l) : vec(0.0f)};
      vec gap = load(s + l);
      if (!difference || part.dots) gap = op.gap(gap, row, lane);
      store(op.value(gap, row, lane), s + l);
      if constexpr (Op::safety != exact::none) {
        if (part.dots || (difference && c.tiles_exact)) continue;
        const mask near = op.within(near_share, gap, row, lane);
        if (!any(near)) continue;
        float* room = cpu::thread_scratch(2 * d);
        const exact_row query = read_exact(*c.rows, q, room);
        for (uint64_t bits = bits_of(near); bits; bits &= bits - 1) {
          const int at = l + __builtin_ctzll(bits);
          if (at < part.lanes) s[at] = exact_pair(c, op, query, q, part.lane0 + at, room + d);
        }
      }
    }
  }
}

template <class Op>
void scan_evaluate(const score_context& c, int64_t row, const int32_t* ids, int64_t count, float* values, float* room) {
  const Op op = make_op<Op>(c.scalars);
  const exact_row query = read_exact(*c.rows, row, room);
  for (int64_t i = 0; i < count; ++i) values[i] = exact_pair(c, op, query, row, ids[i], room + c.lanes->of.columns);
}

constexpr int64_t longest_sorted = 32;

inline void sink(entry* heap, int64_t size, int64_t at) {
  const entry last = heap[at];
  for (int64_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && heap[child] < heap[child + 1]) ++child;
    if (last >= heap[child]) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
}

// An entry that belongs into the list; ids come in any order.
inline void insert(scan_list& list, entry e) {
  const bool full = list.size == list.k;
  if (list.k <= longest_sorted) {
    if (full && e >= list.entries[list.k - 1]) return;
    int64_t at = full ? list.k - 1 : list.size++;
    for (; at > 0 && e < list.entries[at - 1]; --at) list.entries[at] = list.entries[at - 1];
    list.entries[at] = e;
    if (list.size == list.k) list.worst = key_of(list.entries[list.k - 1]);
    return;
  }
  if (!full) {
    list.entries[list.size++] = e;
    if (list.size == list.k)
      for (int64_t at = list.k / 2 - 1; at >= 0; --at) sink(list.entries, list.k, at);
  } else if (e < list.entries[0]) {
    list.entries[0] = e;
    sink(list.entries, list.k, 0);
  }
  if (list.size == list.k) list.worst = key_of(list.entries[0]);
}

inline void scan_offer(scan_list& list, const float* values, int64_t lane0, int lanes, bool larger, int64_t skip) {
  const vec sign(larger ? -1.0f : 1.0f);
  for (int l = 0; l < lanes; l += vec_lanes) {
    const mask hit = !(load(values + l) * sign >= vec(list.worst));
    if (!any(hit)) continue;
    for (uint64_t bits = bits_of(hit); bits; bits &= bits - 1) {
      const int at = l + __builtin_ctzll(bits);
      const float key = larger ? -values[at] : values[at];
      if (at < lanes && key == key && lane0 + at != skip) insert(list, entry_of(key, lane0 + at));
    }
  }
}

inline void scan_add(scan_total& total, const float* values, int lanes, row_reduction_id reduction, float scale) {
  const bool is_min = reduction == row_reduction_id::min,
             is_sum = reduction == row_reduction_id::sum || reduction == row_reduction_id::mean;
  const float none = is_sum ? 0.0f : is_min ? __builtin_inff() : -__builtin_inff();
  const auto taken = [&](vec value, int l, float beyond)
                         HWY_ATTR { return lanes - l >= vec_lanes ? value : select(first_lanes(lanes - l), value, vec(beyond)); };
  const vec factor(reduction == row_reduction_id::log_sum_exp ? scale : 1.0f);
  mask bad = vec(0.0f) > vec(0.0f);
  vec folded(none);
  for (int l = 0; l < lanes; l += vec_lanes) {
    const vec value = taken(load(values + l) * factor, l, none);
    bad = bad || !(value == value);
    folded = is_sum ? folded + value : is_min ? min(value, folded) : max(value, folded);
  }
  total.poison |= any(bad);
  float parts[vec_lanes];
  store(folded, parts);
  if (is_sum) {
    for (float part : parts) total.sum += part;
    return;
  }
  float extreme = none;
  for (float part : parts) extreme = is_min ? warpweft::min(extreme, part) : warpweft::max(extreme, part);
  if (reduction != row_reduction_id::log_sum_exp) {
    total.extreme = is_min ? warpweft::min(total.extreme, extreme) : warpweft::max(total.extreme, extreme);
    return;
  }
  const float top = warpweft::max(total.top, extreme);
  vec sum(0.0f);
  for (int l = 0; l < lanes; l += vec_lanes) sum = sum + taken(exp(load(values + l) * factor - vec(top)), l, 0.0f);
  store(sum, parts);
  total.sum *= __builtin_exp(static_cast<double>(total.top) - top);
  for (float part : parts) total.sum += part;
  total.top = top;
}

// Metrics of the elementwise form have no sum that a scan makes.
template <class Op>
constexpr void enter(scans& t, metric_id id) {
  if constexpr (Op::kind == form::dot) {
    t.value[static_cast<int>(id)] = scan_value<Op>;
    t.evaluate[static_cast<int>(id)] = scan_evaluate<Op>;
  }
}

constexpr scans make_scans() {
  scans t{};
  t.lanes = panel_lanes;
#define WARPWEFT_ENTRY(name) enter<name>(t, metric_id::name);
  WARPWEFT_DISTANCE_LIST(WARPWEFT_ENTRY)
#undef WARPWEFT_ENTRY
  t.offer = scan_offer;
  t.add = scan_add;
  return t;
}

}  // namespace warpweft::distance::WARPWEFT_ISA
