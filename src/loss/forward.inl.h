// Folding an anchor's pairs. Anchors stand on the lanes, so a state is a register of anchors.
//
// Without a miner one sweep sees every pair. With one: `before` finds the miner's statistic of the positives (a short range of rows,
// since both sides are sorted by label), `all` folds the negatives it keeps and finds its statistic of them, `after` folds the
// positives it keeps.
#pragma once
#include <cstring>
#include <new>

#include "loss/pairs.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss>
struct row_state {
  typename Loss::template state<vec> loss[panel_vecs];
  miner::state<vec> mined[panel_vecs];
};

template <class Loss>
void row_zero(const void*, void* state, int64_t, int) {
  new (state) row_state<Loss>;
}

// The miner's statistics start from what an earlier sweep found.
template <class Loss>
void mined_zero(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  row_state<Loss>& t = *new (state) row_state<Loss>;
  for (int v = 0; v < panel_vecs; ++v) {
    const float* fields = c.fields + lane0 + v * vec_lanes;
    t.mined[v].smallest_positive = load(fields);
    t.mined[v].largest_negative = load(fields + c.stride);
  }
}

template <class Loss>
void row_join(const void*, void* into, const void* from) {
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(into);
  const row_state<Loss>& other = *static_cast<const row_state<Loss>*>(from);
  for (int v = 0; v < panel_vecs; ++v) {
    Loss::join(t.loss[v], other.loss[v]);
    miner::join(t.mined[v], other.mined[v]);
  }
}

inline void save_mined(const row_context& c, const miner::state<vec>* mined, int64_t lane0) {
  for (int v = 0; v < panel_vecs; ++v) {
    float* fields = c.fields + lane0 + v * vec_lanes;
    store(mined[v].smallest_positive, fields);
    store(mined[v].largest_negative, fields + c.stride);
  }
}

// Walks one register of lanes down the strip: body(row of the strip, score, kinds).
template <class Body>
WARPWEFT_HD void walk(const pairing& pairs, const cpu::strip& part, int v, const Body& body) {
  const int64_t lane = part.lane0 + v * vec_lanes;
  const float* s = part.s + v * vec_lanes;
  for (int r = 0; r < part.rows; ++r) body(r, load(s + r * panel_lanes), kinds_of(pairs, lane, part.row0 + r));
}

template <class Loss>
void before_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(state);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int, vec s, const kinds& k) HWY_ATTR { miner::positive(t.mined[v], s, k.positive); });
}

template <class Loss, bool mined>
void all_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const miner mine = make_miner(*c.params);
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(state);
  const bool mixed = holds_positives(c.pairs, part);
  for (int v = 0; v < panel_vecs; ++v) {
    auto folded = t.loss[v];
    auto extremes = t.mined[v];
    const auto negative = [&](vec s, mask counted) HWY_ATTR {
      if (mined) {
        miner::negative(extremes, s, counted);
        counted = counted && mine.keeps_negative(extremes, s);
      }
      loss.negative(folded, s, counted);
    };
    if (mixed) {
      walk(c.pairs, part, v, [&](int, vec s, const kinds& k) HWY_ATTR {
        negative(s, k.negative);
        if (!mined) loss.positive(folded, s, k.positive);
      });
    } else {
      const mask all = everything();
      const float* s = part.s + v * vec_lanes;
      for (int r = 0; r < part.rows; ++r) negative(load(s + r * panel_lanes), all);
    }
    t.loss[v] = folded;
    t.mined[v] = extremes;
  }
}

template <class Loss>
void after_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const miner mine = make_miner(*c.params);
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(state);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v,
         [&](int, vec s, const kinds& k) HWY_ATTR { loss.positive(t.loss[v], s, k.positive && mine.keeps_positive(t.mined[v], s)); });
}

template <class Loss>
void before_done(const void* context, void* state, int64_t lane0, int) {
  save_mined(*static_cast<const row_context*>(context), static_cast<row_state<Loss>*>(state)->mined, lane0);
}

// The anchor's terms and what the backward needs of it.
template <class Loss, bool mined>
void finish(const row_context& c, row_state<Loss>& t, int64_t lane0) {
  const Loss loss = make<Loss>(c);
  for (int v = 0; v < panel_vecs; ++v) {
    part<vec> parts[2];
    vec saved[Loss::fields + 1];
    loss.done(t.loss[v], parts, saved);
    const int64_t at = lane0 + v * vec_lanes;
    for (int f = 0; f < Loss::fields; ++f) store(saved[f], c.fields + (f + (mined ? miner_fields : 0)) * c.stride + at);
    for (int side = 0; side < 2; ++side) {
      store(parts[side].sum, c.parts + (3 * side + 0) * c.stride + at);
      store(parts[side].count, c.parts + (3 * side + 1) * c.stride + at);
      store(parts[side].non_zero, c.parts + (3 * side + 2) * c.stride + at);
    }
  }
}

template <class Loss, bool mined>
void all_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(state);
  if (!mined) return finish<Loss, mined>(c, t, lane0);
  save_mined(c, t.mined, lane0);
  std::memcpy(c.carry + lane0 / panel_lanes * static_cast<int64_t>(sizeof(t)), &t, sizeof(t));
}

template <class Loss>
void after_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  row_state<Loss>& t = *static_cast<row_state<Loss>*>(state);
  const row_state<Loss>& negatives =
      *reinterpret_cast<const row_state<Loss>*>(c.carry + lane0 / panel_lanes * static_cast<int64_t>(sizeof(t)));
  for (int v = 0; v < panel_vecs; ++v) Loss::join(t.loss[v], negatives.loss[v]);
  finish<Loss, true>(c, t, lane0);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
