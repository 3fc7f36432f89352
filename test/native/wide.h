// The scalar vocabulary over float64, so that functors can be evaluated where rounding does not matter.
// Included before any functor: their unqualified words are looked up where they are written.
#pragma once
#include <cmath>

#include "base/num.h"

namespace warpweft {

template <>
struct vocabulary<double> {
  using mask = bool;
};
inline double select(bool m, double yes, double no) { return m ? yes : no; }
inline double max(double a, double b) { return a > b ? a : b; }
inline double min(double a, double b) { return a < b ? a : b; }
inline double abs(double a) { return ::fabs(a); }
inline double sqrt(double a) { return ::sqrt(a); }
inline double exp(double a) { return ::exp(a); }
inline double log(double a) { return ::log(a); }
inline double log1p(double a) { return ::log1p(a); }
inline double sign_of(double a) { return a > 0 ? 1 : a < 0 ? -1 : a; }
inline double max_or_nan(double a, double b) { return a < b || b != b ? b : a; }
inline double power_of_ratio(double a, double p) { return ::pow(a, p); }
inline double fma(double a, double b, double c) { return ::fma(a, b, c); }

}  // namespace warpweft
