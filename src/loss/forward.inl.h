// Folding an anchor's pairs. Anchors stand on the lanes, so a state is a register of anchors.
//
// Without a miner one sweep sees every pair. With one: `before` shows the miner the positives (a short range of rows, since both
// sides are sorted by label), `all` folds the negatives it keeps and shows it all of them, `after` folds the positives it keeps.
#pragma once
#include <cstring>
#include <new>

#include "loss/pairs.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Miner>
struct mined_state {
  typename Miner::template state<vec> of[panel_vecs];
};

template <class Loss, class Miner>
struct row_state {
  typename Loss::template state<vec> loss[panel_vecs];
  mined_state<Miner> mined;
};

template <class Miner>
void load_mined(const float* fields, int64_t stride, int64_t lane0, mined_state<Miner>& mined) {
  for (int v = 0; v < panel_vecs; ++v) {
    vec saved[Miner::fields];
    for (int f = 0; f < Miner::fields; ++f) saved[f] = load(fields + f * stride + lane0 + v * vec_lanes);
    mined.of[v] = Miner::read(saved);
  }
}

template <class Miner>
void save_mined(const row_context& c, int64_t lane0, const mined_state<Miner>& mined) {
  for (int v = 0; v < panel_vecs; ++v) {
    vec saved[Miner::fields];
    Miner::write(mined.of[v], saved);
    for (int f = 0; f < Miner::fields; ++f) store(saved[f], c.fields + f * c.stride + lane0 + v * vec_lanes);
  }
}

template <class Loss, class Miner>
void row_zero(const void*, void* state, int64_t, int) {
  new (state) row_state<Loss, Miner>;
}

// The miner starts from what an earlier sweep showed it.
template <class Loss, class Miner>
void mined_zero(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  load_mined<Miner>(c.fields, c.stride, lane0, (new (state) row_state<Loss, Miner>)->mined);
}

template <class Loss, class Miner>
void row_join(const void*, void* into, const void* from) {
  auto& t = *static_cast<row_state<Loss, Miner>*>(into);
  const auto& other = *static_cast<const row_state<Loss, Miner>*>(from);
  for (int v = 0; v < panel_vecs; ++v) {
    Loss::join(t.loss[v], other.loss[v]);
    if constexpr (mines<Miner>) Miner::join(t.mined.of[v], other.mined.of[v]);
  }
}

// Walks one register of lanes down the strip: body(row of the strip, score, kinds).
template <class Body>
WARPWEFT_HD void walk(const pairing& pairs, const cpu::strip& part, int v, const Body& body) {
  const int64_t lane = part.lane0 + v * vec_lanes;
  const float* s = part.s + v * vec_lanes;
  for (int r = 0; r < part.rows; ++r) body(r, load(s + r * panel_lanes), kinds_of(pairs, lane, part.row0 + r));
}

template <class Loss, class Miner>
void before_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& mined = static_cast<row_state<Loss, Miner>*>(state)->mined;
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int, vec s, const kinds& k) HWY_ATTR { Miner::positive(mined.of[v], s, k.positive); });
}

// One register of lanes against a strip. `mixed`: positives are among its rows.
template <class Loss, class Miner>
void fold_all(const row_context& c, const Loss& loss, const Miner& mine, row_state<Loss, Miner>& t, const cpu::strip& part, int v,
              bool mixed) {
  auto folded = t.loss[v];
  auto seen = t.mined.of[v];
  const auto negative = [&](vec s, mask counted) HWY_ATTR {
    if constexpr (mines<Miner>) {
      Miner::negative(seen, s, counted);
      counted = counted && mine.keeps_negative(seen, s);
    }
    loss.negative(folded, s, counted);
  };
  if (mixed) {
    walk(c.pairs, part, v, [&](int, vec s, const kinds& k) HWY_ATTR {
      negative(s, k.negative);
      if constexpr (!mines<Miner>) loss.positive(folded, s, k.positive);
    });
  } else {
    const mask all = everything();
    const float* s = part.s + v * vec_lanes;
    for (int r = 0; r < part.rows; ++r) negative(load(s + r * panel_lanes), all);
  }
  t.loss[v] = folded;
  t.mined.of[v] = seen;
}

template <class Loss, class Miner>
void all_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  const bool mixed = holds_positives(c.pairs, part);
  for (int v = 0; v < panel_vecs; ++v) fold_all(c, loss, mine, *static_cast<row_state<Loss, Miner>*>(state), part, v, mixed);
}

template <class Loss, class Miner>
void after_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v,
         [&](int, vec s, const kinds& k) HWY_ATTR { loss.positive(t.loss[v], s, k.positive && mine.keeps_positive(t.mined.of[v], s)); });
}

template <class Loss, class Miner>
void before_done(const void* context, void* state, int64_t lane0, int) {
  save_mined<Miner>(*static_cast<const row_context*>(context), lane0, static_cast<row_state<Loss, Miner>*>(state)->mined);
}

// The anchor's terms and what the backward needs of it.
template <class Loss, class Miner>
void finish(const row_context& c, row_state<Loss, Miner>& t, int64_t lane0) {
  const Loss loss = make<Loss>(c);
  for (int v = 0; v < panel_vecs; ++v) {
    part<vec> parts[2];
    vec saved[Loss::fields + 1];
    loss.done(t.loss[v], parts, saved);
    const int64_t at = lane0 + v * vec_lanes;
    for (int f = 0; f < Loss::fields; ++f) store(saved[f], c.fields + (f + Miner::fields) * c.stride + at);
    for (int side = 0; side < 2; ++side) {
      store(parts[side].sum, c.parts + (3 * side + 0) * c.stride + at);
      store(parts[side].count, c.parts + (3 * side + 1) * c.stride + at);
      store(parts[side].non_zero, c.parts + (3 * side + 2) * c.stride + at);
    }
  }
}

template <class Loss, class Miner>
void all_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  if constexpr (mines<Miner>) {
    save_mined<Miner>(c, lane0, t.mined);
    std::memcpy(c.carry + lane0 / panel_lanes * static_cast<int64_t>(sizeof(t)), static_cast<const void*>(&t), sizeof(t));
  } else {
    finish(c, t, lane0);
  }
}

template <class Loss, class Miner>
void after_done(const void* context, void* state, int64_t lane0, int) {
  using state_of = row_state<Loss, Miner>;
  const row_context& c = *static_cast<const row_context*>(context);
  state_of& t = *static_cast<state_of*>(state);
  const auto& negatives = *reinterpret_cast<const state_of*>(c.carry + lane0 / panel_lanes * static_cast<int64_t>(sizeof(t)));
  for (int v = 0; v < panel_vecs; ++v) Loss::join(t.loss[v], negatives.loss[v]);
  finish(c, t, lane0);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
