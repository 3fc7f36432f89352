// The score of a query and a key, from their inner product x: s = scale·x, or with a cap s = cap·tanh(scale·x/cap).
// ∂s/∂x = scale, or scale·(1 − (s/cap)²). A bias is added afterwards.
#pragma once
#include "attention/params.h"
#include "base/num.h"

namespace warpweft::attention::WARPWEFT_ISA {

template <class V, bool capped>
struct score {
  V scale, cap, slowed;

  explicit WARPWEFT_HD score(const score_params& p) : scale(p.scale), cap(p.softcap), slowed(capped ? p.scale / p.softcap : 0.0f) {}

  WARPWEFT_HD V value(V x) const {
    if constexpr (capped) return cap * tanh(slowed * x);
    return scale * x;
  }
  WARPWEFT_HD V slope(V value) const {
    if constexpr (!capped) return scale;
    const V share = value / cap;
    return scale * (V(1.0f) - share * share);
  }
};

// ALiBi: a key counts less the farther it is from the query.
template <class V>
WARPWEFT_HD V alibi(V slope, V position, V key) {
  return -(slope * abs(position - key));
}

}  // namespace warpweft::attention::WARPWEFT_ISA
