// z_ic = s x_i·w_c, p the softmax of the row: L_i = (1 − p_iy^q)/q, −ln p_iy at q = 0; comp-sum losses with τ = 1 + q.
// ∂L_i/∂z_ic = p_iy^q (p_ic − [c = y]).
// With q < 0 the loss grows as p_iy^q: q ln p_iy is held at 60, so that value and gradient stay finite.
// Source: Zhang, Sabuncu 2018 (arXiv 1805.07836); Mao et al. 2023 (arXiv 2304.07288).
#pragma once
#include "loss/ops/bends.h"
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct generalized_cross_entropy : scaled_softmax<generalized_cross_entropy>, generalized_cross_entropy_params {
  WARPWEFT_HD generalized_cross_entropy(const generalized_cross_entropy_params& p, bool)
      : scaled_softmax(p.scale), generalized_cross_entropy_params(p) {}

  // The row's factor is p_iy^q.
  template <class V>
  WARPWEFT_HD void done(const one_target<V>& t, part<V> (&parts)[2], V* saved) const {
    const softmax_row<V> row = t.finish();
    const V power = min(V(60.0f), row.value * V(-q));  // ln p_iy^q
    V value = row.value;
    if (q > 0.0f) value = one_less_exp(-power) * V(1.0f / q);
    if (q < 0.0f) value = one_less_exp(power) * exp(power) * V(-1.0f / q);
    parts[0] = one_term(value, row.found);
    save(row, exp(power) * V(by), saved);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
