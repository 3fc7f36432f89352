// One class against the rest: with z_ic = x_i·w_c, a class costs penalty · [1 − z]₊² as the row's own and penalty · [1 + z]₊² otherwise.
// ∂/∂z = −2 penalty [1 − z]₊ and 2 penalty [1 + z]₊. The mean of the weights' squares is added elsewhere: it is no sum over pairs.
// Source: Tang 2013 (arXiv 1306.0239) as AFAgarap/cnn-svm has it.
#pragma once
#include "loss/ops/hinge.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct squared_hinge : row_loss, squared_hinge_params {
  static constexpr int fields = 1;  // 2 penalty, 0 of a row without class

  WARPWEFT_HD squared_hinge(const squared_hinge_params& p, bool) : squared_hinge_params(p) {}

  template <class V>
  struct state {
    part<V> pairs;
    V found = V(0.0f);
  };
  template <class V>
  static WARPWEFT_HD void add(state<V>& t, V h, mask_of<V> counted) {
    const V up = hinge(h);
    t.pairs.add_term(up * up, counted);
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    add(t, V(1.0f) - s, counted);
    t.found = select(counted, V(1.0f), t.found);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    add(t, V(1.0f) + s, counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.pairs.add(other.pairs);
    t.found = max(t.found, other.found);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const mask_of<V> has = t.found > V(0.0f);
    parts[0].sum = select(has, t.pairs.sum * V(penalty), V(0.0f));
    parts[0].count = select(has, t.pairs.count, V(0.0f));
    parts[0].non_zero = select(has, t.pairs.non_zero, V(0.0f));
    saved[0] = t.found * V(2.0f * penalty);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return -hinge(V(1.0f) - s) * saved[0];
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return hinge(V(1.0f) + s) * saved[0];
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
