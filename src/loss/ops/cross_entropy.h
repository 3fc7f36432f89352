// u_ic = s x_i·w_c + bias_c,  z = cap tanh(u/cap), u itself without a cap,  p the softmax of the row, lse_i = ln Σ_c e^(z_ic):
// L_i = (1 − ε)(lse_i − z_iy) + ε (lse_i − mean_c z_ic) + ζ lse_i²
// ∂L_i/∂z_ic = p_ic (1 + 2 ζ lse_i) − ε/C − (1 − ε)[c = y],  ∂z/∂u = 1 − tanh²
// Source: Wijmans et al. 2024 (arXiv 2411.09009), apple/ml-cross-entropy.
#pragma once
#include "loss/ops/bends.h"
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct cross_entropy : scaled_softmax<cross_entropy>, cross_entropy_params {
  static constexpr int fields = 4;  // m, (1 + 2 ζ lse)/Σ_c e^(z_c − m), ε/C, ∂L/∂z of the target
  static constexpr bool has_beside = true;
  static constexpr bool has_filter = true;

  WARPWEFT_HD cross_entropy(const cross_entropy_params& p, bool) : scaled_softmax(p.scale), cross_entropy_params(p) {}

  template <class V>
  struct state : one_target<V> {
    V total = V(0.0f), classes = V(0.0f);  // of the logits, and how many
  };
  template <class V>
  WARPWEFT_HD V logit(V s, V beside) const {
    const V u = scaled_softmax::logit(s, beside);
    return softcap > 0.0f ? bend(u * V(1.0f / softcap)).value * V(softcap) : u;
  }
  // ∂z/∂s
  template <class V>
  WARPWEFT_HD V slope(V s, V beside) const {
    if (!(softcap > 0.0f)) return V(by);
    return bend(scaled_softmax::logit(s, beside) * V(1.0f / softcap)).slope * V(by);
  }
  template <class V>
  WARPWEFT_HD void count(state<V>& t, V z, mask_of<V> counted) const {
    t.total = t.total + select(counted, z, V(0.0f));
    t.classes = t.classes + select(counted, V(1.0f), V(0.0f));
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V s, V beside, mask_of<V> counted) const {
    const V z = logit(s, beside);
    t.set_target(z, counted);
    if (label_smoothing > 0.0f) count(t, z, counted);
  }
  template <class V>
  WARPWEFT_HD void negative(state<V>& t, V s, V beside, mask_of<V> counted) const {
    const V z = logit(s, beside);
    t.add_other(z, counted);
    if (label_smoothing > 0.0f) count(t, z, counted);
  }
  template <class V>
  static WARPWEFT_HD void join(state<V>& t, const state<V>& other) {
    t.one_target<V>::join(other);
    t.total = t.total + other.total;
    t.classes = t.classes + other.classes;
  }
  template <class V>
  WARPWEFT_HD void done(const state<V>& t, part<V> (&parts)[2], V* saved) const {
    const softmax_row<V> row = t.finish();
    const mask_of<V> has = row.found > V(0.0f);
    const V lse = select(has, row.value + t.target, V(0.0f)), steeper = V(1.0f) + V(2.0f * z_loss) * lse;
    V value = row.value, share(0.0f), own = -row.not_target;
    if (label_smoothing > 0.0f) {
      const V classes = max(V(1.0f), t.classes);
      share = select(has, V(label_smoothing) / classes, V(0.0f));
      value = V(1.0f - label_smoothing) * value + V(label_smoothing) * (lse - select(has, t.total / classes, V(0.0f)));
      own = own + select(has, V(label_smoothing) - share, V(0.0f));
    }
    if (z_loss > 0.0f) {
      value = value + V(z_loss) * lse * lse;
      own = own + select(has, V(2.0f * z_loss) * lse * (V(1.0f) - row.not_target), V(0.0f));
    }
    parts[0] = one_term(value, row.found);
    saved[0] = row.top;
    saved[1] = row.inverse * steeper;
    saved[2] = share;
    saved[3] = own;
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s, V beside) const {
    return (exp(logit(s, beside) - saved[0]) * saved[1] - saved[2]) * slope(s, beside);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s, V beside) const {
    return saved[3] * slope(s, beside);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
