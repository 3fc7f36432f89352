// cos(x, y) = x·y / (|x||y|), a similarity; norms below 1e-12 count as 1e-12, so a zero row is at right angles to all.
// ∂/∂x = (ŷ − (x̂·ŷ) x̂) / |x|; 0 for a row of zeros
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct cosine_similarity : dot_form {
  static constexpr row_scalar scalar = row_scalar::inverse_norm;
  static constexpr bool on_unit_rows = true;
  static constexpr bool constant_slope = true;

  template <class V>
  WARPWEFT_HD V gap(V s, const row_side<V>& x, const row_side<V>& y) const {
    return s * x.norm * y.norm;
  }
  template <class V>
  WARPWEFT_HD V cross(V, const row_side<V>&, const row_side<V>&) const {
    return V(1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
