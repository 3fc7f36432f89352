// A miner that keeps an anchor's k largest scores: a sweep after its positives are known finds the k-th and where it stands.
#pragma once
#include <algorithm>

#include "loss/forward.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct ranked_pair {
  float s;
  int32_t place;
};

// Of a panel: a list for each lane, largest first, of equal ones the first that came. Candidates come in ascending order.
template <class Miner>
struct ranked_state {
  mined_state<Miner> mined;
  alignas(64) float least[panel_lanes];  // what a score must be above to enter
  int32_t count[panel_lanes];

  static ranked_pair* list(void* state, int64_t k, int lane) {
    return reinterpret_cast<ranked_pair*>(static_cast<char*>(state) + sizeof(ranked_state)) + k * lane;
  }
};

template <class Miner>
void enter(void* state, int64_t k, int lane, ranked_pair pair) {
  auto& t = *static_cast<ranked_state<Miner>*>(state);
  int32_t& count = t.count[lane];
  ranked_pair* list = ranked_state<Miner>::list(state, k, lane);
  if (count == k && !(pair.s > list[k - 1].s)) return;
  int64_t at = count < k ? count++ : k - 1;
  for (; at > 0 && pair.s > list[at - 1].s; --at) list[at] = list[at - 1];
  list[at] = pair;
  if (count == k) t.least[lane] = list[k - 1].s;
}

template <class Miner>
void rank_zero(const void* context, void* state, int64_t lane0, int) {
  const row_context& c = *static_cast<const row_context*>(context);
  auto& t = *new (state) ranked_state<Miner>;
  load_mined<Miner>(c.fields, c.stride, lane0, t.mined);
  std::fill_n(t.least, panel_lanes, -__builtin_inff());
  std::fill_n(t.count, panel_lanes, 0);
}

template <class Miner>
void rank_step(const void* context, void* state, const cpu::strip& part) {
  const row_context& c = *static_cast<const row_context*>(context);
  const Miner mine = make_miner<Miner>(*c.params);
  auto& t = *static_cast<ranked_state<Miner>*>(state);
  const float* guide = guide_of<Miner>(c.guide, part);
  for (int v = 0; v < panel_vecs; ++v)
    walk(c.pairs, part, v, [&](int r, vec s, const kinds& k) HWY_ATTR {
      const int at = r * panel_lanes + v * vec_lanes;
      const mask harder = k.negative && s > load(t.least + v * vec_lanes);
      if (!any(harder)) return;
      for (uint64_t bits = bits_of(harder && mine.keeps_negative(t.mined.of[v], load(guide + at))); bits; bits &= bits - 1) {
        const int l = __builtin_ctzll(bits);
        enter<Miner>(state, c.ranked, v * vec_lanes + l, {part.s[at + l], static_cast<int32_t>(part.row0 + r)});
      }
    });
}

// `from` saw later candidates.
template <class Miner>
void rank_join(const void* context, void* into, const void* from) {
  const int64_t k = static_cast<const row_context*>(context)->ranked;
  const auto& other = *static_cast<const ranked_state<Miner>*>(from);
  for (int lane = 0; lane < panel_lanes; ++lane) {
    const ranked_pair* list = ranked_state<Miner>::list(const_cast<void*>(from), k, lane);
    for (int32_t i = 0; i < other.count[lane]; ++i) enter<Miner>(into, k, lane, list[i]);
  }
}

// Fewer than k: whatever is left is kept.
template <class Miner>
void rank_done(const void* context, void* state, int64_t lane0, int lanes) {
  const row_context& c = *static_cast<const row_context*>(context);
  const auto& t = *static_cast<const ranked_state<Miner>*>(state);
  for (int lane = 0; lane < lanes; ++lane) {
    if (t.count[lane] < c.ranked) continue;
    const ranked_pair last = ranked_state<Miner>::list(state, c.ranked, lane)[c.ranked - 1];
    c.fields[1 * c.stride + lane0 + lane] = last.s;
    c.fields[2 * c.stride + lane0 + lane] = static_cast<float>(last.place);
  }
}

}  // namespace warpweft::loss::WARPWEFT_ISA
