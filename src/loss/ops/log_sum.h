// Sums of exponentials that cannot overflow.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

// ln(1 + e^z) without overflow; NaN stays. e^(z − softplus(z)) is 1/(1 + e^(−z)).
template <class V>
WARPWEFT_HD V softplus(V z) {
  const V high = max(V(0.0f), z), low = min(V(0.0f), z);
  return select(z == z, high + log1p(exp(low - high)), z);
}

// A running Σ exp(z), kept as sum · exp(top). `top` runs ahead of the largest z by a headroom, so that it seldom has to rise.
template <class V>
struct log_sum {
  V top = V(lowest);
  V sum = V(0.0f);

  WARPWEFT_HD void add(V z, mask_of<V> counted) {
    constexpr float headroom = 8.0f;
    const mask_of<V> higher = counted && z > top;
    if (any(higher)) {
      const V next = select(higher, z + V(headroom), top);
      sum = sum * exp(top - next);
      top = next;
    }
    sum = sum + select(counted, exp(z - top), V(0.0f));
  }

  WARPWEFT_HD void join(const log_sum& other) {
    const V next = max(top, other.top);
    sum = sum * exp(top - next) + other.sum * exp(other.top - next);
    top = next;
  }

  // NaN in, NaN out: only a sum that is 0 has seen nothing.
  WARPWEFT_HD mask_of<V> empty() const { return sum == V(0.0f); }
  // ln Σ exp(z) − from; −∞ where nothing was added. The difference of two large numbers is taken first.
  WARPWEFT_HD V value_less(V from) const {
    return select(empty(), V(-__builtin_inff()), (top - from) + log(select(empty(), V(1.0f), sum)));
  }
  // ln(1 + Σ exp(z)), which is 0 where nothing was added
  WARPWEFT_HD V value_with_one() const {
    const V z = select(empty(), V(lowest), top + log(select(empty(), V(1.0f), sum)));
    return softplus(z);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
