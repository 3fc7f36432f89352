// The small maths vocabulary for scalars. src/cpu/isa/vec.h says the same words for vectors, so that one functor serves both.
#pragma once
#include <cmath>

#include "base/hd.h"

namespace warpweft {

template <class V>
struct vocabulary;
template <>
struct vocabulary<float> {
  using mask = bool;
};
template <class V>
using mask_of = typename vocabulary<V>::mask;

WARPWEFT_HD bool any(bool m) { return m; }
WARPWEFT_HD float select(bool m, float yes, float no) { return m ? yes : no; }
// NaN rule of the x86 instruction: the second operand is returned when either is NaN.
WARPWEFT_HD float max(float a, float b) { return a > b ? a : b; }
WARPWEFT_HD float min(float a, float b) { return a < b ? a : b; }
WARPWEFT_HD float abs(float a) { return ::fabsf(a); }
WARPWEFT_HD float sqrt(float a) { return ::sqrtf(a); }
WARPWEFT_HD float exp(float a) { return ::expf(a); }
WARPWEFT_HD float log(float a) { return ::logf(a); }
WARPWEFT_HD float log1p(float a) { return ::log1pf(a); }
WARPWEFT_HD float fma(float a, float b, float c) { return ::fmaf(a, b, c); }

// Stands in for −∞ in running maxima: (−inf) − (−inf) would be NaN in a row that has seen nothing.
constexpr float lowest = -1e30f;

}  // namespace warpweft
