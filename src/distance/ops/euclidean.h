// d(x, y) = |x − y|.   ∂d/∂x = (x − y)/d, and 0 where d = 0
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct euclidean : difference_form {
  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>&, const row_side<V>&) const {
    return sqrt(gap);
  }
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>&, const row_side<V>&) const {
    return value * value;
  }
  template <class V>
  WARPWEFT_HD V cross(V d, const row_side<V>&, const row_side<V>&) const {
    return select(d > V(0.0f), V(-1.0f) / d, V(0.0f));
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
