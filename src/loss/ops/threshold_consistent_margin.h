// λ₊ (m₊ − s) on positives with s ≤ m₊, λ₋ (s − m₋) on negatives with s ≥ m₋; the pairs on a threshold are terms too, of value 0.
// ∂/∂s is −λ₊ on the former, λ₋ on the latter, 0 on all others.
// Source: Zhang et al. 2023 (arXiv 2307.04047) as pytorch-metric-learning 2.8.1 has it (ThresholdConsistentMarginLoss).
#pragma once
#include "loss/ops/hinge_sides.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct threshold_consistent_margin : hinge_sides<threshold_consistent_margin>, threshold_consistent_margin_params {
  WARPWEFT_HD threshold_consistent_margin(const threshold_consistent_margin_params& p, bool) : threshold_consistent_margin_params(p) {}

  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    add(t.sides[0], V(pos_margin) - s, pos_weight, counted);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    add(t.sides[1], s - V(neg_margin), neg_weight, counted);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V*, V s) const {
    return select(s <= V(pos_margin), V(-pos_weight), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V*, V s) const {
    return select(s >= V(neg_margin), V(neg_weight), V(0.0f));
  }

 private:
  // Only what is not below its threshold is a term. !(gap < 0): a NaN is one.
  template <class V>
  static WARPWEFT_HD void add(part<V>& side, V gap, float weight, mask_of<V> counted) {
    side.add_term(V(weight) * gap, counted && !(gap < V(0.0f)));
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
