// Gradients of one side's rows. The state of a panel is Gᵀ = Σ_j ŷ_j c_jᵀ, [columns padded to the tile][lanes], and Σ_j c_j;
// `done` takes it through the metric and the normalisation. The weights of a strip arrive in place of its scores.
#pragma once
#include "cpu/pack.inl.h"
#include "cpu/scratch.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::read_chunk;
using warpweft::WARPWEFT_ISA::transpose_chunk;

inline int64_t padded_columns(int64_t columns) { return (columns + panel_rows - 1) / panel_rows * panel_rows; }

struct gradient_state {
  float* sums;   // [columns padded][lanes]
  float* total;  // [lanes]
  static gradient_state of(void* state, int64_t columns) {
    float* sums = static_cast<float*>(state);
    return {sums, sums + padded_columns(columns) * panel_lanes};
  }
  static constexpr int64_t bytes_a_column = panel_lanes * 4;
  static constexpr int64_t bytes_beside = panel_lanes * 4;
};

inline void gradient_zero(const gradient_context& c, void* state) {
  float* p = static_cast<float*>(state);
  for (int64_t i = 0; i < (padded_columns(c.columns) + 1) * panel_lanes; i += vec_lanes) store(vec(0.0f), p + i);
}

inline void gradient_sums(const gradient_context& c, const gradient_state& t, const cpu::strip& part) {
  part.sums->accumulate(part.t, part.t_stride, padded_columns(c.columns) / panel_rows, part.s, part.rows, t.sums);
}
inline void gradient_total(const gradient_state& t, const cpu::strip& part) {
  for (int v = 0; v < panel_vecs; ++v) {
    vec total = load(t.total + v * vec_lanes);
    for (int r = 0; r < part.rows; ++r) total = total + load(part.s + r * panel_lanes + v * vec_lanes);
    store(total, t.total + v * vec_lanes);
  }
}

// part.s holds c_ij for row j and lane i. Separate weights of the own row are added to the total by whoever makes them.
inline void gradient_step(const gradient_context& c, void* state, const cpu::strip& part) {
  const gradient_state t = gradient_state::of(state, c.columns);
  gradient_sums(c, t, part);
  if (c.own == own_part::difference) gradient_total(t, part);
}

inline void gradient_join(const gradient_context& c, void* into, const void* from) {
  float* p = static_cast<float*>(into);
  const float* q = static_cast<const float*>(from);
  for (int64_t i = 0; i < (padded_columns(c.columns) + 1) * panel_lanes; i += vec_lanes) store(load(p + i) + load(q + i), p + i);
}

// g: this row's gradient with respect to what the metric saw; x: that row, which is left unshifted.
inline void through_metric(const gradient_context& c, float* g, float* x, float total, float scale) {
  const float own = c.own == own_part::difference ? -total : total;
  if (c.own != own_part::none)
    for (int64_t k = 0; k < c.columns; ++k) g[k] += own * x[k];
  if (!c.project) return;
  if (c.lanes->shift)
    for (int64_t k = 0; k < c.columns; ++k) x[k] += c.lanes->shift[k];
  // x̂ = x · scale with scale = 1/max(|x|, 1e-12); where the clamp holds, scale is a constant. A row of zeros gets no gradient.
  constexpr float clamped = 1e12f;
  double along = 0, square = 0;
  for (int64_t k = 0; k < c.columns; ++k) {
    along += static_cast<double>(g[k]) * x[k];
    square += static_cast<double>(x[k]) * x[k];
  }
  const float dot = scale < clamped ? static_cast<float>(along) : 0.0f;
  const float factor = square == 0 ? 0.0f : scale;
  for (int64_t k = 0; k < c.columns; ++k) g[k] = (g[k] - dot * x[k]) * factor;
}

