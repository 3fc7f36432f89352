// From dots to values, in place, and the exact re-evaluation of pairs where the expansion cancels.
#pragma once
#include "cpu/sweep.h"
#include "distance/cpu.h"
#include "distance/ops.gen.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::any;
using warpweft::WARPWEFT_ISA::load;
using warpweft::WARPWEFT_ISA::mask;
using warpweft::WARPWEFT_ISA::panel_lanes;
using warpweft::WARPWEFT_ISA::panel_rows;
using warpweft::WARPWEFT_ISA::panel_vecs;
using warpweft::WARPWEFT_ISA::select;
using warpweft::WARPWEFT_ISA::store;
using warpweft::WARPWEFT_ISA::vec;
using warpweft::WARPWEFT_ISA::vec_lanes;

// Replaces the near pairs of one register tile. `units` has a bit for each (row, register) that holds one.
template <class Op>
HWY_NOINLINE void re_evaluate(const score_context& c, const cpu::strip& part, int tile, uint32_t units) {
  const float* a = part.a + static_cast<int64_t>(tile) * panel_rows * part.depth;
  float* s = part.s + tile * panel_rows * panel_lanes;
  const int64_t row0 = part.row0 + tile * panel_rows;
  HWY_ALIGN float exact_values[panel_rows * panel_lanes];
  if constexpr (Op::safety == exact::difference) {
    part.kern->difference(a, part.b, part.depth, units, exact_values);
  } else {
    HWY_ALIGN double dots[panel_rows * panel_lanes];
    part.kern->dot64(a, part.b, part.depth, units, dots);
    for (uint32_t left = units; left; left &= left - 1) {
      const int unit = __builtin_ctz(left), i = unit / panel_vecs, at = i * panel_lanes + unit % panel_vecs * vec_lanes;
      for (int l = 0; l < vec_lanes; ++l) {
        const double norms = c.row_norm[row0 + i] * c.lane_norm[part.lane0 + at % panel_lanes + l];
        exact_values[at + l] = static_cast<float>(Op::from_dot64(dots[at + l], norms));
      }
    }
  }
  for (; units; units &= units - 1) {
    const int unit = __builtin_ctz(units), i = unit / panel_vecs, v = unit % panel_vecs, at = i * panel_lanes + v * vec_lanes;
    const vec value = load(s + at), row = vec(c.row_scalar[row0 + i]), lane = load(c.lane_scalar + part.lane0 + v * vec_lanes);
    vec better = load(exact_values + at);
    if constexpr (Op::safety == exact::difference) better = Op::from_difference(better);
    store(select(Op::within(near_share, value, row, lane), better, value), s + at);
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

// Which (row, register) units of a tile hold a near pair, from the values that `score` stored.
template <class Op>
uint32_t near_units(const score_context& c, const cpu::strip& part, int tile) {
  uint32_t units = 0;
  for (int unit = 0; unit < panel_rows * panel_vecs; ++unit) {
    const int i = unit / panel_vecs, v = unit % panel_vecs;
    const vec value = load(part.s + (tile * panel_rows + i) * panel_lanes + v * vec_lanes);
    const vec row(c.row_scalar[part.row0 + tile * panel_rows + i]), lane = load(c.lane_scalar + part.lane0 + v * vec_lanes);
    units |= static_cast<uint32_t>(any(Op::within(near_share, value, row, lane))) << unit;
  }
  return units;
}

template <class Op>
void score(const void* context, const cpu::strip& part) {
  const score_context& c = *static_cast<const score_context*>(context);
  vec lane[panel_vecs];
  for (int v = 0; v < panel_vecs; ++v) lane[v] = load(c.lane_scalar + part.lane0 + v * vec_lanes);
  for (int tile = 0; tile * panel_rows < part.rows; ++tile) {
    mask near = vec(0.0f) > vec(0.0f);
    for (int i = 0; i < panel_rows; ++i) {
      float* s = part.s + (tile * panel_rows + i) * panel_lanes;
      const vec row(c.row_scalar[part.row0 + tile * panel_rows + i]);
      for (int v = 0; v < panel_vecs; ++v) {
        const vec value = Op::score(load(s + v * vec_lanes), row, lane[v]);
        store(value, s + v * vec_lanes);
        if constexpr (Op::safety != exact::none) near = near || Op::within(near_share, value, row, lane[v]);
      }
    }
    if constexpr (Op::safety != exact::none)
      if (any(near)) re_evaluate<Op>(c, part, tile, near_units<Op>(c, part, tile));
  }
  if constexpr (Op::safety == exact::dot64)
    if (c.self) clear_diagonal(part);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
