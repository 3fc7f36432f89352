// Cosines of angles that a margin opens.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

// sin θ for cos θ = c; a cosine that rounding left above 1 is 1.
template <class V>
WARPWEFT_HD V sine_of(V c) {
  return sqrt(max(V(0.0f), (V(1.0f) - c) * (V(1.0f) + c)));
}
template <class V>
WARPWEFT_HD V within_one(V c, float limit) {
  return max(V(-limit), min(V(limit), c));
}

// cos(θ + m) of c = cos θ
template <class V>
WARPWEFT_HD V opened(V c, V cos_m, V sin_m) {
  const V inside = within_one(c, 1.0f);
  return inside * cos_m - sine_of(inside) * sin_m;
}
// ∂cos(θ + m)/∂c = cos m + sin m · c/sin θ, infinite where |c| = 1: taken where it is 1 − 1e-7.
template <class V>
WARPWEFT_HD V opened_slope(V c, V cos_m, V sin_m) {
  const V inside = within_one(c, 1.0f - 1e-7f);
  return cos_m + sin_m * (inside / sine_of(inside));
}

}  // namespace warpweft::loss::WARPWEFT_ISA
