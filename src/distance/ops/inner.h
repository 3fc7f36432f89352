// inner(x, y) = x·y, a similarity.   ∂/∂x = y
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct inner : dot_form {
  static constexpr bool constant_slope = true;

  // ∂value/∂s, where dx = Σ cross · y
  template <class V>
  WARPWEFT_HD V cross(V, const row_side<V>&, const row_side<V>&) const {
    return V(1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
