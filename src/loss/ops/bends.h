// Functions that bend to a limit, without the differences of nearly equal numbers that their textbook forms have.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

// 1 − e^(−x) for x ≥ 0. Near 0: with u = e^(−x) as rounded, 1 − u is exact and x/(−ln u) is how far the rounding moved it.
template <class V>
WARPWEFT_HD V one_less_exp(V x) {
  const V u = exp(-x);
  const mask_of<V> same = u == V(1.0f), near = u > V(0.5f) && !same;
  const V left = V(1.0f) - u;
  return select(same, x, select(near, left * (x / -log(select(near, u, V(0.5f)))), left));
}

// tanh u and its slope 1 − tanh² u
template <class V>
struct bent {
  V value, slope;
};
template <class V>
WARPWEFT_HD bent<V> bend(V u) {
  const V twice = abs(u) + abs(u), left = one_less_exp(twice), e = exp(-twice), whole = V(1.0f) + e;
  const V size = left / whole;
  return {select(u < V(0.0f), -size, size), V(4.0f) * e / (whole * whole)};
}

}  // namespace warpweft::loss::WARPWEFT_ISA
