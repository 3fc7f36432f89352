// z_ij = s_ij/τ,  L_i = ln Σ_j g_ij e^(z_ij) − z_it, g the pair's weight: the positive t is in the sum only where its own is above 0.
// With p_ij = g_ij e^(z_ij)/Σ: ∂L_i/∂s_ij = (p_ij − [j = t])/τ, ∂L_i/∂g_ij = e^(z_ij)/Σ. A row whose weights are all 0 is skipped.
// The positive is kept apart from the others, so that 1 − p_it is not a difference of numbers near one.
// Source: Yu et al. (MEOW, AdaMEOW), the authors' code (jianxiangyu/MEOW).
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct weighted_negatives : row_loss, weighted_negatives_params {
  static constexpr int fields = 2;   // ln Σ_j g_j e^(z_j), 1 − p_t, 0 for a row that does not count
  static constexpr int tensors = 1;  // temperature
  static constexpr bool has_beside = true;
  static constexpr bool weighs_pairs = true;

  WARPWEFT_HD weighted_negatives(const weighted_negatives_params& p, bool) : weighted_negatives_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> others;
    V target = V(0.0f), found = V(0.0f);
    V own = V(lowest);  // z_t + ln g_t
  };
  // ln g of a weight 0 is −∞, which no sum takes in.
  template <class V>
  static WARPWEFT_HD mask_of<V> weighs(V log_weight) {
    return !(log_weight < V(lowest));
  }
  WARPWEFT_HD float beside_slope() const { return inverse; }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, V log_weight, mask_of<V> counted) const {
    const V z = s * V(inverse);
    t.own = select(counted && weighs(log_weight), z + log_weight, t.own);
    t.target = select(counted, z, t.target);
    t.found = select(counted, V(1.0f), t.found);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, V log_weight, mask_of<V> counted) const {
    t.others.add(s * V(inverse) + log_weight, counted && weighs(log_weight));
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.others.join(other.others);
    t.target = select(other.found > V(0.0f), other.target, t.target);
    t.own = select(other.found > V(0.0f), other.own, t.own);
    t.found = max(t.found, other.found);
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V zero(0.0f);
    log_sum<V> all = t.others;
    all.add(t.own, !(t.own <= V(lowest)));
    const mask_of<V> counts = t.found > zero && !all.empty();
    parts[0] = one_term(select(counts, all.value_less(t.target), zero), select(counts, V(1.0f), zero));
    // A row that does not count weighs nothing: e^(z − ∞) = 0.
    saved[0] = select(counts, all.value_less(zero), V(__builtin_inff()));
    saved[1] = select(counts, t.others.sum * exp(t.others.top - all.top) / select(counts, all.sum, V(1.0f)), zero);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s, V log_weight) const {
    return select(weighs(log_weight), exp(s * V(inverse) + log_weight - saved[0]) * V(inverse), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V, V) const {
    return saved[1] * V(-inverse);
  }
  // ∂(term)/∂g
  template <class V>
  WARPWEFT_HD V pair_slope(const V* saved, V s) const {
    return exp(s * V(inverse) - saved[0]);
  }
  WARPWEFT_HD void tensor_gradients(double along, double, double* out) const { out[0] = -along / static_cast<double>(temperature); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
