// The negative pairs of a batch join the softmax of each of its rows: with A = ln Σ e^(s S_ab) over those that are kept,
// z_ic = s c_ic, z_iy = s cos(θ_iy + m) or s (c_iy − m):  L_i = ln(Σ_c e^(z_ic) + e^A) − z_iy.
// ∂L_i/∂c_ic as of a softmax with one more logit, whose share p_iA = e^A/(Σ_c e^(z_ic) + e^A) is ∂L_i/∂A. The row is given A.
// Source: Jung et al. 2022 (arXiv 2203.11593), Jung-Jun-Uk/UNPG.
#pragma once
#include "loss/ops/angle.h"
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct unified_negative_pairs : scaled_softmax<unified_negative_pairs, 1>, unified_negative_pairs_params {
  static constexpr int fields = 5;  // A, those of the softmax, p_iA
  static constexpr int given = 1;

  WARPWEFT_HD unified_negative_pairs(const unified_negative_pairs_params& p, bool)
      : scaled_softmax(p.scale), unified_negative_pairs_params(p), cos_m(::cosf(p.margin)), sin_m(::sinf(p.margin)) {}
  float cos_m, sin_m;

  template <class V>
  struct state : one_target<V> {
    V pairs = V(lowest);
  };
  template <class V>
  WARPWEFT_HD void resume(state<V>& t, const V* saved) const {
    t.pairs = saved[0];
  }
  template <class V>
  WARPWEFT_HD V moved(V c) const {
    return base == 1 ? c - V(margin) : opened(c, V(cos_m), V(sin_m));
  }
  template <class V>
  WARPWEFT_HD V moved_slope(V c) const {
    return base == 1 ? V(1.0f) : opened_slope(c, V(cos_m), V(sin_m));
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    one_target<V> whole = t;
    const mask_of<V> none = t.pairs <= V(lowest);
    whole.add_other(t.pairs, !none);
    const softmax_row<V> row = whole.finish();
    parts[0] = one_term(row.value, row.found);
    save(row, V(by), saved);
    saved[4] = select(none, V(0.0f), exp(t.pairs - row.top) * row.inverse);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
