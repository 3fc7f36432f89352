// cos(x, y) = x·y / (|x||y|), a similarity; norms below 1e-12 count as 1e-12, so a zero row is at right angles to all.
// ∂/∂x = (ŷ − (x̂·ŷ) x̂) / |x|; 0 for a row of zeros
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct cosine_similarity {
  static constexpr exact safety = exact::none;
  static constexpr row_scalar scalar = row_scalar::inverse_norm;
  static constexpr bool on_unit_rows = true;  // gradients: as inner on x̂, ŷ, then through the normalisation
  static constexpr bool symmetric_difference = false;

  // a = 1/|x|, b = 1/|y|
  template <class V>
  static WARPWEFT_HD V score(V s, V a, V b) {
    return s * a * b;
  }
  template <class V>
  static WARPWEFT_HD V slope(V) {
    return V(1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
