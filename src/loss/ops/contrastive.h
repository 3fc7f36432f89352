// A distance: [d − m₊]₊ on positives, [m₋ − d]₊ on negatives. A similarity: [m₊ − s]₊ and [s − m₋]₊.
// ∂/∂s is the sign of the slope where the hinge is open, 0 elsewhere and at the kink.
// Positives and negatives are reduced apart, as pytorch-metric-learning does.
#pragma once
#include "loss/ops/hinge_sides.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct contrastive : hinge_sides<contrastive>, contrastive_params {
  WARPWEFT_HD contrastive(const contrastive_params& p, bool larger) : contrastive_params(p), sign(larger ? -1.0f : 1.0f) {}
  float sign;

  template <class V>
  WARPWEFT_HD V positive_hinge(V s) const {
    return V(sign) * (s - V(pos_margin));
  }
  template <class V>
  WARPWEFT_HD V negative_hinge(V s) const {
    return V(sign) * (V(neg_margin) - s);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V*, V s) const {
    return V(sign) * hinge_slope(positive_hinge(s));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V*, V s) const {
    return V(-sign) * hinge_slope(negative_hinge(s));
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
