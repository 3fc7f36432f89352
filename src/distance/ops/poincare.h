// The distance in the ball of curvature −c, points with c|x|² < 1:
//   d(x, y) = (2/√c) asinh √z = (1/√c) ln(1 + 2z + 2√(z + z²)),   z = c|x − y|² αβ,   α = 1/(1 − c|x|²), β = 1/(1 − c|y|²)
// With r = tanh(√c d/2)/√c and C = 2αβ/r:
//   ∂d/∂x = C ((1 − c²r²|y|²) x − (1 − c r²) y),   ∂d/∂y = C ((1 − c²r²|x|²) y − (1 − c r²) x); both 0 where d = 0
#pragma once
#include "distance/ops/forms.h"
#include "distance/table.gen.h"

namespace warpweft::distance::WARPWEFT_ISA {

struct poincare : difference_form {
  static constexpr own_part own = own_part::separate;
  static constexpr bool has_extra = true;
  static constexpr bool shifts = false;   // what is known of a row is its place in the ball
  static constexpr bool screens = false;  // a gap has another limit for each pair

  poincare_params given;

  // α; infinite or negative outside the ball
  WARPWEFT_HD double extra(double square) const { return 1.0 / (1.0 - given.curvature * square); }

  template <class V>
  WARPWEFT_HD V curvature() const {
    return V(static_cast<float>(given.curvature));
  }
  template <class V>
  WARPWEFT_HD V root() const {
    return sqrt(curvature<V>());
  }
  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>& x, const row_side<V>& y) const {
    const V z = curvature<V>() * gap * (x.extra * y.extra);
    const V w = z + select(z > V(1e18f), z, sqrt(fma(z, z, z)));  // z² would overflow
    return log1p(w + w) * (V(1.0f) / root<V>());
  }
  // z = sinh²(√c d/2)
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>& x, const row_side<V>& y) const {
    const V e = exp(V(0.5f) * root<V>() * value), sinh = V(0.5f) * (e - V(1.0f) / e);
    return sinh * sinh / (curvature<V>() * (x.extra * y.extra));
  }
  // tanh t for t ≥ 0; by its series where 1 − 2/(e²ᵗ + 1) would cancel
  template <class V>
  static WARPWEFT_HD V tanh_of(V t) {
    const V q = t * t;
    V series = fma(q, V(62.0f / 2835.0f), V(-17.0f / 315.0f));
    series = fma(q, series, V(2.0f / 15.0f));
    series = fma(q, series, V(-1.0f / 3.0f));
    const V small = fma(q * t, series, t), large = V(1.0f) - V(2.0f) / (exp(t + t) + V(1.0f));
    return select(t < V(0.3f), small, large);
  }
  // C, and c r² = tanh²(√c d/2)
  template <class V>
  WARPWEFT_HD V factor(V d, const row_side<V>& x, const row_side<V>& y, V& square) const {
    const V tanh = tanh_of(V(0.5f) * root<V>() * d);
    square = tanh * tanh;
    return select(d > V(0.0f), V(2.0f) * root<V>() * (x.extra * y.extra) / tanh, select(d == d, V(0.0f), d));
  }
  template <class V>
  WARPWEFT_HD V cross(V d, const row_side<V>& x, const row_side<V>& y) const {
    V square;
    const V c = factor(d, x, y, square);
    return c * (square - V(1.0f));
  }
  template <class V>
  WARPWEFT_HD V own_x(V d, const row_side<V>& x, const row_side<V>& y) const {
    V square;
    const V c = factor(d, x, y, square);
    return c * (V(1.0f) - curvature<V>() * square * y.norm);
  }
  template <class V>
  WARPWEFT_HD V own_y(V d, const row_side<V>& x, const row_side<V>& y) const {
    return own_x(d, y, x);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
