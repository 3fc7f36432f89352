// Two log-sum-exps of a row, over its positives and over its negatives. A loss says what stands in the exponents: pull(s) of a positive,
// push(s) of a negative.
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss>
struct two_log_sums : row_loss {
  static constexpr int fields = 2;  // the two logarithms, ∞ in a row that weighs nothing: e^(z − ∞) = 0

  template <class V>
  struct state {
    log_sum<V> pos, neg;
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    t.pos.add(own().pull(s), counted);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.neg.add(own().push(s), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.pos.join(other.pos);
    t.neg.join(other.neg);
  }
  template <class V>
  static WARPWEFT_HD void save(V lp, V ln, mask_of<V> skipped, V* saved) {
    saved[0] = select(skipped, V(__builtin_inff()), lp);
    saved[1] = select(skipped, V(__builtin_inff()), ln);
  }

 private:
  WARPWEFT_HD const Loss& own() const { return static_cast<const Loss&>(*this); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
