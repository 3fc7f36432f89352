// Folding an anchor's pairs. Anchors stand on the lanes, so a state is a register of anchors.
//
// Without a miner one sweep sees every pair. With one: `before` shows the miner the positives (a short range of rows, since both
// sides are sorted by label), `all` folds the negatives it keeps and shows it all of them, `after` folds the positives it keeps.
// A loss that wants its positives last has the latter two without a miner. Where a batch meets itself `all` sees each pair once, from
// its lane, and `across` (loss/across.inl.h) sees it from its row: an anchor has two states, joined when both are whole.
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

// A register of anchors from `at` on.
template <class Miner>
void load_mined(const float* fields, int64_t stride, int64_t at, typename Miner::template state<vec>& mined) {
  vec saved[Miner::fields];
  for (int f = 0; f < Miner::fields; ++f) saved[f] = load(fields + f * stride + at);
  mined = Miner::read(saved);
}
template <class Miner>
void save_mined(const row_context& c, int64_t at, const typename Miner::template state<vec>& mined) {
  vec saved[Miner::fields];
  Miner::write(mined, saved);
  for (int f = 0; f < Miner::fields; ++f) store(saved[f], c.fields + f * c.stride + at);
}
// A panel of them.
template <class Miner>
void load_mined(const float* fields, int64_t stride, int64_t lane0, mined_state<Miner>& mined) {
  for (int v = 0; v < panel_vecs; ++v) load_mined<Miner>(fields, stride, lane0 + v * vec_lanes, mined.of[v]);
}
template <class Miner>
void save_mined(const row_context& c, int64_t lane0, const mined_state<Miner>& mined) {
  for (int v = 0; v < panel_vecs; ++v) save_mined<Miner>(c, lane0 + v * vec_lanes, mined.of[v]);
}

template <class Loss, class Miner>
void row_zero(const void*, void* state, int64_t, int) {
  new (state) row_state<Loss, Miner>;
}

template <class Loss, class Miner>
void load_saved(const row_context& c, int64_t at, vec* saved) {
  for (int f = 0; f < Loss::fields; ++f) saved[f] = load(c.fields + (f + Miner::fields) * c.stride + at);
}
template <class Loss, class Miner>
void store_saved(const row_context& c, int64_t at, const vec* saved) {
  for (int f = 0; f < Loss::fields; ++f) store(saved[f], c.fields + (f + Miner::fields) * c.stride + at);
}

// A register of anchors that have met nothing yet, but for what was given or came of the negatives.
template <class Loss, class Miner>
typename Loss::template state<vec> resumed(const row_context& c, const Loss& loss, int64_t at) {
  typename Loss::template state<vec> t;
  if constexpr (Loss::given > 0 || Loss::positives_last) {
    vec saved[Loss::fields];
    load_saved<Loss, Miner>(c, at, saved);
    loss.resume(t, saved);
  }
  return t;
}

// The miner starts from what an earlier sweep showed it.
template <class Loss, class Miner>
void resumed_zero(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& t = *new (state) row_state<Loss, Miner>;
  if constexpr (mines<Miner>) load_mined<Miner>(c.fields, c.stride, lane0, t.mined);
  const Loss loss = make<Loss>(c);
  for (int v = 0; v < panel_vecs; ++v) t.loss[v] = resumed<Loss, Miner>(c, loss, lane0 + v * vec_lanes);
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

// One register of anchors against the scores of consecutive rows: s of row r at s + r · stride, the guide's likewise.
struct column {
  const float* s;
  const float* guide;
  int64_t stride;
  int64_t lane, row0;
  int rows;
};
WARPWEFT_HD column column_of(const cpu::strip& part, const float* guide, int v) {
  return {part.s + v * vec_lanes, guide + v * vec_lanes, panel_lanes, part.lane0 + v * vec_lanes, part.row0, part.rows};
}

// Walks down a column, or one register of lanes of a strip: body(row of it, score, kinds).
template <class Body>
WARPWEFT_HD void walk(const pairing& pairs, const column& part, const Body& body) {
  for (int r = 0; r < part.rows; ++r) body(r, load(part.s + r * part.stride), kinds_of(pairs, part.lane, part.row0 + r));
}
template <class Body>
WARPWEFT_HD void walk(const pairing& pairs, const cpu::strip& part, int v, const Body& body) {
  walk(pairs, column_of(part, part.s, v), body);
}

template <class Loss, class Miner>
void before_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& mined = static_cast<row_state<Loss, Miner>*>(state)->mined;
  const float* guide = guide_of<Miner>(c.guide, part);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int r, vec, const kinds& k) HWY_ATTR {
      Miner::positive(mined.of[v], load(guide + r * panel_lanes + v * vec_lanes), k.positive);
    });
}

