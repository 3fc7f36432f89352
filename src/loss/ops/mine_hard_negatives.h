// With g of a pair from a guide, or its own score, and g₊ that of the anchor's positive (the least of several), a negative is dropped iff
// g > g₊ + margin, or g > g₊ (1 + margin); of the rest those are kept that are among the anchor's k with the largest scores, the lower
// candidate first where two are equal. Both strict; a NaN is kept, and shows. Positives are all kept.
#pragma once
#include "base/num.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct mine_hard_negatives : hard_negatives_miner_params {
  WARPWEFT_HD explicit mine_hard_negatives(const hard_negatives_miner_params& p) : hard_negatives_miner_params(p) {}

  template <class V>
  struct state {
    V positive = V(__builtin_inff());                // g₊
    V least = V(-__builtin_inff()), last = V(0.0f);  // the k-th score that is kept, and its candidate
  };
  static constexpr int fields = 3;
  static constexpr bool ranks = true;  // asked for the pair's guide and place too, once its least and last are known

  template <class V>
  static WARPWEFT_HD void write(const state<V>& t, V* out) {
    out[0] = t.positive;
    out[1] = t.least;
    out[2] = t.last;
  }
  template <class V>
  static WARPWEFT_HD state<V> read(const V* in) {
    return {in[0], in[1], in[2]};
  }
  template <class V>
  static WARPWEFT_HD void positive(state<V>& t, V g, mask_of<V> counted) {
    t.positive = select(counted && g < t.positive, g, t.positive);
  }
  template <class V>
  static WARPWEFT_HD void negative(state<V>&, V, mask_of<V>) {}
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.positive = min(t.positive, other.positive);
  }
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_positive(const state<V>&, V s) const {
    return !(s < s);
  }
  // Whether it is no false negative. Without a positive nothing tells.
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_negative(const state<V>& t, V g) const {
    const V relative = t.positive * V(1.0f + margin), absolute = t.positive + V(margin);
    const V limit = filter == 0 ? V(__builtin_inff()) : filter == 1 ? absolute : relative;
    return !(g > limit) || !(t.positive < V(__builtin_inff()));
  }
  // And whether it is among the hardest. `place` is the candidate's number.
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_ranked(const state<V>& t, V s, V place) const {
    return !(s < t.least) && !(s == t.least && place > t.last);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
