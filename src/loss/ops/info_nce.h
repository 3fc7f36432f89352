// z_ij = s_ij/τ + ln w_j,  L_i = ln Σ_j e^(z_ij) − z_it, t the anchor's own candidate. With focal γ: L_i · q^γ, q = 1 − p_it.
// ∂L_i/∂s_ij = p_ij/τ with p the softmax of the row; for t it is −q/τ; both times q^γ where that counts as a constant, and
// where its gradient flows too times q^γ + γ q^(γ − 1) p_it L_i = q^γ (1 + γ p_it L_i/q); L_i/q is 1 in the limit of q = 0.
// ∂L/∂τ = −(1/τ) Σ_ij s_ij ∂L/∂s_ij
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct info_nce : scaled_softmax<info_nce>, info_nce_params {
  static constexpr bool has_directions = true;
  static constexpr int tensors = 1;  // temperature
  static constexpr bool has_beside = true;

  WARPWEFT_HD info_nce(const info_nce_params& p, bool) : scaled_softmax(1.0f / p.temperature), info_nce_params(p) {}

  static constexpr int attached = 1;  // of focal_gradient
  // 1 + γ p L/q
  template <class V>
  WARPWEFT_HD V slope_of_power(const softmax_row<V>& row) const {
    const mask_of<V> some = row.not_target > V(0.0f);
    const V ratio = select(some, row.value / select(some, row.not_target, V(1.0f)), V(1.0f));
    return V(1.0f) + V(focal) * (V(1.0f) - row.not_target) * ratio;
  }
  // An anchor without candidate has no term, but counts.
  template <class V>
  WARPWEFT_HD void done(const one_target<V>& t, part<V> (&parts)[2], V* saved) const {
    const softmax_row<V> row = t.finish();
    const V power = focal > 0.0f ? exp(V(focal) * log(row.not_target)) : V(1.0f);
    parts[0] = one_term(row.value * power, V(1.0f));
    const V factor = focal > 0.0f && focal_gradient == attached ? power * slope_of_power(row) : power;
    save(row, factor * V(by), saved);
  }
  WARPWEFT_HD void tensor_gradients(double along, double, double* out) const { out[0] = -along / static_cast<double>(temperature); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
