// L_i = [ln Σ₊ e^(d − m₊) + ln Σ₋ e^(m₋ − d)]₊; a side without pairs adds 0. Similarities: m₊ − s and s − m₋ in the exponents.
// ∂L_i/∂d = softmax₊(d) on positives, −softmax₋(−d) on negatives where the sum is above 0.
// Source: Hermans et al. 2017 (arXiv 1703.07737) as pytorch-metric-learning 2.8.1 has it (GeneralizedLiftedStructureLoss).
#pragma once
#include "loss/ops/two_log_sums.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct generalized_lifted : two_log_sums<generalized_lifted>, generalized_lifted_params {
  WARPWEFT_HD generalized_lifted(const generalized_lifted_params& p, bool larger)
      : generalized_lifted_params(p), sign(larger ? -1.0f : 1.0f) {}
  float sign;

  template <class V>
  WARPWEFT_HD V pull(V s) const {
    return V(sign) * (s - V(pos_margin));
  }
  template <class V>
  WARPWEFT_HD V push(V s) const {
    return V(sign) * (V(neg_margin) - s);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V zero(0.0f);
    const V lp = select(t.pos.empty(), zero, t.pos.value_less(zero)), ln = select(t.neg.empty(), zero, t.neg.value_less(zero));
    const V sum = lp + ln;
    const mask_of<V> closed = sum <= zero;
    parts[0] = one_term(select(closed, zero, sum), V(1.0f));
    save(lp, ln, closed, saved);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return V(sign) * exp(pull(s) - saved[0]);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return V(-sign) * exp(push(s) - saved[1]);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
