// Scores and weights of a prefix from its dots, a strip at a time. All strips are [rows][lanes].
#pragma once
#include "loss/pairs.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

// body(offset of a register within the strip, factor of its lanes, factor of its row)
template <class Body>
WARPWEFT_HD void each_register(const prefix_strip& p, const Body& body) {
  for (int v = 0; v < panel_vecs; ++v) {
    const vec lanes = load(p.lane_factor + v * vec_lanes);
    for (int r = 0; r < p.rows; ++r) body(r * panel_lanes + v * vec_lanes, v, lanes, vec(p.row_factor[r]));
  }
}

inline vec score_of(const prefix_strip& p, int at, vec lanes, vec row) {
  const vec dots = load(p.dots + at);
  return p.rows_first ? dots * row * lanes : dots * lanes * row;
}

inline void prefix_scores(const prefix_strip& p, float* s) {
  each_register(p, [&](int at, int, vec lanes, vec row) HWY_ATTR { store(score_of(p, at, lanes, row), s + at); });
}

// Weights of scores become those of dots; along += Σ weight · score of each lane.
inline void prefix_weights(const prefix_strip& p, const float* w, float* out, float* along) {
  each_register(p, [&](int at, int v, vec lanes, vec row) HWY_ATTR {
    const vec weight = load(w + at), score = score_of(p, at, lanes, row);
    store(fma(weight, score, load(along + v * vec_lanes)), along + v * vec_lanes);
    store(weight * lanes * row, out + at);
  });
}

inline void prefix_add(float* into, const float* from, int64_t count) {
  for (int64_t i = 0; i < count; i += vec_lanes) store(load(into + i) + load(from + i), into + i);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
