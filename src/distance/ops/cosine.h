// d(x, y) = 1 − x·y / (|x||y|).   ∂d/∂x = −(ŷ − (x̂·ŷ) x̂) / |x|
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct cosine {
  static constexpr exact safety = exact::dot64;
  static constexpr row_scalar scalar = row_scalar::inverse_norm;
  static constexpr bool on_unit_rows = true;
  static constexpr bool symmetric_difference = false;

  template <class V>
  static WARPWEFT_HD V score(V s, V a, V b) {
    const V d = V(1.0f) - s * a * b;
    return select(d < V(0.0f), V(0.0f), d);
  }
  // d is half the squared distance of the unit rows, so this is d² < share (1 + 1); or NaN.
  template <class V>
  static WARPWEFT_HD mask_of<V> within(float share, V d, V, V) {
    return !(d >= V(share));
  }
  static WARPWEFT_HD double from_dot64(double dot, double norms) {
    const double d = 1.0 - dot / norms;
    return d < 0.0 ? 0.0 : d;
  }
  template <class V>
  static WARPWEFT_HD V slope(V) {
    return V(-1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
