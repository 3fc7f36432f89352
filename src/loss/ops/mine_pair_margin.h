// Distances: a positive is kept iff it is farther than one margin, a negative iff it is closer than the other; a NaN is kept, and shows.
#pragma once
#include "base/num.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct mine_pair_margin : pair_margin_miner_params {
  WARPWEFT_HD explicit mine_pair_margin(const pair_margin_miner_params& p) : pair_margin_miner_params(p) {}

  // Nothing is learnt of other pairs; the one float is room that every miner has.
  template <class V>
  struct state {
    V none = V(0.0f);
  };
  static constexpr int fields = 1;
  template <class V>
  static WARPWEFT_HD void write(const state<V>& t, V* out) {
    out[0] = t.none;
  }
  template <class V>
  static WARPWEFT_HD state<V> read(const V* in) {
    return {in[0]};
  }
  template <class V>
  static WARPWEFT_HD void positive(state<V>&, V, mask_of<V>) {}
  template <class V>
  static WARPWEFT_HD void negative(state<V>&, V, mask_of<V>) {}
  template <class V>
  static WARPWEFT_HD void join(state<V>&, const state<V>&) {}
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_positive(const state<V>&, V s) const {
    return !(s <= V(pos_margin));
  }
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_negative(const state<V>&, V s) const {
    return !(s >= V(neg_margin));
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
