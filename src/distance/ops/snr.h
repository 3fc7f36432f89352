// d(x, y) = Var(x − y)/Var(x) = |x̃ − ỹ|²/|x̃|², with x̃ = x − mean(x); x is the anchor, so it is not symmetric.
// ∂d/∂x = (2/|x̃|²) ((1 − d) x̃ − ỹ),   ∂d/∂y = (2/|x̃|²) (ỹ − x̃); both 0 where |x̃|² < 1e-12, which counts as 1e-12
#pragma once
#include "distance/ops/forms.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct snr : difference_form {
  static constexpr own_part own = own_part::separate;
  static constexpr bool has_extra = true;
  static constexpr bool centred_rows = true;
  static constexpr bool shifts = false;  // each row's own mean is off already
  static constexpr bool symmetric = false;
  static constexpr float least_variance = 1e-12f;

  // 1/|x̃|²
  WARPWEFT_HD double extra(double square) const { return 1.0 / (square < 1e-12 ? 1e-12 : square); }

  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>& x, const row_side<V>&) const {
    return gap * x.extra;
  }
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>& x, const row_side<V>&) const {
    return value / x.extra;
  }
  template <class V>
  WARPWEFT_HD V slope(const row_side<V>& x) const {
    return select(x.norm < V(least_variance), V(0.0f), x.extra + x.extra);
  }
  template <class V>
  WARPWEFT_HD V cross(V, const row_side<V>& x, const row_side<V>&) const {
    return -slope(x);
  }
  template <class V>
  WARPWEFT_HD V own_x(V d, const row_side<V>& x, const row_side<V>&) const {
    return slope(x) * (V(1.0f) - d);
  }
  template <class V>
  WARPWEFT_HD V own_y(V, const row_side<V>& x, const row_side<V>&) const {
    return slope(x);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
