// A row's softmax with one target among scaled scores, z_j = by · s_j, perhaps with a number of the candidate's own beside them:
//   L_i = ln Σ_j e^(z_j) − z_t;  ∂L_i/∂s_j = by p_j, at the target −by (1 − p_t) t'(s_t) where a margin moves its score to t(s_t).
// A loss says what it does otherwise: moved(s) and moved_slope(s) of the target, logit(s, beside), done.
#pragma once
#include "loss/ops/one_target.h"
#include "loss/ops/row_loss.h"

namespace warpweft::loss::WARPWEFT_ISA {

// `first`: so many fields stand before those of the softmax.
template <class Loss, int first = 0>
struct scaled_softmax : row_loss {
  static constexpr int fields = first + 3;  // m, by/Σ_j e^(z_j − m), by (1 − p_t), the latter two times a factor of the row's

  explicit WARPWEFT_HD scaled_softmax(float scale) : by(scale) {}
  float by;

  template <class V>
  using state = one_target<V>;
  template <class V>
  WARPWEFT_HD V logit(V s) const {
    return s * V(by);
  }
  template <class V>
  WARPWEFT_HD V logit(V s, V beside) const {
    return s * V(by) + beside;
  }
  WARPWEFT_HD float beside_slope() const { return by; }
  template <class V>
  static WARPWEFT_HD V moved(V s) {
    return s;
  }
  template <class V>
  static WARPWEFT_HD V moved_slope(V) {
    return V(1.0f);
  }

  template <class V>
  WARPWEFT_HD void positive(one_target<V>& t, V s, mask_of<V> counted) const {
    t.set_target(logit(own().moved(s)), counted);
  }
  template <class V>
  WARPWEFT_HD void negative(one_target<V>& t, V s, mask_of<V> counted) const {
    t.add_other(logit(s), counted);
  }
  template <class V>
  WARPWEFT_HD void positive(one_target<V>& t, V s, V beside, mask_of<V> counted) const {
    t.set_target(logit(s, beside), counted);
  }
  template <class V>
  WARPWEFT_HD void negative(one_target<V>& t, V s, V beside, mask_of<V> counted) const {
    t.add_other(logit(s, beside), counted);
  }
  template <class V>
  static WARPWEFT_HD void join(one_target<V>& t, const one_target<V>& other) {
    t.join(other);
  }
  template <class V>
  WARPWEFT_HD void save(const softmax_row<V>& row, V factor, V* saved) const {
    saved[first] = row.top;
    saved[first + 1] = row.inverse * factor;
    saved[first + 2] = row.not_target * factor;
  }
  template <class V>
  WARPWEFT_HD void done(const one_target<V>& t, part<V> (&parts)[2], V* saved) const {
    const softmax_row<V> row = t.finish();
    parts[0] = one_term(row.value, row.found);
    save(row, V(by), saved);
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s) const {
    return exp(logit(s) - saved[first]) * saved[first + 1];
  }
  template <class V>
  WARPWEFT_HD V negative_weight(const V* saved, V s, V beside) const {
    return exp(logit(s, beside) - saved[first]) * saved[first + 1];
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V s) const {
    return -saved[first + 2] * own().moved_slope(s);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V, V) const {
    return -saved[first + 2];
  }

 private:
  WARPWEFT_HD const Loss& own() const { return static_cast<const Loss&>(*this); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
