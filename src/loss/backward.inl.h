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

  WARPWEFT_HD vec negative(const Loss& loss, const Miner& mine, vec s, vec g, vec place, vec beside, mask counted) const {
    if constexpr (mines<Miner>) counted = counted && keeps_negative(mine, Miner::read(mined), s, g, place);
    return select(counted, weight_of_negative(loss, saved, s, beside) * negative_scale, vec(0.0f));
  }
  WARPWEFT_HD vec positive(const Loss& loss, const Miner& mine, vec s, vec beside, mask counted) const {
    if constexpr (mines<Miner>) counted = counted && mine.keeps_positive(Miner::read(mined), s);
    return select(counted, weight_of_positive(loss, saved, s, beside) * positive_scale, vec(0.0f));
  }
};

// ∂score/∂dot, the same for a whole sweep but where it depends on the score. Losses take metrics that need no more than that.
template <class Op>
vec slope_of(vec s) {
  constexpr double no_scalars[distance::most_metric_scalars] = {};
  const distance::row_side<vec> none{vec(0.0f), vec(0.0f)};
  if constexpr (Op::kind == distance::form::dot) return gradient::make_op<Op>(no_scalars).cross(s, none, none);
  return vec(1.0f);
}
inline vec slope(distance::metric_id metric, vec s) {
  switch (metric) {
#define WARPWEFT_SLOPE(name) \
  case distance::metric_id::name: return slope_of<gradient::name>(s);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_SLOPE)
#undef WARPWEFT_SLOPE
    default: return vec(1.0f);
  }
}

// Per lane Σ weight · score and Σ weight, where the loss wants them.
struct weight_sums {
  vec along = vec(0.0f), total = vec(0.0f);
  bool hot = false;  // a weight is above the filter
};
template <class Loss>
constexpr bool wants_sums = Loss::tensors > 0 || Loss::has_beside;

template <class Loss, class Miner>
vec pair_slope(const Loss& loss, const anchor<Loss, Miner>& of, vec s, const kinds& k) {
  return select(k.positive || k.negative, loss.pair_slope(of.saved, s) * of.negative_scale, vec(0.0f));
}
// One side holds the anchors, and a sweep meets each pair once, or once for each prefix: a slope has one writer.
inline void store_pair_slopes(const row_context& c, vec slopes, int64_t lane, int64_t row) {
  const auto& w = c.weights;
  if (!w.gradient) return;
  float each[vec_lanes];
  store(slopes, each);
  for (int l = 0; l < vec_lanes && lane + l < w.lanes; ++l) {
    float& slope = w.gradient[(lane + l) * w.lane_step + row * w.row_step];
    slope = w.adds ? slope + each[l] : each[l];
  }
}

// What a row's positives come to, each counted for as much as its terms are, from either end of the pair.
template <class Loss, class Miner>
void touch_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v) {
    const vec own = load(c.lane_saved.positive_scale + part.lane0 + v * vec_lanes);
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      const int64_t row = part.row0 + r;
      loss.touch(t.loss[v], s, vec(c.row_saved.at[row]), own + vec(c.row_saved.positive_scale[row]), k.positive);
    });
  }
}
template <class Loss, class Miner>
void touch_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  for (int v = 0; v < panel_vecs; ++v) {
    vec saved[Loss::fields];
    load_saved<Loss, Miner>(c, lane0 + v * vec_lanes, saved);
    loss.touched(static_cast<row_state<Loss, Miner>*>(state)->loss[v], saved);
    store_saved<Loss, Miner>(c, lane0 + v * vec_lanes, saved);
  }
}

