// Of every triplet (a, p, n), β and m constants of all: [d_ap − β + m]₊ + [β − d_an + m]₊; a similarity the other way round.
// Counted by sums: an anchor's positives meet each of its negatives, so
//   L_a = n₋ Σ₊ [d_ap − β + m]₊ + n₊ Σ₋ [β − d_an + m]₊
// of 2 n₊ n₋ terms, two a triplet. ∂L_a/∂d_ap = n₋, ∂L_a/∂d_an = −n₊ where open.
// ∂L/∂β = −Σ w, w the weight of each pair: both hinges move against their score.
#pragma once
#include "loss/ops/hinge_sides.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct margin : hinge_sides<margin>, margin_params {
  static constexpr int fields = 2;   // n₋, n₊
  static constexpr int tensors = 1;  // beta
  static constexpr bool two_parts = false;

  WARPWEFT_HD margin(const margin_params& p, bool larger) : margin_params(p), sign(larger ? -1.0f : 1.0f) {}
  float sign;

  template <class V>
  WARPWEFT_HD V positive_hinge(V s) const {
    return V(sign) * (s - V(beta)) + V(margin_params::margin);
  }
  template <class V>
  WARPWEFT_HD V negative_hinge(V s) const {
    return V(sign) * (V(beta) - s) + V(margin_params::margin);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const part<V>&near = t.sides[0], &far = t.sides[1];
    parts[0].sum = near.sum * far.count + far.sum * near.count;
    parts[0].count = V(2.0f) * near.count * far.count;
    parts[0].non_zero = near.non_zero * far.count + far.non_zero * near.count;
    saved[0] = far.count;
    saved[1] = near.count;
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return V(sign) * hinge_slope(positive_hinge(s)) * saved[0];
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return V(-sign) * hinge_slope(negative_hinge(s)) * saved[1];
  }
  WARPWEFT_HD void tensor_gradients(double, double total, double* out) const { out[0] = -total; }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
