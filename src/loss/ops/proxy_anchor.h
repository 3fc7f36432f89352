// A proxy c is an anchor, the batch its candidates: ln(1 + Σ₊ e^(−α(s − δ))), averaged over the classes that the batch has,
// plus ln(1 + Σ₋ e^(α(s + δ))), averaged over all classes.
// ∂/∂s = −α e^(−α(s − δ) − lp) on positives, α e^(α(s + δ) − ln) on negatives, lp and ln being the two logarithms.
// Source: Kim et al. 2020 (arXiv 2003.13911) and the authors' code (tjddus9597/Proxy-Anchor-CVPR2020).
#pragma once
#include "loss/ops/two_log_sums.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct proxy_anchor : two_log_sums<proxy_anchor>, proxy_anchor_params {
  static constexpr bool two_parts = true;

  WARPWEFT_HD proxy_anchor(const proxy_anchor_params& p, bool) : proxy_anchor_params(p) {}

  template <class V>
  WARPWEFT_HD V pull(V s) const {
    return V(-alpha) * (s - V(margin));
  }
  template <class V>
  WARPWEFT_HD V push(V s) const {
    return V(alpha) * (s + V(margin));
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    saved[0] = t.pos.value_with_one();
    saved[1] = t.neg.value_with_one();
    parts[0] = one_term(saved[0], select(t.pos.empty(), V(0.0f), V(1.0f)));
    parts[1] = one_term(saved[1], V(1.0f));
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return V(-alpha) * exp(pull(s) - saved[0]);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return V(alpha) * exp(push(s) - saved[1]);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
