// z_ij = s_ij/τ over all pairs of the row, P its positives: L_i = ln Σ_j e^(z_ij) − mean_P z_ip. With lp = ln Σ_P e^z and ln = ln Σ_Q e^z
// L_i = ln(1 + e^(ln − lp)) + (lp − mean_P z): of a single positive the second part is 0, and nothing is left of large logits.
// ∂L_i/∂s_ij = (p_ij − [j ∈ P]/|P|)/τ with p the softmax of the row; a row without positives has none.
// Source: Khosla et al. 2020 (arXiv 2004.11362) and the authors' code (HobbitLong/SupContrast).
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct sup_con : row_loss, sup_con_params {
  static constexpr int fields = 4;   // m, 1/Σ_j e^(z_j − m), 1/|P|, 1 − p of a single positive
  static constexpr int tensors = 1;  // temperature

  WARPWEFT_HD sup_con(const sup_con_params& p, bool) : sup_con_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> positives, negatives;
    V count = V(0.0f), total = V(0.0f);  // |P|, Σ_P z
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    const V z = s * V(inverse);
    t.positives.add(z, counted);
    t.count = t.count + select(counted, V(1.0f), V(0.0f));
    t.total = t.total + select(counted, z, V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.negatives.add(s * V(inverse), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.positives.join(other.positives);
    t.negatives.join(other.negatives);
    t.count = t.count + other.count;
    t.total = t.total + other.total;
  }
  // A row without positives counts, as 0.
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const mask_of<V> any_positive = t.count > V(0.0f), single = t.count == V(1.0f);
    const V share = V(1.0f) / max(t.count, V(1.0f)), mean = t.total * share;
    const V spread = select(single, V(0.0f), t.positives.value_less(mean));
    const V gap = t.negatives.value_less(mean) - spread, rest = softplus(gap);
    parts[0] = one_term(select(any_positive, rest + spread, V(0.0f)), V(1.0f));
    const V top = max(t.positives.top, t.negatives.top);
    const V sum = t.positives.sum * exp(t.positives.top - top) + t.negatives.sum * exp(t.negatives.top - top);
    saved[0] = top;
    saved[1] = select(any_positive, V(1.0f) / sum, V(0.0f));
    saved[2] = select(any_positive, share, V(0.0f));
    saved[3] = select(single, exp(gap - rest), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return exp(s * V(inverse) - saved[0]) * saved[1] * V(inverse);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    const V p = exp(s * V(inverse) - saved[0]) * saved[1];
    return select(saved[2] == V(1.0f), -saved[3], p - saved[2]) * V(inverse);
  }
  WARPWEFT_HD void tensor_gradients(double along, double, double* out) const { out[0] = -along / static_cast<double>(temperature); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
