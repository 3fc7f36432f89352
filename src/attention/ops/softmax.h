// The softmax of a row while its keys pass: top = max s, sum = Σ e^(s − top), and what is added up beside it, Σ e^(s − top) v, shrinks
// whenever the top rises. Output Σ p v with p = e^(s − top) / sum; lse = top + ln sum. ∂L/∂s = p (∂L/∂p − Σ p ∂L/∂p).
#pragma once
#include "base/num.h"

namespace warpweft::attention::WARPWEFT_ISA {

template <class V>
struct softmax {
  V top, sum;

  static WARPWEFT_HD softmax zero() { return {V(-__builtin_inff()), V(0.0f)}; }

  // What scores are measured from: never −∞, so that a row that has seen nothing has no ∞ − ∞.
  WARPWEFT_HD V base() const { return select(top == V(-__builtin_inff()), V(0.0f), top); }

  // Scores up to `highest` are coming. Returns what the sums so far are to be multiplied by; exactly 1 where the top stays.
  WARPWEFT_HD V raise(V highest) {
    const V before = top;
    top = max(highest, before);
    const V factor = exp(before - base());
    sum = sum * factor;
    return factor;
  }
  // The weight of a score that is not above the top.
  WARPWEFT_HD V step(V s) {
    const V weight = exp(s - base());
    sum = sum + weight;
    return weight;
  }
  // Another part of the row's keys. Returns the factors of this one's sums and of the other's.
  struct shares {
    V own, other;
  };
  WARPWEFT_HD shares join(const softmax& from) {
    const V before = top;
    top = max(from.top, before);
    const shares by{exp(before - base()), exp(from.top - base())};
    sum = sum * by.own + from.sum * by.other;
    return by;
  }
  // What the sums are multiplied by in the end: 0 for a row that has seen nothing.
  WARPWEFT_HD V done() const { return select(sum == V(0.0f), V(0.0f), V(1.0f) / sum); }
  WARPWEFT_HD V lse() const { return select(sum == V(0.0f), V(-__builtin_inff()), base() + log(sum)); }
};

}  // namespace warpweft::attention::WARPWEFT_ISA
