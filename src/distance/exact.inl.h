// One pair without the expansion, in float64, from the rows as they are stored. For the values that a caller is given, and for near
// pairs of rows that a packed tile holds rounded: without their mean, or whitened.
#pragma once
#include "cpu/scratch.h"
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

// A visited row in float64: (element + low − offset) · scale. A shift common to both sides changes no difference and is left out.
struct exact_row {
  const float* data;  // [columns]
  const float* low;   // [columns] or null
  double offset, scale;
  WARPWEFT_HD double operator[](int64_t k) const {
    const double value = low ? static_cast<double>(data[k]) + static_cast<double>(low[k]) : static_cast<double>(data[k]);
    return (value - offset) * scale;
  }
};

// `room` holds one row where it is not stored as float32 without gaps.
inline exact_row read_exact(const rows_view& view, int64_t r, float* room) {
  const int64_t row = view.row(r);
  exact_row out{room, view.low ? view.low + row * view.of.columns : view.back, view.offset ? view.offset[row] : 0.0,
                view.scale ? static_cast<double>(view.scale[row]) : 1.0};
  if (view.of.type == dtype::float32 && view.of.step == 1 && !view.panel) {
    out.data = static_cast<const float*>(view.of.data) + row * view.of.stride;
    return out;
  }
  rows_view stored;
  stored.of = view.of;
  stored.panel = view.panel;
  cpu::in_use().float32->read_row(stored, row, room);
  return out;
}

// Σ_k of a term of both rows; eight sums, joined in one order.
template <class Term>
WARPWEFT_HD double exact_sum(const exact_row& x, const exact_row& y, int64_t d, const Term& term) {
  double part[8] = {};
  int64_t k = 0;
  for (; k + 8 <= d; k += 8)
    for (int u = 0; u < 8; ++u) part[u] += term(x[k + u], y[k + u]);
  for (; k < d; ++k) part[0] += term(x[k], y[k]);
  return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
}
HWY_NOINLINE inline double exact_difference(const exact_row& x, const exact_row& y, int64_t d) {
  return exact_sum(x, y, d, [](double a, double b) { return (a - b) * (a - b); });
}
HWY_NOINLINE inline double exact_dot(const exact_row& x, const exact_row& y, int64_t d) {
  return exact_sum(x, y, d, [](double a, double b) { return a * b; });
}

// What the metric knows of one lane and one row.
template <class Op>
WARPWEFT_HD row_side<float> lane_side(const score_context& c, int64_t lane) {
  return {Op::scalar == row_scalar::none ? 0.0f : c.lane_scalar[lane], Op::has_extra ? c.lane_extra[lane] : 0.0f};
}
template <class Op>
WARPWEFT_HD row_side<float> side_of_row(const score_context& c, int64_t row) {
  return {Op::scalar == row_scalar::none ? 0.0f : c.row_scalar[row], Op::has_extra ? c.row_extra[row] : 0.0f};
}

// The value of a pair whose rows have been read.
template <class Op>
float evaluate_again(const score_context& c, const Op& op, const exact_row& of_lane, int64_t lane, const exact_row& of_row, int64_t row) {
  const int64_t d = c.rows->of.columns;
  float gap;
  if constexpr (Op::safety == exact::difference)
    gap = static_cast<float>(exact_difference(of_lane, of_row, d));
  else
    gap = static_cast<float>(op.from_dot64(exact_dot(of_lane, of_row, d), c.lane_norm[lane] * c.row_norm[row]));
  const row_side<float> a = lane_side<Op>(c, lane), b = side_of_row<Op>(c, row);
  return c.lanes_are_x ? op.value(gap, a, b) : op.value(gap, b, a);
}

// Whether a value may be given as it is, or the pair is to be read again.
template <class Op>
bool is_near(const score_context& c, const Op& op, float share, float value, int64_t lane, int64_t row) {
  const row_side<float> a = lane_side<Op>(c, lane), b = side_of_row<Op>(c, row);
  return c.lanes_are_x ? op.within(share, op.gap_of(value, a, b), a, b) : op.within(share, op.gap_of(value, b, a), b, a);
}

// Values that the expansion leaves a few 1e-5 off are read again; those beyond half the norms are right as they are.
template <class Op>
float refined(const score_context& c, const exact_row& lane_row, float* room, int64_t lane, int64_t row, float value) {
  if constexpr (Op::safety == exact::none) {
    return value;
  } else {
    const Op op = make_op<Op>(c.scalars);
    if (!is_near(c, op, returned_share, value, lane, row) || (c.self && lane == row)) return value;
    return evaluate_again(c, op, lane_row, lane, read_exact(*c.rows, row, room), row);
  }
}

inline float refined(const score_context& c, const exact_row& lane_row, float* room, int64_t lane, int64_t row, float value) {
  switch (c.metric) {
#define WARPWEFT_REFINED(name) \
  case metric_id::name: return refined<name>(c, lane_row, room, lane, row, value);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_REFINED)
#undef WARPWEFT_REFINED
    default: return value;
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
