// Gradients of one side's rows. The state of a panel is Gᵀ = Σ_j ŷ_j c_jᵀ, [columns padded to the tile][lanes], and Σ_j c_j;
// `done` takes it through the metric and the normalisation. The weights of a strip arrive in place of its scores.
#pragma once
#include "cpu/scratch.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

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

// part.s holds c_ij for row j and lane i.
inline void gradient_step(const gradient_context& c, void* state, const cpu::strip& part) {
  const gradient_state t = gradient_state::of(state, c.columns);
  part.kern->accumulate(part.t, part.t_stride, padded_columns(c.columns) / panel_rows, part.s, part.rows, t.sums);
  if (!c.difference) return;
  for (int v = 0; v < panel_vecs; ++v) {
    vec total = load(t.total + v * vec_lanes);
    for (int r = 0; r < part.rows; ++r) total = total + load(part.s + r * panel_lanes + v * vec_lanes);
    store(total, t.total + v * vec_lanes);
  }
}

inline void gradient_join(const gradient_context& c, void* into, const void* from) {
  float* p = static_cast<float*>(into);
  const float* q = static_cast<const float*>(from);
  for (int64_t i = 0; i < (padded_columns(c.columns) + 1) * panel_lanes; i += vec_lanes) store(load(p + i) + load(q + i), p + i);
}

// g: this row's gradient with respect to what the metric saw; x: that row, which is left unshifted.
inline void through_metric(const gradient_context& c, float* g, float* x, float total, float scale) {
  if (c.difference)
    for (int64_t k = 0; k < c.columns; ++k) g[k] -= total * x[k];
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
    for (int64_t k = 0; k < c.columns; ++k) g[k] = t.sums[k * panel_lanes + l];
    if (c.difference || c.project) {
      c.kern->read_row(*c.lanes, lane0 + l, x);
      through_metric(c, g, x, t.total[l], c.lanes->scale ? c.lanes->scale[row] : 1.0f);
    }
    float* out = c.out + row * c.columns;
    if (c.add)
      for (int64_t k = 0; k < c.columns; ++k) out[k] += g[k];
    else
      for (int64_t k = 0; k < c.columns; ++k) out[k] = g[k];
  }
}

// ∂L/∂value_ij · ∂value_ij/∂s from arrays that are stored.
inline float slope_of(metric_id metric, float value) {
  switch (metric) {
#define WARPWEFT_SLOPE(name) \
  case metric_id::name: return name::slope(value);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_SLOPE)
#undef WARPWEFT_SLOPE
    default: return 1.0f;
  }
}

inline void stored_zero(const void* context, void* state, int64_t, int) {
  gradient_zero(static_cast<const stored_context*>(context)->target, state);
}

inline void stored_step(const void* context, void* state, const cpu::strip& part) {
  const stored_context& c = *static_cast<const stored_context*>(context);
  for (int r = 0; r < part.rows; ++r) {
    float* s = part.s + r * panel_lanes;
    const int64_t row = part.row0 + r;
    for (int l = 0; l < panel_lanes; ++l) {
      if (l >= part.lanes) {
        s[l] = 0.0f;
        continue;
      }
      const int64_t lane = part.lane0 + l, straight = lane * c.stride + row, across = row * c.stride + lane;
      const int64_t at = c.across ? across : straight;
      s[l] = (c.both ? c.grad[straight] + c.grad[across] : c.grad[at]) * slope_of(c.metric, c.value[at]);
    }
  }
  gradient_step(c.target, state, part);
}

inline void stored_join(const void* context, void* into, const void* from) {
  gradient_join(static_cast<const stored_context*>(context)->target, into, from);
}

inline void stored_done(const void* context, void* state, int64_t lane0, int lanes) {
  gradient_done(static_cast<const stored_context*>(context)->target, state, lane0, lanes);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
