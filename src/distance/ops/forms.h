// What the metrics of one form have in common; a metric derives from its form and says what differs.
#pragma once
#include "base/num.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::WARPWEFT_ISA {

// value = value(gap), gap from s = x·y and the rows' scalars.
struct dot_form {
  static constexpr form kind = form::dot;
  static constexpr exact safety = exact::none;
  static constexpr row_scalar scalar = row_scalar::none;
  static constexpr own_part own = own_part::none;
  static constexpr bool has_extra = false;       // rows have a second number, extra(norm)
  static constexpr bool centred_rows = false;    // of each row its mean is taken off
  static constexpr bool on_unit_rows = false;    // gradients: as on x̂, ŷ, then through the normalisation
  static constexpr bool shifts = false;          // values stay when all rows move together
  static constexpr bool symmetric = true;        // value(x, y) = value(y, x)
  static constexpr bool constant_slope = false;  // cross does not depend on the value
  static constexpr bool screens = false;         // says of dots which may belong to a gap below a limit
  static constexpr float at_itself = 0.0f;       // the value of a row and itself, where that is evaluated again

  template <class V>
  WARPWEFT_HD V gap(V s, const row_side<V>&, const row_side<V>&) const {
    return s;
  }
  template <class V>
  WARPWEFT_HD V value(V gap, const row_side<V>&, const row_side<V>&) const {
    return gap;
  }
};

// gap = |x − y|² = |x|² + |y|² − 2 x·y, never negative.
struct difference_form : dot_form {
  static constexpr exact safety = exact::difference;
  static constexpr row_scalar scalar = row_scalar::square_norm;
  static constexpr own_part own = own_part::difference;
  static constexpr bool shifts = true;

  template <class V>
  WARPWEFT_HD V gap(V s, const row_side<V>& x, const row_side<V>& y) const {
    const V d = fma(V(-2.0f), s, x.norm + y.norm);
    return select(d < V(0.0f), V(0.0f), d);
  }
  // gap < share (|x|² + |y|²); negated, so that a NaN of inf − inf is re-evaluated too.
  template <class V>
  WARPWEFT_HD mask_of<V> within(float share, V gap, const row_side<V>& x, const row_side<V>& y) const {
    return !(gap >= V(share) * (x.norm + y.norm));
  }
  // gap < limit + slack (|x|² + |y|²), as s against one number of either side; or NaN.
  static constexpr bool screens = true;
  template <class V>
  WARPWEFT_HD V screen_row(float slack, const row_side<V>& x) const {
    return V(0.5f - 0.5f * slack) * x.norm;
  }
  template <class V>
  WARPWEFT_HD V screen_lane(float slack, const row_side<V>& y, V limit) const {
    return fma(V(-0.5f), limit, screen_row(slack, y));
  }
  template <class V>
  WARPWEFT_HD mask_of<V> passes(V s, V row, V lane) const {
    return !(s < row + lane);
  }
};

// gap = 1 − x·y/(|x||y|), half the squared distance of the unit rows. norm = 1/|x|
struct angle_form : dot_form {
  static constexpr exact safety = exact::dot64;
  static constexpr row_scalar scalar = row_scalar::inverse_norm;
  static constexpr bool on_unit_rows = true;
  static constexpr bool constant_slope = true;

  template <class V>
  WARPWEFT_HD V gap(V s, const row_side<V>& x, const row_side<V>& y) const {
    const V d = V(1.0f) - s * x.norm * y.norm;
    return select(d < V(0.0f), V(0.0f), d);
  }
  // d² < share (1 + 1); or NaN.
  template <class V>
  WARPWEFT_HD mask_of<V> within(float share, V gap, const row_side<V>&, const row_side<V>&) const {
    return !(gap >= V(share));
  }
  template <class V>
  WARPWEFT_HD V gap_of(V value, const row_side<V>&, const row_side<V>&) const {
    return value;
  }
  // gap < limit + slack, likewise.
  static constexpr bool screens = true;
  template <class V>
  WARPWEFT_HD V screen_row(float, const row_side<V>& x) const {
    return x.norm;
  }
  template <class V>
  WARPWEFT_HD V screen_lane(float slack, const row_side<V>& y, V limit) const {
    return (V(1.0f - slack) - limit) / y.norm;
  }
  template <class V>
  WARPWEFT_HD mask_of<V> passes(V s, V row, V lane) const {
    return !(s * row < lane);
  }
  WARPWEFT_HD double from_dot64(double dot, double norms) const {
    const double d = 1.0 - dot / norms;
    return d < 0.0 ? 0.0 : d;
  }
  template <class V>
  WARPWEFT_HD V cross(V, const row_side<V>&, const row_side<V>&) const {
    return V(-1.0f);
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
