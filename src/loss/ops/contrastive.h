// A distance: [d − m₊]₊ on positives, [m₋ − d]₊ on negatives. A similarity: [m₊ − s]₊ and [s − m₋]₊.
// ∂/∂s is the sign of the slope where the hinge is open, 0 elsewhere and at the kink.
// Positives and negatives are reduced apart, as pytorch-metric-learning does.
#pragma once
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct contrastive : contrastive_params {
  static constexpr int fields = 0;
  static constexpr bool term_is_pair = true;
  static constexpr bool by_position = false;
  static constexpr bool has_temperature = false;

  WARPWEFT_HD contrastive(const contrastive_params& p, bool larger) : contrastive_params(p), sign(larger ? -1.0f : 1.0f) {}
  float sign;

  template <class V>
  struct state {
    part<V> sides[2];
  };
  template <class V>
  WARPWEFT_HD V positive_hinge(V s) const {
    return V(sign) * (s - V(pos_margin));
  }
  template <class V>
  WARPWEFT_HD V negative_hinge(V s) const {
    return V(sign) * (V(neg_margin) - s);
  }
  // !(h <= 0): a NaN goes into the sum.
  template <class V>
  static WARPWEFT_HD void add(part<V>& side, V hinge, mask_of<V> counted) {
    const mask_of<V> open = counted && !(hinge <= V(0.0f));
    side.sum = side.sum + select(open, hinge, V(0.0f));
    side.count = side.count + select(counted, V(1.0f), V(0.0f));
    side.non_zero = side.non_zero + select(open, V(1.0f), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    add(t.sides[0], positive_hinge(s), counted);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    add(t.sides[1], negative_hinge(s), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    for (int side = 0; side < 2; ++side) {
      t.sides[side].sum = t.sides[side].sum + other.sides[side].sum;
      t.sides[side].count = t.sides[side].count + other.sides[side].count;
      t.sides[side].non_zero = t.sides[side].non_zero + other.sides[side].non_zero;
    }
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V*) const {
    parts[0] = t.sides[0];
    parts[1] = t.sides[1];
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V*, V s) const {
    return select(positive_hinge(s) > V(0.0f), V(sign), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V*, V s) const {
    return select(negative_hinge(s) > V(0.0f), V(-sign), V(0.0f));
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
