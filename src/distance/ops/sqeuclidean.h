// d(x, y) = Σ_k (x_k − y_k)² = |x|² + |y|² − 2 x·y.   ∂d/∂x = 2 (x − y)
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct sqeuclidean {
  static constexpr exact safety = exact::difference;
  static constexpr row_scalar scalar = row_scalar::square_norm;
  static constexpr bool on_unit_rows = false;
  static constexpr bool symmetric_difference = true;  // ∂/∂x = slope · (y − x)

  template <class V>
  static WARPWEFT_HD V score(V s, V a, V b) {
    const V d = fma(V(-2.0f), s, a + b);
    return select(d < V(0.0f), V(0.0f), d);
  }
  // d² < share (|x|² + |y|²); negated, so that a NaN of inf − inf is re-evaluated too.
  template <class V>
  static WARPWEFT_HD mask_of<V> within(float share, V d, V a, V b) {
    return !(d >= V(share) * (a + b));
  }
  template <class V>
  static WARPWEFT_HD V from_difference(V d) {
    return d;
  }
  template <class V>
  static WARPWEFT_HD V slope(V) {
    return V(-2.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
