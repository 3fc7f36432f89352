// k(x, y) = exp(−γ|x − y|²), a similarity.   ∂k/∂x = −2γ k (x − y)
#pragma once
#include "distance/ops/forms.h"
#include "distance/table.gen.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct gaussian : difference_form {
  static constexpr bool screens = false;  // larger is closer
  static constexpr float at_itself = 1.0f;

  gaussian_params given;

  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>&, const row_side<V>&) const {
    return exp(V(static_cast<float>(-given.gamma)) * gap);
  }
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>&, const row_side<V>&) const {
    return log(value) / V(static_cast<float>(-given.gamma));
  }
  template <class V>
  WARPWEFT_HD V cross(V value, const row_side<V>&, const row_side<V>&) const {
    return V(static_cast<float>(2.0 * given.gamma)) * value;
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
