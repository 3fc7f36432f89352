// The miner as a function of its own: both statistics in one sweep, then a sweep that lists what they keep.
#pragma once
#include "loss/forward.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Miner>
void extremes_zero(const void*, void* state, int64_t, int) {
  new (state) mined_state<Miner>;
}

template <class Miner>
void extremes_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& mined = *static_cast<mined_state<Miner>*>(state);
  const float* guide = guide_of<Miner>(c.guide, part);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      Miner::positive(mined.of[v], load(guide + r * panel_lanes + v * vec_lanes), k.positive);
      Miner::negative(mined.of[v], s, k.negative);
    });
}

template <class Miner>
void extremes_join(const void*, void* into, const void* from) {
  for (int v = 0; v < panel_vecs; ++v)
    Miner::join(static_cast<mined_state<Miner>*>(into)->of[v], static_cast<const mined_state<Miner>*>(from)->of[v]);
}

template <class Miner>
void extremes_done(const void* context, void* state, int64_t lane0, int) {
  save_mined<Miner>(*static_cast<const row_context*>(context), lane0, *static_cast<mined_state<Miner>*>(state));
}

template <class Miner>
void list_step(const void* context, void*, const cpu::strip& part) {
  const mine_context& c = *static_cast<const mine_context*>(context);
  const Miner mine = make_miner<Miner>(*c.params);
  mined_state<Miner> mined;
  load_mined<Miner>(c.fields, c.stride, part.lane0, mined);
  const float* guide = guide_of<Miner>(c.guide, part);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      const vec g = load(guide + r * panel_lanes + v * vec_lanes), place(static_cast<float>(part.row0 + r));
      const uint64_t positives = bits_of(k.positive && mine.keeps_positive(mined.of[v], s));
      const uint64_t negatives = bits_of(k.negative && keeps_negative(mine, mined.of[v], s, g, place));
      for (uint64_t bits = positives | negatives; bits; bits &= bits - 1) {
        const int l = v * vec_lanes + __builtin_ctzll(bits);
        if (l < part.lanes) c.emit(c.sink, part.lane0 + l, part.row0 + r, positives >> (l - v * vec_lanes) & 1);
      }
    });
}

}  // namespace warpweft::loss::WARPWEFT_ISA
