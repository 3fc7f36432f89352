// d(x, y) = Σ_k (x_k − y_k)² = |x|² + |y|² − 2 x·y.   ∂d/∂x = 2 (x − y)
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct sqeuclidean : difference_form {
  static constexpr bool constant_slope = true;

  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>&, const row_side<V>&) const {
    return value;
  }
  template <class V>
  WARPWEFT_HD V cross(V, const row_side<V>&, const row_side<V>&) const {
    return V(-2.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
