// d(x, y) = |x − y|.   ∂d/∂x = (x − y)/d, and 0 where d = 0
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct euclidean {
  static constexpr exact safety = exact::difference;
  static constexpr row_scalar scalar = row_scalar::square_norm;
  static constexpr bool on_unit_rows = false;
  static constexpr bool symmetric_difference = true;

  template <class V>
  static WARPWEFT_HD V score(V s, V a, V b) {
    const V d = fma(V(-2.0f), s, a + b);
    return sqrt(select(d < V(0.0f), V(0.0f), d));
  }
  // d² < share (|x|² + |y|²); negated, so that a NaN of inf − inf is re-evaluated too.
  template <class V>
  static WARPWEFT_HD mask_of<V> within(float share, V d, V a, V b) {
    return !(d * d >= V(share) * (a + b));
  }
  template <class V>
  static WARPWEFT_HD V from_difference(V d) {
    return sqrt(d);
  }
  template <class V>
  static WARPWEFT_HD V slope(V d) {
    return select(d > V(0.0f), V(-1.0f) / d, V(0.0f));
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
