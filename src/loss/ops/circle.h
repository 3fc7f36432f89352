// a₊ = [1 + m − s]₊, a₋ = [s + m]₊;  z₊ = −γ a₊ (s − (1 − m)), z₋ = γ a₋ (s − m)
// L_i = ln(1 + Σ₊ e^(z₊) · Σ₋ e^(z₋)), 0 for a row without either. With lp, ln the logarithms of the sums and σ = 1/(1 + e^(−lp − ln)):
// ∂L_i/∂s = σ e^(z₊ − lp) ∂z₊/∂s on positives, likewise on negatives. With constant a: ∂z₊/∂s = −γ a₊, ∂z₋/∂s = γ a₋;
// attached: −γ (2 − 2 s) where a₊ > 0, γ 2 s where a₋ > 0.
// Source: Sun et al. 2020 (arXiv 2002.10857) as pytorch-metric-learning 2.8.1 has it (CircleLoss).
#pragma once
#include "loss/ops/hinge.h"
#include "loss/ops/two_log_sums.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct circle : two_log_sums<circle>, circle_params {
  static constexpr int fields = 3;  // lp, ln, ln σ

  WARPWEFT_HD circle(const circle_params& p, bool) : circle_params(p) {}

  template <class V>
  WARPWEFT_HD V pull_factor(V s) const {
    return hinge(V(1.0f + relaxation) - s);
  }
  template <class V>
  WARPWEFT_HD V push_factor(V s) const {
    return hinge(s + V(relaxation));
  }
  template <class V>
  WARPWEFT_HD V pull(V s) const {
    return V(-gamma) * pull_factor(s) * (s - V(1.0f - relaxation));
  }
  template <class V>
  WARPWEFT_HD V push(V s) const {
    return V(gamma) * push_factor(s) * (s - V(relaxation));
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const mask_of<V> skipped = t.pos.empty() || t.neg.empty();
    const V zero(0.0f), lp = select(skipped, zero, t.pos.value_less(zero)), ln = select(skipped, zero, t.neg.value_less(zero));
    const V value = softplus(lp + ln);
    parts[0] = one_term(select(skipped, zero, value), V(1.0f));
    save(lp, ln, skipped, saved);
    saved[2] = lp + ln - value;
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    const V a = pull_factor(s);
    const V slope = attached ? select(a > V(0.0f), V(2.0f) - (s + s), V(0.0f)) : a;
    return V(-gamma) * slope * exp(pull(s) - saved[0] + saved[2]);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    const V a = push_factor(s);
    const V slope = attached ? select(a > V(0.0f), s + s, V(0.0f)) : a;
    return V(gamma) * slope * exp(push(s) - saved[1] + saved[2]);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
