// Q(i) are the negatives of row i, ln_i = ln Σ_Q(i) e^(m₋ − d_in). Of each positive pair (a, p):
// J = d_ap − m₊ + ln(e^(ln_a) + e^(ln_p)),  L_ap = [J]₊²/2. Similarities: m₊ − s and s − m₋ in the exponents.
// ∂L_ap/∂d_ap = [J]₊;  with A_i = Σ over the positive pairs that row i is in of [J]₊ e^(ln_i − L):  ∂/∂d_in = −A_i e^(m₋ − d_in − ln_i)
// Source: Song et al. 2016 (arXiv 1511.06452) as pytorch-metric-learning 2.8.1 has it (LiftedStructureLoss).
#pragma once
#include "loss/ops/hinge.h"
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct lifted_structure : row_loss, lifted_structure_params {
  static constexpr int fields = 2;  // ln_i; A_i, once it is known what each pair counts for
  static constexpr bool positives_last = true;
  static constexpr bool meets_other = true;

  WARPWEFT_HD lifted_structure(const lifted_structure_params& p, bool larger) : lifted_structure_params(p), sign(larger ? -1.0f : 1.0f) {}
  float sign;

  template <class V>
  struct state {
    log_sum<V> negatives;
    V lse = V(0.0f);  // ln_i, once it is known
    part<V> terms;
    V share = V(0.0f);  // A_i
  };
  template <class V>
  WARPWEFT_HD V push(V s) const {
    return V(sign) * (V(neg_margin) - s);
  }
  // ln(e^a + e^b), −∞ where both are.
  template <class V>
  static WARPWEFT_HD V both(V a, V b) {
    const V high = max(a, b), low = min(a, b);
    const V gap = select(low < V(lowest), V(lowest), low - high);
    return high + log1p(exp(gap));
  }
  // [J]₊
  template <class V>
  WARPWEFT_HD V open(V s, V own, V other) const {
    return hinge(V(sign) * (s - V(pos_margin)) + both(own, other));
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    t.negatives.add(push(s), counted);
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
  WARPWEFT_HD void positive(state<V>& t, V s, V other, mask_of<V> counted) const {
    const V j = open(s, t.lse, other);
    t.terms.add_term(j * j * V(0.5f), counted);
  }
  template <class V>
  WARPWEFT_HD void touch(state<V>& t, V s, V other, V scale, mask_of<V> counted) const {
    const V j = open(s, t.lse, other);
    const V share = select(j == V(0.0f), V(0.0f), scale * j * exp(t.lse - both(t.lse, other)));
    t.share = t.share + select(counted, share, V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void touched(const state<V>& t, V* saved) const {
    saved[1] = t.share;
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
    saved[1] = V(0.0f);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return V(-sign) * saved[1] * exp(push(s) - saved[0]);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s, V other) const {
    return V(sign) * open(s, saved[0], other);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
