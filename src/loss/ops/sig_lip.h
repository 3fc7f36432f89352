// z_ij = t s_ij + b,  L_i = ln(1 + e^(−z_ii)) + Σ_{j≠i} ln(1 + e^(z_ij))
// ∂L_i/∂z_ij = 1/(1 + e^(−z_ij)) − [j = i];  ∂/∂s = t ∂/∂z, ∂L/∂t = Σ s ∂L/∂z, ∂L/∂b = Σ ∂L/∂z
// Source: Zhai et al. 2023 (arXiv 2303.15343).
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct sig_lip : row_loss, sig_lip_params {
  static constexpr int fields = 0;
  static constexpr int tensors = 2;  // scale, bias

  WARPWEFT_HD sig_lip(const sig_lip_params& p, bool) : sig_lip_params(p) {}

  template <class V>
  struct state {
    V sum = V(0.0f);
  };
  template <class V>
  WARPWEFT_HD V logit(V s) const {
    return s * V(scale) + V(bias);
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    t.sum = t.sum + select(counted, softplus(-logit(s)), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.sum = t.sum + select(counted, softplus(logit(s)), V(0.0f));
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.sum = t.sum + other.sum;
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V*) const {
    parts[0] = one_term(t.sum, V(1.0f));
  }
  // 1/(1 + e^(−z))
  template <class V>
  static WARPWEFT_HD V sigmoid(V z) {
    return exp(z - softplus(z));
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V*, V s) const {
    return V(-scale) * sigmoid(-logit(s));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V*, V s) const {
    return V(scale) * sigmoid(logit(s));
  }
  WARPWEFT_HD void tensor_gradients(double along, double total, double* out) const {
    out[0] = along / static_cast<double>(scale);
    out[1] = total / static_cast<double>(scale);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
