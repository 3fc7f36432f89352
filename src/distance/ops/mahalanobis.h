// d(x, y) = √((x − y)ᵀA(x − y)), or its square, on rows whitened before: x' = xL with A = LLᵀ.   ∂d/∂x' = (x' − y')/d, or 2 (x' − y')
#pragma once
#include "distance/ops/forms.h"
#include "distance/table.gen.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct mahalanobis : difference_form {
  static constexpr float least_share = 0.1f;

  mahalanobis_params given;

  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>&, const row_side<V>&) const {
    return given.squared ? gap : sqrt(gap);
  }
  // A quadratic form is judged by its own terms, not by the norms of rows: its pairs are near sooner.
  template <class V>
  WARPWEFT_HD mask_of<V> within(float share, V gap, const row_side<V>& x, const row_side<V>& y) const {
    return difference_form::within(share < least_share ? least_share : share, gap, x, y);
  }
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>&, const row_side<V>&) const {
    return given.squared ? value : value * value;
  }
  template <class V>
  WARPWEFT_HD V cross(V d, const row_side<V>&, const row_side<V>&) const {
    return given.squared ? V(-2.0f) : select(d > V(0.0f), V(-1.0f) / d, V(0.0f));
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
