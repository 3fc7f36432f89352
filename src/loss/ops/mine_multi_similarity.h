// A positive is kept iff s − ε < the row's largest negative; a negative iff s + ε > the row's smallest positive. Both strict; a NaN is
// kept, and shows. A row without positives keeps no negative, one without negatives no positive.
#pragma once
#include "base/num.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct mine_multi_similarity : multi_similarity_miner_params {
  WARPWEFT_HD explicit mine_multi_similarity(const multi_similarity_miner_params& p) : multi_similarity_miner_params(p) {}

  template <class V>
  struct state {
    V smallest_positive = V(__builtin_inff()), largest_negative = V(-__builtin_inff());
  };
  static constexpr int fields = 2;  // a state's floats, kept between sweeps
  template <class V>
  static WARPWEFT_HD void write(const state<V>& t, V* out) {
    out[0] = t.smallest_positive;
    out[1] = t.largest_negative;
  }
  template <class V>
  static WARPWEFT_HD state<V> read(const V* in) {
    return {in[0], in[1]};
  }
  template <class V>
  static WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) {
    t.smallest_positive = select(counted && s < t.smallest_positive, s, t.smallest_positive);
  }
  template <class V>
  static WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) {
    t.largest_negative = select(counted && s > t.largest_negative, s, t.largest_negative);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.smallest_positive = min(t.smallest_positive, other.smallest_positive);
    t.largest_negative = max(t.largest_negative, other.largest_negative);
  }
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_positive(const state<V>& t, V s) const {
    return !(s - V(epsilon) >= t.largest_negative);
  }
  template <class V>
  WARPWEFT_HD mask_of<V> keeps_negative(const state<V>& t, V s) const {
    return !(s + V(epsilon) <= t.smallest_positive);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
