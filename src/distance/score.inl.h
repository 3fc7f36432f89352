// From dots to values, in place, and the exact re-evaluation of pairs where the expansion cancels.
#pragma once
#include "distance/exact.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::bits_of;

// Both sides of a register of pairs in the metric's own order.
template <class Op, bool lanes_x>
struct oriented {
  const Op& op;
  using side = row_side<vec>;
  WARPWEFT_HD vec gap(vec s, const side& row, const side& lane) const { return lanes_x ? op.gap(s, lane, row) : op.gap(s, row, lane); }
  WARPWEFT_HD vec value(vec gap, const side& row, const side& lane) const {
    return lanes_x ? op.value(gap, lane, row) : op.value(gap, row, lane);
  }
  WARPWEFT_HD mask within(vec gap, const side& row, const side& lane) const {
    return lanes_x ? op.within(near_share, gap, lane, row) : op.within(near_share, gap, row, lane);
  }
  WARPWEFT_HD vec gap_of(vec value, const side& row, const side& lane) const {
    return lanes_x ? op.gap_of(value, lane, row) : op.gap_of(value, row, lane);
  }
};

template <class Op>
WARPWEFT_HD row_side<vec> lanes_from(const score_context& c, int64_t lane) {
  return {load(c.lane_scalar + lane), Op::has_extra ? load(c.lane_extra + lane) : vec(0.0f)};
}
template <class Op>
WARPWEFT_HD row_side<vec> spread_row(const score_context& c, int64_t row) {
  return {vec(c.row_scalar[row]), Op::has_extra ? vec(c.row_extra[row]) : vec(0.0f)};
}

// Exact gaps of a tile's units from its packed panels.
template <class Op>
void exact_gaps(const score_context& c, const Op& op, const cpu::strip& part, int tile, uint32_t units, float* gaps) {
  const float* a = part.a + static_cast<int64_t>(tile) * panel_rows * part.depth;
  if constexpr (Op::safety == exact::difference) {
    part.kern->difference(a, part.b, part.depth, units, gaps);
  } else {
    HWY_ALIGN double dots[panel_rows * panel_lanes];
    part.kern->dot64(a, part.b, part.depth, units, dots);
    for (; units; units &= units - 1) {
      const int unit = __builtin_ctz(units), i = unit / panel_vecs, at = i * panel_lanes + unit % panel_vecs * vec_lanes;
      const double row_norm = c.row_norm[part.row0 + tile * panel_rows + i];
      for (int l = 0; l < vec_lanes; ++l) {
        const double norms = row_norm * c.lane_norm[part.lane0 + at % panel_lanes + l];
        gaps[at + l] = static_cast<float>(op.from_dot64(dots[at + l], norms));
      }
    }
  }
}

// Near pairs of a unit, one by one from the stored rows.
template <class Op>
void re_evaluate_pairs(const score_context& c, const Op& op, const cpu::strip& part, int64_t row, int first_lane, uint64_t near, float* s) {
  const int64_t d = c.rows->of.columns;
  float* room = cpu::thread_scratch(2 * d);
  const exact_row own = read_exact(*c.rows, row, room);
  for (; near; near &= near - 1) {
    const int at = __builtin_ctzll(near);
    const int64_t lane = part.lane0 + first_lane + at;
    if (first_lane + at >= part.lanes) continue;
    s[at] = evaluate_again(c, op, read_exact(*c.lanes, lane, room + d), lane, own, row);
  }
}

// Replaces the near pairs of one register tile, whose values have been stored.
template <class Op, bool lanes_x>
HWY_NOINLINE void re_evaluate(const score_context& c, const Op& op, const cpu::strip& part, int tile) {
  const oriented<Op, lanes_x> o{op};
  float* s = part.s + tile * panel_rows * panel_lanes;
  const int64_t row0 = part.row0 + tile * panel_rows;
  HWY_ALIGN float gaps[panel_rows * panel_lanes];
  uint32_t units = 0;
  mask near[panel_rows * panel_vecs];
  for (int unit = 0; unit < panel_rows * panel_vecs; ++unit) {
    const int i = unit / panel_vecs, v = unit % panel_vecs;
    const row_side<vec> row = spread_row<Op>(c, row0 + i), lane = lanes_from<Op>(c, part.lane0 + v * vec_lanes);
    near[unit] = o.within(o.gap_of(load(s + i * panel_lanes + v * vec_lanes), row, lane), row, lane);
    units |= static_cast<uint32_t>(any(near[unit])) << unit;
  }
  if (c.tiles_exact) exact_gaps(c, op, part, tile, units, gaps);
  for (; units; units &= units - 1) {
    const int unit = __builtin_ctz(units), i = unit / panel_vecs, v = unit % panel_vecs, at = i * panel_lanes + v * vec_lanes;
    if (!c.tiles_exact) {
      if (tile * panel_rows + i < part.rows) re_evaluate_pairs(c, op, part, row0 + i, v * vec_lanes, bits_of(near[unit]), s + at);
      continue;
    }
    const row_side<vec> row = spread_row<Op>(c, row0 + i), lane = lanes_from<Op>(c, part.lane0 + v * vec_lanes);
    store(select(near[unit], o.value(load(gaps + at), row, lane), load(s + at)), s + at);
  }
}

// The diagonal of a self-distance, where float64 rounding may leave 1e-16.
inline void clear_diagonal(const cpu::strip& part) {
  for (int r = 0; r < part.rows; ++r) {
    const int64_t lane = part.row0 + r - part.lane0;
    if (lane < 0 || lane >= part.lanes) continue;
    float& value = part.s[r * panel_lanes + lane];
    if (value == value) value = 0.0f;
  }
}

template <class Op, bool lanes_x>
void score(const void* context, const cpu::strip& part) {
  const score_context& c = *static_cast<const score_context*>(context);
  const Op op = make_op<Op>(c.scalars);
  const oriented<Op, lanes_x> o{op};
  row_side<vec> lane[panel_vecs];
  for (int v = 0; v < panel_vecs; ++v) lane[v] = lanes_from<Op>(c, part.lane0 + v * vec_lanes);
  for (int tile = 0; tile * panel_rows < part.rows; ++tile) {
    mask near = vec(0.0f) > vec(0.0f);
    for (int i = 0; i < panel_rows; ++i) {
      float* s = part.s + (tile * panel_rows + i) * panel_lanes;
      const row_side<vec> row = spread_row<Op>(c, part.row0 + tile * panel_rows + i);
      for (int v = 0; v < panel_vecs; ++v) {
        const vec gap = o.gap(load(s + v * vec_lanes), row, lane[v]);
        store(o.value(gap, row, lane[v]), s + v * vec_lanes);
        if constexpr (Op::safety != exact::none) near = near || o.within(gap, row, lane[v]);
      }
    }
    if constexpr (Op::safety != exact::none)
      if (any(near)) re_evaluate<Op, lanes_x>(c, op, part, tile);
  }
  if constexpr (Op::safety == exact::dot64)
    if (c.self) clear_diagonal(part);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