// `mixed`: positives are among the rows. The column is summed by itself, so that the sums of long rows are sums of sums.
template <class Loss, class Miner>
void fold_column(const row_context& c, const Loss& loss, const Miner& mine, typename Loss::template state<vec>& total,
                 typename Miner::template state<vec>& mined, const column& part, bool mixed) {
  auto folded = resumed<Loss, Miner>(c, loss, part.lane);
  auto seen = mined;
  const auto negative = [&](int r, vec s, vec beside, mask counted) HWY_ATTR {
    if constexpr (mines<Miner>) {
      Miner::negative(seen, s, counted);
      const vec g = load(part.guide + r * part.stride);
      counted = counted && keeps_negative(mine, seen, s, g, vec(static_cast<float>(part.row0 + r)));
    }
    fold_negative(loss, folded, s, beside, counted);
  };
  if (mixed) {
    walk(c.pairs, part, [&](int r, vec s, const kinds& k) HWY_ATTR {
      const vec beside = beside_of<Loss>(c, part.lane, part.row0 + r);
      negative(r, s, beside, k.negative);
      if constexpr (!in_stages<Loss, Miner>) fold_positive(loss, folded, s, beside, k.positive);
    });
  } else {
    const mask all = everything();
    for (int r = 0; r < part.rows; ++r) negative(r, load(part.s + r * part.stride), beside_of<Loss>(c, part.lane, part.row0 + r), all);
  }
  Loss::join(total, folded);
  mined = seen;
}

template <class Loss, class Miner>
void all_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  const bool mixed = is_mixed(c.pairs, part);
  const float* guide = guide_of<Miner>(c.guide, part);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v) fold_column(c, loss, mine, t.loss[v], t.mined.of[v], column_of(part, guide, v), mixed);
}

template <class Loss, class Miner>
void after_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const Miner mine = make_miner<Miner>(*c.params);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      mask counted = k.positive;
      if constexpr (mines<Miner>) counted = counted && mine.keeps_positive(t.mined.of[v], s);
      const int64_t row = part.row0 + r;
      const vec beside = Loss::meets_other ? vec(c.other[row]) : beside_of<Loss>(c, part.lane0 + v * vec_lanes, row);
      fold_positive(loss, t.loss[v], s, beside, counted);
    });
}

template <class Loss, class Miner>
void before_done(const void* context, void* state, int64_t lane0, int) {
  save_mined<Miner>(*static_cast<const row_context*>(context), lane0, static_cast<row_state<Loss, Miner>*>(state)->mined);
}

// A register of anchors between two sweeps, or between the halves of their pairs.
template <class Loss, class Miner>
struct carried {
  typename Loss::template state<vec> loss;
  typename Miner::template state<vec> mined;
};
template <class Loss, class Miner>
carried<Loss, Miner>* carry_of(const row_context& c, int64_t at) {
  return reinterpret_cast<carried<Loss, Miner>*>(c.carry) + at / vec_lanes;
}

// The anchors' terms and what the backward needs of them, of a register from `at` on.
template <class Loss, class Miner>
void finish(const row_context& c, const Loss& loss, const typename Loss::template state<vec>& state, int64_t at) {
  part<vec> parts[2];
  vec saved[Loss::fields + 1];
  if constexpr (Loss::given > 0 || Loss::positives_last) load_saved<Loss, Miner>(c, at, saved);
  loss.done(state, parts, saved);
  store_saved<Loss, Miner>(c, at, saved);
  for (int side = 0; side < 2; ++side) {
    store(parts[side].sum, c.parts + (3 * side + 0) * c.stride + at);
    store(parts[side].count, c.parts + (3 * side + 1) * c.stride + at);
    store(parts[side].non_zero, c.parts + (3 * side + 2) * c.stride + at);
  }
}

template <class Loss, class Miner>
void save_negatives(const row_context& c, const Loss& loss, const typename Loss::template state<vec>& state, int64_t at) {
  vec saved[Loss::fields];
  load_saved<Loss, Miner>(c, at, saved);
  loss.negatives_done(state, saved);
  store_saved<Loss, Miner>(c, at, saved);
}

// A register of anchors that have met all pairs that `all` shows them.
template <class Loss, class Miner>
void settle(const row_context& c, const Loss& loss, const carried<Loss, Miner>& t, int64_t at) {
  if constexpr (in_stages<Loss, Miner>) {
    if constexpr (mines<Miner>) save_mined<Miner>(c, at, t.mined);
    if constexpr (Loss::positives_last) save_negatives<Loss, Miner>(c, loss, t.loss, at);
    new (carry_of<Loss, Miner>(c, at)) carried<Loss, Miner>(t);
  } else {
    finish<Loss, Miner>(c, loss, t.loss, at);
  }
}

template <class Loss, class Miner>
void all_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  const auto& t = *static_cast<const row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v) {
    const int64_t at = lane0 + v * vec_lanes;
    const carried<Loss, Miner> own{t.loss[v], t.mined.of[v]};
    if (c.pairs.rows == facing::all)
      settle(c, loss, own, at);
    else
      new (carry_of<Loss, Miner>(c, at)) carried<Loss, Miner>(own);
  }
}

template <class Loss, class Miner>
void after_done(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Loss loss = make<Loss>(c);
  auto& t = *static_cast<row_state<Loss, Miner>*>(state);
  for (int v = 0; v < panel_vecs; ++v) {
    const int64_t at = lane0 + v * vec_lanes;
    Loss::join(t.loss[v], carry_of<Loss, Miner>(c, at)->loss);
    finish<Loss, Miner>(c, loss, t.loss[v], at);
  }
}

}  // namespace warpweft::loss::WARPWEFT_ISA
