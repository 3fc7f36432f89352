// d(x, y) = (Σ_k |δ_k|ᵖ)^(1/p) with δ = x − y, 1 < p < ∞.   ∂d/∂x_k = sgn(δ_k) (|δ_k|/d)^(p−1), and 0 where d = 0
//
// Evaluated as (Σ_k (|δ_k| r)ᵖ)^(1/p) / r with r = 1/max_k |δ_k|: then no p makes it over- or underflow, and p ln(|δ_k| r), whose
// rounding is a term's error, is near 0 where a term matters.
#pragma once
#include "distance/ops/elementwise_form.h"
#include "distance/table.gen.h"

namespace warpweft::distance::WARPWEFT_ISA {

constexpr float infinity = __builtin_huge_valf();

// S^(1/p) for S > 0. The rounding of ln S is what a large S would lose, so it is measured and made good.
template <class V>
WARPWEFT_HD V root_of(V sum, V p) {
  const V log_sum = log(sum), rest = fma(sum, exp(-log_sum), V(-1.0f));
  const V power = log_sum / p, lost = fma(-power, p, log_sum) + rest;
  const V root = exp(power);
  return fma(root, lost / p, root);
}

// 1/m as far as float32 has it. What a larger one would be is 2¹²⁷; of an infinite m it is 0.
template <class V>
WARPWEFT_HD V reciprocal(V m) {
  const V r = V(1.0f) / m;
  return select(r > V(0x1p127f), V(0x1p127f), r);
}
// δ/d, where d too may be small or large: a power of 2 brings its reciprocal to the middle of the range.
template <class V>
WARPWEFT_HD V ratio_to(V d, V diff) {
  const V scale = select(d < V(0x1p-60f), V(0x1p80f), select(d > V(0x1p60f), V(0x1p-80f), V(1.0f)));
  return diff * scale * (V(1.0f) / (d * scale));
}

// The plain sum for p = 3 and 4, right where neither it nor its terms leave the range of float32.
template <int p>
struct whole_minkowski : elementwise_form {
  static_assert(p == 3 || p == 4, "powers are written out for these");

  template <class V>
  WARPWEFT_HD V add(V sum, V diff) const {
    const V square = diff * diff;
    return p == 3 ? fma(square, abs(diff), sum) : fma(square, square, sum);
  }
  template <class V>
  WARPWEFT_HD V done(V sum) const {
    return p == 4 ? sqrt(sqrt(sum)) : root_of(sum, V(static_cast<float>(p)));
  }
  // A sum of `count` terms that lost at most 2⁻²⁴ of itself to underflow, and none to overflow.
  template <class V>
  WARPWEFT_HD mask_of<V> is_safe(V sum, float count) const {
    return sum > V(count * 0x1p-100f) && sum < V(0x1p120f);
  }
  template <class V>
  WARPWEFT_HD V partial(V diff, V value) const {
    const V ratio = ratio_to(value, diff), power = p == 3 ? ratio * abs(ratio) : ratio * ratio * ratio;
    return select(value == V(0.0f), V(0.0f), power);
  }
};

struct minkowski : elementwise_form {
  minkowski_params given;

  template <class V>
  WARPWEFT_HD V exponent() const {
    return V(static_cast<float>(given.p));
  }
  // ratio = δ_k r
  template <class V>
  WARPWEFT_HD V add(V sum, V ratio) const {
    return sum + power_of_ratio(abs(ratio), exponent<V>());
  }
  // With r = 1/m. Where that is 0, m was infinite; a sum of 0 is one of equal rows; a NaN of either stays.
  template <class V>
  WARPWEFT_HD V done(V sum, V r) const {
    const V value = select(sum > V(0.0f), root_of(sum, exponent<V>()) / r, sum * r);
    return select(r == V(0.0f), V(infinity), value);
  }
  template <class V>
  WARPWEFT_HD V partial(V diff, V value) const {
    const V ratio = ratio_to(value, diff), size = abs(ratio);
    const V part = select(size > V(0.0f), power_of_ratio(size, V(static_cast<float>(given.p - 1.0))), size);
    return select(value == V(0.0f), V(0.0f), select(ratio < V(0.0f), -part, part));
  }
};

}  // namespace warpweft::distance::WARPWEFT_ISA
