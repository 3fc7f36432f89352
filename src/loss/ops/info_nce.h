// L_i = ln Σ_j e^(s_ij/τ) − s_it/τ, t the anchor's own candidate.
// ∂L_i/∂s_ij = p_ij/τ with p the softmax of the row; for t it is −(1 − p_it)/τ, and 1 − p is taken from the sum of the others.
// ∂L/∂τ = −(1/τ) Σ_ij s_ij ∂L/∂s_ij
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct info_nce : info_nce_params {
  static constexpr int fields = 3;  // m, 1/Σ_j e^(z_j − m), 1 − p_it
  static constexpr bool term_is_pair = false;
  static constexpr bool by_position = true;
  static constexpr bool has_temperature = true;

  WARPWEFT_HD info_nce(const info_nce_params& p, bool) : info_nce_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> others;
    V target = V(0.0f), found = V(0.0f);
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    t.target = select(counted, s * V(inverse), t.target);
    t.found = select(counted, V(1.0f), t.found);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.others.add(s * V(inverse), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.others.join(other.others);
    t.target = select(other.found > V(0.0f), other.target, t.target);
    t.found = max(t.found, other.found);
  }
  // With g = ln Σ_{j≠t} e^z − z_t:  L = ln(1 + e^g),  1 − p = e^(g − L). Large logits only meet as differences.
  // An anchor without candidate has no term.
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V gap = t.others.value_less(t.target);
    const V high = max(V(0.0f), gap), low = min(V(0.0f), gap);
    const V value = select(gap == gap, high + log1p(exp(low - high)), gap);
    const mask_of<V> has = t.found > V(0.0f);
    parts[0].sum = select(has, value, V(0.0f));
    parts[0].count = V(1.0f);
    parts[0].non_zero = select(parts[0].sum > V(0.0f), V(1.0f), V(0.0f));
    const V top = max(t.others.top, t.target);
    saved[0] = top;
    saved[1] = select(has, V(1.0f) / (t.others.sum * exp(t.others.top - top) + exp(t.target - top)), V(0.0f));
    saved[2] = select(has, exp(gap - value), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return exp(s * V(inverse) - saved[0]) * saved[1] * V(inverse);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V) const {
    return saved[2] * V(-inverse);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
