// z = s/τ, p the row's positive, Q its n negatives:
// R = n Σ_Q e^((1 + β) z) / Σ_Q e^(β z),  N = max((R − τ₊ n e^(z_p))/(1 − τ₊), n e^(−1/τ)),  L_i = ln(1 + N/e^(z_p))
// In logarithms, with a = ln Σ_Q e^((1 + β) z), b = ln Σ_Q e^(β z), ρ = a − b − z_p and u = τ₊ e^(−ρ):
// ln(N/e^(z_p)) = G = ln n + max(ρ + ln(1 − u) − ln(1 − τ₊), −1/τ − z_p), the first where u < 1;  L_i = ln(1 + e^G)
// ∂L_i/∂G = q = e^(G − L). Where the first holds, κ = q/(1 − u): ∂L_i/∂z_p = −κ, ∂L_i/∂z_n = κ ((1 + β) e^((1 + β) z − a) − β e^(βz − b)).
// Else ∂L_i/∂z_p = −q and ∂L_i/∂(1/τ) has −q more: Σ_j w is −q/τ then and 0 otherwise, so that ∂L/∂τ = −(Σ w s + Σ w)/τ.
// Source: Robinson et al. 2021 (arXiv 2010.04592) and the authors' code (joshr17/HCL).
#pragma once
#include "loss/ops/log_sum.h"
#include "loss/ops/row_loss.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct hard_negative_contrastive : row_loss, hard_negative_contrastive_params {
  static constexpr int fields = 4;   // a, b, κ or 0, −∂L/∂z_p
  static constexpr int tensors = 1;  // temperature

  WARPWEFT_HD hard_negative_contrastive(const hard_negative_contrastive_params& p, bool)
      : hard_negative_contrastive_params(p), inverse(1.0f / p.temperature) {}
  float inverse;

  template <class V>
  struct state {
    log_sum<V> hard, weights;
    V count = V(0.0f), target = V(0.0f), found = V(0.0f);
  };
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, mask_of<V> counted) const {
    t.target = select(counted, s * V(inverse), t.target);
    t.found = select(counted, V(1.0f), t.found);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, mask_of<V> counted) const {
    const V z = s * V(inverse);
    t.hard.add(z * V(1.0f + beta), counted);
    t.weights.add(z * V(beta), counted);
    t.count = t.count + select(counted, V(1.0f), V(0.0f));
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.hard.join(other.hard);
    t.weights.join(other.weights);
    t.count = t.count + other.count;
    t.target = select(other.found > V(0.0f), other.target, t.target);
    t.found = max(t.found, other.found);
  }
  // A row without its other view has no term.
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const V zero(0.0f), one(1.0f);
    const mask_of<V> has = t.found > zero, alone = t.count == zero;
    const V ln_n = log(max(t.count, one)), a = select(alone, zero, t.hard.value_less(zero));
    // Adding the same number again and again would round it the same way again and again.
    const V b = beta > 0.0f ? select(alone, zero, t.weights.value_less(zero)) : ln_n;
    const V rho = a - b - t.target;
    const V u = V(tau_plus) * exp(min(-rho, V(80.0f)));
    const mask_of<V> below = u < one;
    const V estimate = rho + log1p(select(below, -u, zero)) - V(log1p(-tau_plus)), least = V(-inverse) - t.target;
    const mask_of<V> held = !below || estimate <= least;
    const V gap = ln_n + select(held, least, estimate);
    const V value = softplus(gap), q = exp(gap - value);
    const mask_of<V> counts = has && !alone;
    parts[0] = one_term(select(counts, value, zero), select(has, one, zero));
    const V kappa = q / select(held, one, one - u);
    saved[0] = a;
    saved[1] = b;
    saved[2] = select(counts && !held, kappa, zero);
    saved[3] = select(counts, kappa, zero);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    const V z = s * V(inverse);
    const V hard = V(1.0f + beta) * exp(z * V(1.0f + beta) - saved[0]), weight = V(beta) * exp(z * V(beta) - saved[1]);
    return saved[2] * (hard - weight) * V(inverse);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V) const {
    return saved[3] * V(-inverse);
  }
  WARPWEFT_HD void tensor_gradients(double along, double total, double* out) const {
    out[0] = -(along + total) / static_cast<double>(temperature);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