// Turns the strip's scores into weights of dots.
template <class Loss, class Miner, bool by_lane, bool by_row>
weight_sums weigh(const row_context& c, const Loss& loss, const Miner& mine, const cpu::strip& part, const float* guide, int v,
                  bool mixed) {
  const int64_t at = part.lane0 + v * vec_lanes;
  const auto spread = [](const float* p) HWY_ATTR { return vec(*p); };
  const auto lanes = [](const float* p) HWY_ATTR { return load(p); };
  const anchor<Loss, Miner> own =
      by_lane ? anchor<Loss, Miner>(c.lane_saved, at, lanes) : anchor<Loss, Miner>(c.row_saved, part.row0, spread);
  const bool dots = c.params->metric == distance::metric_id::inner || c.params->metric == distance::metric_id::cosine_similarity;
  const mask all = everything();
  const vec lane_places = ascending(static_cast<float>(at));
  weight_sums sums;
  mask hot = !all;
  for (int r = 0; r < part.rows; ++r) {
    float* p = part.s + r * panel_lanes + v * vec_lanes;
    const vec g = load(guide + r * panel_lanes + v * vec_lanes), s = load(p), beside = beside_of<Loss>(c, at, part.row0 + r);
    const kinds k = mixed ? kinds_of(c.pairs, at, part.row0 + r) : kinds{!all, all};
    vec w(0.0f);
    if (by_lane) {
      const vec place(static_cast<float>(part.row0 + r));
      w = own.negative(loss, mine, s, g, place, beside, k.negative);
      if constexpr (Loss::weighs_pairs) store_pair_slopes(c, pair_slope(loss, own, s, k), at, part.row0 + r);
      if (mixed) w = w + own.positive(loss, mine, s, Loss::meets_other ? vec(c.row_saved.at[part.row0 + r]) : beside, k.positive);
    }
    if (by_row) {
      const anchor<Loss, Miner> other(c.row_saved, part.row0 + r, spread);
      w = w + other.negative(loss, mine, s, g, lane_places, beside, k.negative);
      if constexpr (Loss::weighs_pairs) store_pair_slopes(c, pair_slope(loss, other, s, k), at, part.row0 + r);
      if (mixed) w = w + other.positive(loss, mine, s, Loss::meets_other ? load(c.lane_saved.at + at) : beside, k.positive);
    }
    if constexpr (wants_sums<Loss>) {
      sums.along = fma(w, s, sums.along);
      sums.total = sums.total + w;
    }
    if constexpr (Loss::has_filter) {
      const vec scale = by_lane ? own.negative_scale : vec(c.row_saved.negative_scale[part.row0 + r]);
      hot = hot || !(abs(w) <= abs(scale) * vec(c.filter));
    }
    store(dots ? w : w * slope(c.params->metric, s), p);
  }
  sums.hot = !Loss::has_filter || any(hot);
  return sums;
}

// Lanes are anchors, rows classes, of which no gradient is wanted here.
template <class Loss, class Miner>
void weigh_classes(const void* context, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  for (int v = 0; v < panel_vecs; ++v) weigh<Loss, Miner, true, false>(c, loss, make_miner<Miner>(*c.params), part, part.s, v, true);
}

// A panel's state: Σ weight · score, Σ weight, then the gradient's.
constexpr int sums_before_gradient = 2 * panel_lanes;

template <class Loss, class Miner>
void weights_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  const bool mixed = is_mixed(c.pairs, part), by_lane = c.lane_saved.at, by_row = c.row_saved.at;
  const float* guide = guide_of<Miner>(c.guide, part);
  float* sums = static_cast<float*>(state);
  bool hot = false;
  for (int v = 0; v < panel_vecs; ++v) {
    const weight_sums sum = by_lane && by_row ? weigh<Loss, Miner, true, true>(c, loss, mine, part, guide, v, mixed)
                            : by_lane         ? weigh<Loss, Miner, true, false>(c, loss, mine, part, guide, v, mixed)
                                              : weigh<Loss, Miner, false, true>(c, loss, mine, part, guide, v, mixed);
    hot = hot || sum.hot;
    if constexpr (wants_sums<Loss>) {
      float *along = sums + v * vec_lanes, *total = along + panel_lanes;
      store(load(along) + sum.along, along);
      store(load(total) + sum.total, total);
    }
  }
  if (hot) return gradient::gradient_step(c.target, sums + sums_before_gradient, part);
  for (int64_t i = 0; i < static_cast<int64_t>(part.rows) * panel_lanes; i += vec_lanes) store(vec(0.0f), part.s + i);
}

inline void weights_zero(const void* context, void* state, int64_t, int) {
  float* sums = static_cast<float*>(state);
  for (int i = 0; i < sums_before_gradient; i += vec_lanes) store(vec(0.0f), sums + i);
  gradient::gradient_zero(static_cast<const row_context*>(context)->target, sums + sums_before_gradient);
}

inline void weights_join(const void* context, void* into, const void* from) {
  float* sums = static_cast<float*>(into);
  const float* other = static_cast<const float*>(from);
  for (int i = 0; i < sums_before_gradient; i += vec_lanes) store(load(sums + i) + load(other + i), sums + i);
  gradient::gradient_join(static_cast<const row_context*>(context)->target, sums + sums_before_gradient, other + sums_before_gradient);
}

inline void weights_done(const void* context, void* state, int64_t lane0, int lanes) {
  const row_context& c = *static_cast<const row_context*>(context);
  float* sums = static_cast<float*>(state);
  for (int l = 0; l < lanes; ++l) {
    if (c.along) c.along[lane0 + l] = sums[l];
    if (c.total) c.total[lane0 + l] = sums[panel_lanes + l];
  }
  gradient::gradient_done(c.target, sums + sums_before_gradient, lane0, lanes);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
