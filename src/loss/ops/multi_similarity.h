// L_i = ln(1 + Σ₊ e^(−α(s − λ)))/α + ln(1 + Σ₋ e^(β(s − λ)))/β
// ∂L_i/∂s = −e^(−α(s − λ) − lp) on positives, e^(β(s − λ) − ln) on negatives, lp and ln being the two logarithms.
// Source: Wang et al. 2019 (arXiv 1904.06627) and the authors' code, which skips a row with an empty side.
#pragma once
#include "loss/ops/two_log_sums.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct multi_similarity : two_log_sums<multi_similarity>, multi_similarity_params {
  WARPWEFT_HD multi_similarity(const multi_similarity_params& p, bool) : multi_similarity_params(p) {}

  template <class V>
  WARPWEFT_HD V pull(V s) const {
    return V(-alpha) * (s - V(base));
  }
  template <class V>
  WARPWEFT_HD V push(V s) const {
    return V(beta) * (s - V(base));
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V lp = t.pos.value_with_one(), ln = t.neg.value_with_one();
    const V value = lp / V(alpha) + ln / V(beta);
    const V ignored = V(skip_if_either_empty ? 1.0f : 0.0f);
    const mask_of<V> skipped = (t.pos.empty() || t.neg.empty()) && ignored > V(0.0f);
    parts[0] = one_term(select(skipped, V(0.0f), value), V(1.0f));
    save(lp, ln, skipped, saved);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return -exp(pull(s) - saved[0]);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return exp(push(s) - saved[1]);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
