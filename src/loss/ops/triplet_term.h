// What one triplet contributes. u is a distance, or a similarity with its sign turned, so that smaller is closer.
//   triplet: f(u_ap − u_an + m), f the hinge [v]₊ or ln(1 + e^v); its slopes are ±f′(v)
//   margin:  [u_ap − β + m]₊ + [β − u_an + m]₊, two terms, each with a slope of its own
#pragma once
#include "loss/ops/hinge.h"
#include "loss/ops/log_sum.h"

namespace warpweft::loss::WARPWEFT_ISA {

// Value and slopes: in the positive's u, and downwards in the negative's.
template <class V>
struct triplet_parts {
  V value, pull, push;
};

// How many of a triplet's terms are above zero, from the least normal number on; of two, each has the slope 1 where it is.
template <class Term, class V>
WARPWEFT_HD V open_terms(const triplet_parts<V>& t) {
  if constexpr (Term::terms > 1.0f)
    return t.pull + t.push;
  else
    return select(t.value < V(least_normal), V(0.0f), V(1.0f));
}

struct hinge_term {
  static constexpr float terms = 1.0f;  // of a triplet
  float margin;
  template <class V>
  WARPWEFT_HD triplet_parts<V> of(V positive, V negative) const {
    const V v = positive - negative + V(margin), slope = hinge_slope(v);
    return {hinge(v), slope, slope};
  }
};

struct smooth_term {
  static constexpr float terms = 1.0f;
  float margin;
  template <class V>
  WARPWEFT_HD triplet_parts<V> of(V positive, V negative) const {
    const V v = positive - negative + V(margin), value = softplus(v), slope = exp(v - value);
    return {value, slope, slope};
  }
};

struct margin_term {
  static constexpr float terms = 2.0f;
  float margin, beta;  // β with its sign turned where u's is
  template <class V>
  WARPWEFT_HD triplet_parts<V> of(V positive, V negative) const {
    const V near = positive - V(beta) + V(margin), far = V(beta) - negative + V(margin);
    return {hinge(near) + hinge(far), hinge_slope(near), hinge_slope(far)};
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
