// d(x, y) = Σ_k |x_k − y_k|.   ∂d/∂x_k = sgn(x_k − y_k), and 0 where they are equal
#pragma once
#include "distance/ops/elementwise_form.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct cityblock : elementwise_form {
  static constexpr bool constant_slope = true;

  template <class V>
  WARPWEFT_HD V add(V sum, V diff) const {
    return sum + abs(diff);
  }
  template <class V>
  WARPWEFT_HD V done(V sum) const {
    return sum;
  }
  template <class V>
  WARPWEFT_HD V partial(V diff, V) const {
    return sign_of(diff);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