inline void gradient_done(const gradient_context& c, void* state, int64_t lane0, int lanes) {
  const gradient_state t = gradient_state::of(state, c.columns);
  float* g = cpu::thread_scratch(2 * c.columns);
  float* x = g + c.columns;
  for (int l = 0; l < lanes; ++l) {
    const int64_t row = c.lanes->row(lane0 + l);
    float* out = c.out + row * c.columns;
    for (int64_t k = 0; k < c.columns; ++k) g[k] = t.sums[k * panel_lanes + l];
    if (c.resumes)
      for (int64_t k = 0; k < c.columns; ++k) g[k] += out[k];
    if (c.own != own_part::none || c.project) {
      c.kern->read_row(*c.lanes, lane0 + l, x);
      const float total = c.resumed_total ? t.total[l] + c.resumed_total[lane0 + l] : t.total[l];
      through_metric(c, g, x, total, c.lanes->scale ? c.lanes->scale[row] : 1.0f);
    }
    if (c.add)
      for (int64_t k = 0; k < c.columns; ++k) out[k] += g[k];
    else
      for (int64_t k = 0; k < c.columns; ++k) out[k] = g[k];
  }
}

inline void turned_zero(const void* context, void* state) { gradient_zero(static_cast<const turned_context*>(context)->target, state); }

inline bool holds_zeros(const cpu::strip& part) {
  vec largest(0.0f);
  for (int64_t i = 0; i < static_cast<int64_t>(part.rows) * panel_lanes; i += vec_lanes)
    largest = max_or_nan(largest, abs(load(part.s + i)));
  return !any(!(largest == vec(0.0f)));
}

inline void turned_step(const void* context, void* state, const cpu::strip& part) {
  const turned_context& c = *static_cast<const turned_context*>(context);
  if (c.sparse && holds_zeros(part)) return;
  const gradient_state t = gradient_state::of(state, c.target.columns);
  gradient_sums(c.target, t, part);
  if (c.total) gradient_total(t, part);
}

// Sums of blocks are added up where the gradient is to stand; behind the last one they go through the metric.
inline void turned_done(const void* context, void* state, int64_t row0, int rows, bool first, bool last) {
  const turned_context& c = *static_cast<const turned_context*>(context);
  const gradient_context& to = c.target;
  const gradient_state t = gradient_state::of(state, to.columns);
  float* x = cpu::thread_scratch(to.columns + panel_lanes * panel_lanes);
  float* square = x + to.columns;
  for (int64_t k0 = 0; k0 < to.columns; k0 += panel_lanes) {
    const int64_t count = to.columns - k0 < panel_lanes ? to.columns - k0 : panel_lanes;
    to.kern->turn(t.sums + k0 * panel_lanes, count, square, panel_lanes);
    for (int l = 0; l < rows; ++l) {
      float* out = to.out + to.lanes->row(row0 + l) * to.columns + k0;
      const float* sum = square + l * panel_lanes;
      for (int64_t k = 0; k < count; ++k) out[k] = first ? sum[k] : out[k] + sum[k];
    }
  }
  if (c.total)
    for (int l = 0; l < rows; ++l) c.total[row0 + l] = first ? t.total[l] : c.total[row0 + l] + t.total[l];
  if (!last || (to.own == own_part::none && !to.project)) return;
  for (int l = 0; l < rows; ++l) {
    const int64_t row = to.lanes->row(row0 + l);
    to.kern->read_row(*to.lanes, row0 + l, x);
    through_metric(to, to.out + row * to.columns, x, c.total ? c.total[row0 + l] : 0.0f, to.lanes->scale ? to.lanes->scale[row] : 1.0f);
  }
}

inline void stored_zero(const void* context, void* state, int64_t, int) {
  gradient_zero(static_cast<const stored_context*>(context)->target, state);
}

// What a strip takes of the stored arrays, each [rows][lanes]; zeros outside the valid lanes.
struct stored_strip {
  float *grad, *value;   // of the pair (lane, row) or (row, lane), whichever the array holds
  float *back, *behind;  // with `both`: gradient and value of the pair the other way round
};

