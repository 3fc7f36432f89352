// The radial part of expMap0: a row of length n is mapped to φ(n) x, with φ = ρ(n)/n and
//   ρ(n) = min(tanh(√c m)/√c, (1 − 1e-3)/√c),   m = n min(1, clip/(n + 1e-5))
// so its gradient is φ g + (φ'(n)/n) (g·x) x with φ' = (ρ' − φ)/n.
#pragma once
#include <cmath>

#include "base/hd.h"

namespace warpweft::distance {

struct radial {
  double factor;  // φ
  double bend;    // φ'/n
};

WARPWEFT_HD radial exp_map_radius(double norm, double curvature, double clip) {
  constexpr double smallest = 1e-12, guard = 1e-5, border = 1.0 - 1e-3;
  const double root = ::sqrt(curvature);
  const bool clipped = norm + guard > clip;
  const double slope = clipped ? clip * guard / ((norm + guard) * (norm + guard)) : 1.0;  // dm/dn
  if (norm < smallest) return {clipped ? clip / (norm + guard) : 1.0, 0.0};
  const double inner = clipped ? norm * clip / (norm + guard) : norm;
  const double tanh = ::tanh(root * inner);
  const bool outside = tanh > border;
  const double length = (outside ? border : tanh) / root, along = outside ? 0.0 : (1.0 - tanh * tanh) * slope;
  const double factor = length / norm;
  return {factor, (along - factor) / (norm * norm)};
}

}  // namespace warpweft::distance
