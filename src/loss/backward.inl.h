// Weights of pairs, recomputed tile by tile, and the gradient they make. A pair (i, j) weighs what it weighs in anchor i's term,
// plus, where j is an anchor too (self mode, or the other direction of a symmetric loss), what it weighs in j's:
// one register on the lanes, one number spread from the row.
#pragma once
#include "distance/gradient.inl.h"
#include "loss/forward.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

namespace gradient = warpweft::distance::WARPWEFT_ISA;

// An anchor's saved floats, as a register of anchors or one anchor spread over a register.
template <class Loss, class Miner>
struct anchor {
  vec saved[Loss::fields + 1], mined[Miner::fields + 1];
  vec positive_scale, negative_scale;

  template <class Read>
  WARPWEFT_HD anchor(const saved_fields& from, int64_t at, const Read& read) {
    for (int f = 0; f < Miner::fields; ++f) mined[f] = read(from.at + f * from.stride + at);
    for (int f = 0; f < Loss::fields; ++f) saved[f] = read(from.at + (Miner::fields + f) * from.stride + at);
    positive_scale = read(from.positive_scale + at);
    negative_scale = read(from.negative_scale + at);
  }

  WARPWEFT_HD vec negative(const Loss& loss, const Miner& mine, vec s, mask counted) const {
    if constexpr (mines<Miner>) counted = counted && mine.keeps_negative(Miner::read(mined), s);
    return select(counted, loss.negative_weight(saved, s) * negative_scale, vec(0.0f));
  }
  WARPWEFT_HD vec positive(const Loss& loss, const Miner& mine, vec s, mask counted) const {
    if constexpr (mines<Miner>) counted = counted && mine.keeps_positive(Miner::read(mined), s);
    return select(counted, loss.positive_weight(saved, s) * positive_scale, vec(0.0f));
  }
};

// ∂score/∂dot, the same for a whole sweep but where it depends on the score.
inline vec slope(distance::metric_id metric, vec s) {
  switch (metric) {
#define WARPWEFT_SLOPE(name) \
  case distance::metric_id::name: return gradient::name::slope(s);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_SLOPE)
#undef WARPWEFT_SLOPE
    default: return vec(1.0f);
  }
}

// Turns the strip's scores into weights of dots; returns Σ weight · score per lane.
template <class Loss, class Miner, bool by_lane, bool by_row>
vec weigh(const row_context& c, const Loss& loss, const Miner& mine, const cpu::strip& part, int v, bool mixed) {
  const int64_t at = part.lane0 + v * vec_lanes;
  const auto spread = [](const float* p) HWY_ATTR { return vec(*p); };
  const auto lanes = [](const float* p) HWY_ATTR { return load(p); };
  const anchor<Loss, Miner> own =
      by_lane ? anchor<Loss, Miner>(c.lane_saved, at, lanes) : anchor<Loss, Miner>(c.row_saved, part.row0, spread);
  const bool dots = c.params->metric == distance::metric_id::inner;
  const mask all = everything();
  vec along(0.0f);
  for (int r = 0; r < part.rows; ++r) {
    float* p = part.s + r * panel_lanes + v * vec_lanes;
    const vec s = load(p);
    const kinds k = mixed ? kinds_of(c.pairs, at, part.row0 + r) : kinds{!all, all};
    vec w(0.0f);
    if (by_lane) {
      w = own.negative(loss, mine, s, k.negative);
      if (mixed) w = w + own.positive(loss, mine, s, k.positive);
    }
    if (by_row) {
      const anchor<Loss, Miner> other(c.row_saved, part.row0 + r, spread);
      w = w + other.negative(loss, mine, s, k.negative);
      if (mixed) w = w + other.positive(loss, mine, s, k.positive);
    }
    if (Loss::has_temperature) along = fma(w, s, along);
    store(dots ? w : w * slope(c.params->metric, s), p);
  }
  return along;
}

template <class Loss, class Miner>
void weights_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  const bool mixed = holds_positives(c.pairs, part), by_lane = c.lane_saved.at, by_row = c.row_saved.at;
  float* along = static_cast<float*>(state);
  for (int v = 0; v < panel_vecs; ++v) {
    const vec sum = by_lane && by_row ? weigh<Loss, Miner, true, true>(c, loss, mine, part, v, mixed)
                    : by_lane         ? weigh<Loss, Miner, true, false>(c, loss, mine, part, v, mixed)
                                      : weigh<Loss, Miner, false, true>(c, loss, mine, part, v, mixed);
    store(load(along + v * vec_lanes) + sum, along + v * vec_lanes);
  }
  gradient::gradient_step(c.target, along + panel_lanes, part);
}

inline void weights_zero(const void* context, void* state, int64_t, int) {
  float* along = static_cast<float*>(state);
  for (int v = 0; v < panel_vecs; ++v) store(vec(0.0f), along + v * vec_lanes);
  gradient::gradient_zero(static_cast<const row_context*>(context)->target, along + panel_lanes);
}

inline void weights_join(const void* context, void* into, const void* from) {
  float* along = static_cast<float*>(into);
  const float* other = static_cast<const float*>(from);
  for (int v = 0; v < panel_vecs; ++v) store(load(along + v * vec_lanes) + load(other + v * vec_lanes), along + v * vec_lanes);
  gradient::gradient_join(static_cast<const row_context*>(context)->target, along + panel_lanes, other + panel_lanes);
}

inline void weights_done(const void* context, void* state, int64_t lane0, int lanes) {
  const row_context& c = *static_cast<const row_context*>(context);
  float* along = static_cast<float*>(state);
  if (c.temperature)
    for (int l = 0; l < lanes; ++l) c.temperature[lane0 + l] = along[l];
  gradient::gradient_done(c.target, along + panel_lanes, lane0, lanes);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
