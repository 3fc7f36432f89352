// [v]₊ and its slope.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

// A NaN stays.
template <class V>
WARPWEFT_HD V hinge(V v) {
  return select(v <= V(0.0f), V(0.0f), v);
}
// 0 at the kink.
template <class V>
WARPWEFT_HD V hinge_slope(V v) {
  return select(v > V(0.0f), V(1.0f), V(0.0f));
}

}  // namespace warpweft::loss::WARPWEFT_ISA
