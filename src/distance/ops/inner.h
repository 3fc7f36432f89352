// inner(x, y) = x·y, a similarity.   ∂/∂x = y
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct inner {
  static constexpr exact safety = exact::none;
  static constexpr row_scalar scalar = row_scalar::none;
  static constexpr bool on_unit_rows = false;
  static constexpr bool symmetric_difference = false;

  template <class V>
  static WARPWEFT_HD V score(V s, V, V) {
    return s;
  }
  // ∂value/∂s, where dx = Σ slope · y
  template <class V>
  static WARPWEFT_HD V slope(V) {
    return V(1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
