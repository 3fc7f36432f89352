// L_i = ln Σ_j e^(s_ij/τ) − s_it/τ, t the anchor's own candidate.
// ∂L_i/∂s_ij = (p_ij − [j = t])/τ with p the softmax of the row.   ∂L/∂τ = −(1/τ) Σ_ij s_ij ∂L/∂s_ij
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct info_nce : info_nce_params {
  static constexpr int fields = 1;  // ln Σ e^z
  static constexpr bool term_is_pair = false;
  static constexpr bool has_temperature = true;

  info_nce(const info_nce_params& p, bool) : info_nce_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> all;
    V target = V(0.0f), found = V(0.0f);
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    const V z = s * V(inverse);
    t.all.add(z, counted);
    t.target = select(counted, z, t.target);
    t.found = select(counted, V(1.0f), t.found);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.all.add(s * V(inverse), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.all.join(other.all);
    t.target = select(other.found > V(0.0f), other.target, t.target);
    t.found = max(t.found, other.found);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V lse = t.all.value();
    const mask_of<V> has = t.found > V(0.0f);
    parts[0].sum = select(has, lse - t.target, V(0.0f));
    parts[0].count = V(1.0f);
    parts[0].non_zero = select(parts[0].sum > V(0.0f), V(1.0f), V(0.0f));
    saved[0] = lse;
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return exp(fma(s, V(inverse), -saved[0])) * V(inverse);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return negative_weight(saved, s) - V(inverse);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
