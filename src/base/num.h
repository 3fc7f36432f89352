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
WARPWEFT_HD float tanh(float a) { return ::tanhf(a); }
WARPWEFT_HD float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
// −1, 0 or 1; a NaN stays.
WARPWEFT_HD float sign_of(float a) { return ::fabsf(a) > 0.0f ? ::copysignf(1.0f, a) : a; }
// The larger of two numbers that are not negative, NaN where either is.
WARPWEFT_HD float max_or_nan(float a, float b) {
#if defined(__CUDA_ARCH__)
  const int i = __float_as_int(a), j = __float_as_int(b);  // the bits of a NaN are above those of infinity
  return __int_as_float(i > j ? i : j);
#else
  return a < b || b != b ? b : a;
#endif
}
// a^p for 0 ≤ a ≤ 1, or a little above; what it makes of other numbers is not said. Vectors: 0 below 2⁻¹²⁶.
WARPWEFT_HD float power_of_ratio(float a, float p) { return ::exp2f(p * ::log2f(a)); }

// Stands in for −∞ in running maxima: (−inf) − (−inf) would be NaN in a row that has seen nothing.
constexpr float lowest = -1e30f;
constexpr float least_normal = 1.17549435e-38f;  // not every instruction set has smaller ones

}  // namespace warpweft