// out[r][l] = from(lane l, row r), where the array holds lanes as rows.
inline void read_transposed(const stored_context& c, const float* from, const cpu::strip& part, float* out) {
  if (part.lanes == panel_lanes) {
    const float* first = from + part.lane0 * c.stride + part.row0;
    for (int64_t r = 0; r < part.rows; r += read_chunk)
      transpose_chunk<panel_lanes>(first + r, c.stride, part.rows - r < read_chunk ? part.rows - r : read_chunk, out + r * panel_lanes);
    return;
  }
  for (int l = 0; l < panel_lanes; ++l) {
    const float* p = from + (part.lane0 + l) * c.stride + part.row0;
    for (int r = 0; r < part.rows; ++r) out[r * panel_lanes + l] = l < part.lanes ? p[r] : 0.0f;
  }
}
inline void read_straight(const stored_context& c, const float* from, const cpu::strip& part, float* out) {
  if (part.lanes == panel_lanes) {
    const float* p = from + part.row0 * c.stride + part.lane0;
    for (int r = 0; r < part.rows; ++r, p += c.stride)
      for (int v = 0; v < panel_lanes; v += vec_lanes) store(load(p + v), out + r * panel_lanes + v);
    return;
  }
  for (int r = 0; r < part.rows; ++r) {
    const float* p = from + (part.row0 + r) * c.stride + part.lane0;
    for (int l = 0; l < panel_lanes; ++l) out[r * panel_lanes + l] = l < part.lanes ? p[l] : 0.0f;
  }
}
inline void read_stored(const stored_context& c, const float* from, const cpu::strip& part, bool across, float* out) {
  across ? read_straight(c, from, part, out) : read_transposed(c, from, part, out);
}

// The weights of one register of pairs: of the other row's coordinates, returned, and of the own row's, added to `own`.
template <class Op>
WARPWEFT_HD vec pair_weight(const Op& op, vec grad, vec value, const row_side<vec>& lane, const row_side<vec>& row, bool lane_is_x,
                            vec& own) {
  const row_side<vec>&x = lane_is_x ? lane : row, &y = lane_is_x ? row : lane;
  if constexpr (Op::own == own_part::separate) own = fma(grad, lane_is_x ? op.own_x(value, x, y) : op.own_y(value, x, y), own);
  return grad * op.cross(value, x, y);
}

template <class Op>
void stored_weights(const stored_context& c, const cpu::strip& part, const stored_strip& from, float* total) {
  const Op op = make_op<Op>(c.pair.scalars);
  constexpr bool sides = Op::scalar != row_scalar::none;
  const row_side<vec> none{vec(0.0f), vec(0.0f)};
  for (int v = 0; v < panel_vecs; ++v) {
    const row_side<vec> lane = sides ? lanes_from<Op>(c.pair, part.lane0 + v * vec_lanes) : none;
    vec own(0.0f);
    for (int r = 0; r < part.rows; ++r) {
      const int at = r * panel_lanes + v * vec_lanes;
      const row_side<vec> row = sides ? spread_row<Op>(c.pair, part.row0 + r) : none;
      const vec value = Op::constant_slope ? vec(0.0f) : load(from.value + at);
      vec w = pair_weight(op, load(from.grad + at), value, lane, row, !c.across, own);
      if (c.both)
        w = w + pair_weight(op, load(from.back + at), Op::constant_slope ? value : load(from.behind + at), lane, row, c.across, own);
      store(w, part.s + at);
    }
    if constexpr (Op::own == own_part::separate) store(load(total + v * vec_lanes) + own, total + v * vec_lanes);
  }
}

template <class Op>
void stored_step(const void* context, void* state, const cpu::strip& part) {
  const stored_context& c = *static_cast<const stored_context*>(context);
  const int64_t size = static_cast<int64_t>(part.rows) * panel_lanes;
  float* room = cpu::thread_scratch(3 * size);
  const stored_strip from{part.s, room, room + size, room + 2 * size};
  read_stored(c, c.grad, part, c.across, from.grad);
  if (!Op::constant_slope) read_stored(c, c.value, part, c.across, from.value);
  if (c.both) {
    read_stored(c, c.grad, part, !c.across, from.back);
    if (!Op::constant_slope) read_stored(c, c.value, part, !c.across, from.behind);
  }
  stored_weights<Op>(c, part, from, gradient_state::of(state, c.target.columns).total);
  gradient_step(c.target, state, part);
}

inline void stored_join(const void* context, void* into, const void* from) {
  gradient_join(static_cast<const stored_context*>(context)->target, into, from);
}

inline void stored_done(const void* context, void* state, int64_t lane0, int lanes) {
  gradient_done(static_cast<const stored_context*>(context)->target, state, lane0, lanes);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
