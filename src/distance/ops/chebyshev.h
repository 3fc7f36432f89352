// d(x, y) = max_k |x_k − y_k|.   ∂d/∂x_k = sgn(x_k − y_k) at every coordinate that attains the maximum
#pragma once
#include "distance/ops/elementwise_form.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct chebyshev : elementwise_form {
  template <class V>
  WARPWEFT_HD V add(V largest, V diff) const {
    return max_or_nan(largest, abs(diff));
  }
  template <class V>
  WARPWEFT_HD V done(V largest) const {
    return largest;
  }
  template <class V>
  WARPWEFT_HD V partial(V diff, V value) const {
    return select(abs(diff) < value, V(0.0f), sign_of(diff));
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
