// A running Σ exp(z), kept as sum · exp(top). `top` runs ahead of the largest z by a headroom, so that it seldom has to rise.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

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
    const V high = max(z, V(0.0f)), low = min(z, V(0.0f));
    const V sure = high + log1p(exp(low - high));
    return select(z == z, sure, z);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
