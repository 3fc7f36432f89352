// Each positive pair has a denominator of its own: itself and the anchor's negatives. With z = s/τ and ln_i = ln Σ₋ e^(z_in):
// L_ip = ln(e^(z_ip) + Σ₋ e^(z_in)) − z_ip = ln(1 + e^(ln_i − z_ip))
// ∂L_ip/∂s_ip = −u_ip/τ with u_ip = 1/(1 + e^(z_ip − ln_i));  ∂(Σ_p L_ip)/∂s_in = (Σ_p u_ip) e^(z_in − ln_i)/τ
// Source: Chen et al. 2020 (arXiv 2002.05709) as pytorch-metric-learning 2.8.1 has it (NTXentLoss).
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct nt_xent : row_loss, nt_xent_params {
  static constexpr int fields = 2;   // ln_i, Σ_p u_ip
  static constexpr int tensors = 1;  // temperature
  static constexpr bool positives_last = true;

  WARPWEFT_HD nt_xent(const nt_xent_params& p, bool) : nt_xent_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> negatives;
    V lse = V(0.0f);  // ln_i, once it is known
    part<V> terms;
    V share = V(0.0f);  // Σ_p u_ip
  };
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.negatives.add(s * V(inverse), counted);
  }
  template <class V>
  WARPWEFT_HD void negatives_done(const state<V>& t, V* saved) const {
    saved[0] = t.negatives.value_less(V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void resume(state<V>& t, const V* saved) const {
    t.lse = saved[0];
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    const V gap = t.lse - s * V(inverse), value = softplus(gap);
    t.terms.add_term(value, counted);
    t.share = t.share + select(counted, exp(gap - value), V(0.0f));
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.negatives.join(other.negatives);
    t.terms.add(other.terms);
    t.share = t.share + other.share;
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    parts[0] = t.terms;
    saved[1] = t.share;
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return saved[1] * exp(s * V(inverse) - saved[0]) * V(inverse);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    const V gap = saved[0] - s * V(inverse);
    return exp(gap - softplus(gap)) * V(-inverse);
  }
  WARPWEFT_HD void tensor_gradients(double along, double, double* out) const { out[0] = -along / static_cast<double>(temperature); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
