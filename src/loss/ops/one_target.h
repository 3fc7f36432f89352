// A row's softmax with one target among its logits: L = ln Σ_j e^(z_j) − z_t. The target is kept apart from the others, so that
// with g = ln Σ_{j≠t} e^z − z_t:  L = ln(1 + e^g),  1 − p_t = e^(g − L). Large logits only meet as differences, and 1 − p is not
// a difference of numbers near one.
#pragma once
#include "loss/ops/log_sum.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class V>
struct softmax_row {
  V value;       // L, 0 for a row without target
  V found;       // 1 for a row with one, else 0
  V top;         // m, about ln Σ_j e^(z_j), so that a share is lost only where it is below the least normal number itself
  V inverse;     // 1/Σ_j e^(z_j − m), 0 without target: p_j = e^(z_j − m) · inverse
  V not_target;  // 1 − p_t, 0 without target
};

template <class V>
struct one_target {
  log_sum<V> others;
  V target = V(0.0f), found = V(0.0f);

  WARPWEFT_HD void add_other(V z, mask_of<V> counted) { others.add(z, counted); }
  WARPWEFT_HD void set_target(V z, mask_of<V> counted) {
    target = select(counted, z, target);
    found = select(counted, V(1.0f), found);
  }
  WARPWEFT_HD void join(const one_target& other) {
    others.join(other.others);
    target = select(other.found > V(0.0f), other.target, target);
    found = max(found, other.found);
  }
  WARPWEFT_HD softmax_row<V> finish() const {
    const V gap = others.value_less(target), value = softplus(gap);
    const mask_of<V> has = found > V(0.0f);
    const V high = max(others.top, target);
    const V seen = others.sum * exp(others.top - high) + exp(target - high);
    const V top = select(has, high + log(select(has, seen, V(1.0f))), high), sum = seen * exp(high - top);
    return {select(has, value, V(0.0f)), found, top, select(has, V(1.0f) / sum, V(0.0f)), select(has, exp(gap - value), V(0.0f))};
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
