// The miner as a function of its own: both statistics in one sweep, then a sweep that lists what they keep.
#pragma once
#include "loss/forward.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct extremes_state {
  miner::state<vec> mined[panel_vecs];
};

inline void extremes_zero(const void*, void* state, int64_t, int) { new (state) extremes_state; }

inline void extremes_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  extremes_state& t = *static_cast<extremes_state*>(state);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int, vec s, const kinds& k) HWY_ATTR {
      miner::positive(t.mined[v], s, k.positive);
      miner::negative(t.mined[v], s, k.negative);
    });
}

inline void extremes_join(const void*, void* into, const void* from) {
  for (int v = 0; v < panel_vecs; ++v)
    miner::join(static_cast<extremes_state*>(into)->mined[v], static_cast<const extremes_state*>(from)->mined[v]);
}

inline void extremes_done(const void* context, void* state, int64_t lane0, int) {
  save_mined(*static_cast<const row_context*>(context), static_cast<extremes_state*>(state)->mined, lane0);
}

inline void list_step(const void* context, void*, const cpu::strip& part) {
  const mine_context& c = *static_cast<const mine_context*>(context);
  const miner mine = make_miner(*c.params);
  for (int v = 0; v < panel_vecs; ++v) {
    const int64_t lane0 = part.lane0 + v * vec_lanes;
    miner::state<vec> extremes;
    extremes.smallest_positive = load(c.fields + lane0);
    extremes.largest_negative = load(c.fields + c.stride + lane0);
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      const uint64_t positives = bits_of(k.positive && mine.keeps_positive(extremes, s));
      const uint64_t negatives = bits_of(k.negative && mine.keeps_negative(extremes, s));
      for (uint64_t bits = positives | negatives; bits; bits &= bits - 1) {
        const int l = __builtin_ctzll(bits);
        if (v * vec_lanes + l < part.lanes) c.emit(c.sink, lane0 + l, part.row0 + r, positives >> l & 1);
      }
    });
  }
}

}  // namespace warpweft::loss::WARPWEFT_ISA
