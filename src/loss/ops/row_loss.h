// What a row loss says of itself. An anchor's pairs are folded one after another (or a register of anchors' pairs at once):
//
//   struct name : row_loss, name_params {
//     name(const name_params&, bool larger)            larger: the score is a similarity
//     static constexpr int fields                      floats saved per anchor for the backward pass
//     template <V> struct state                        zero by construction
//     positive(state&, s, counted), negative(state&, s, counted)
//     join(state&, const state&)
//     done(const state&, part (&)[2], V* saved)        the anchor's value; contributions of positives and negatives apart for two parts
//     positive_weight(saved, s), negative_weight(saved, s)     ∂(term)/∂s before the reduction's factor
//   };
//
// What it says otherwise than row_loss does:
//
//     two_parts         positives and negatives are terms of their own, summed, counted and reduced apart
//     has_directions    its parameters have target_offset and symmetric
//     tensors           its parameters that may want a gradient are so many:
//                       tensor_gradients(along, total, double* out) has them from Σ w·s and Σ w over all pairs
//     has_beside        positive, negative and both weights take, after s, what is added to the logit of the candidate's pairs;
//                       beside_slope() is ∂logit/∂s, so that ∂/∂beside = w / beside_slope()
//     weighs_pairs      what is added is the logarithm of the pair's own weight, −∞ for none; pair_slope(saved, s) is ∂(term)/∂weight
//     given             saved[0] holds the call's number of the anchor before anything is folded, and stays
//     has_centers       its parameters have centers, so many candidates that make one class: their scores are pooled into the one that
//                       is folded, by a softmax of s/center_softness(), or the largest where that is 0
//     has_filter        its parameters have filter: strips without a weight above so little are left out of the gradient
//     positives_last    the positives are folded when all negatives are: negatives_done(state, V* saved) keeps what they came to
//     meets_other       with positives_last: a pair's term also depends on what the other row's negatives came to, its saved[0], which
//                       positive and positive_weight take after s. Before any weight is asked for, touch(state&, s, other, scale,
//                       counted) has met all positives of the row, from either end, with what their terms count for, and
//                       touched(state, V* saved) kept what they came to: a negative's weight is then a whole one.
//                       Without self the candidates have negatives of their own, the anchors of other labels.
//     with given or positives_last, resume(state&, const V* saved) is asked before an anchor's pairs are folded
#pragma once
#include "base/num.h"
#include "loss/ops/miner.h"

namespace warpweft::loss::WARPWEFT_ISA {

// Terms are summed and counted apart for what positives and what negatives contribute; a loss per anchor uses the first alone.
template <class V>
struct part {
  V sum = V(0.0f);
  V count = V(0.0f);     // terms
  V non_zero = V(0.0f);  // terms above zero

  // A NaN goes into the sum, and is above zero.
  WARPWEFT_HD void add_term(V value, mask_of<V> counted) {
    sum = sum + select(counted, value, V(0.0f));
    count = count + select(counted, V(1.0f), V(0.0f));
    non_zero = non_zero + select(counted && !(value <= V(0.0f)), V(1.0f), V(0.0f));
  }
  WARPWEFT_HD void add(const part& other) {
    sum = sum + other.sum;
    count = count + other.count;
    non_zero = non_zero + other.non_zero;
  }
};

// One term of a row, above zero from the least normal number on.
template <class V>
WARPWEFT_HD part<V> one_term(V value, V count) {
  part<V> p;
  p.sum = value;
  p.count = count;
  p.non_zero = select(value >= V(least_normal), V(1.0f), V(0.0f));
  return p;
}

struct row_loss {
  static constexpr bool two_parts = false;
  static constexpr bool has_directions = false;
  static constexpr int tensors = 0;
  static constexpr bool has_beside = false;
  static constexpr bool weighs_pairs = false;
  static constexpr int given = 0;
  static constexpr bool has_centers = false;
  static constexpr bool has_filter = false;
  static constexpr bool positives_last = false;
  static constexpr bool meets_other = false;
};

// The same words for losses with and without something beside the score; of one that meets the other row its positives have that.
template <class Loss>
constexpr bool positives_beside = Loss::has_beside || Loss::meets_other;
template <class Loss, class State, class V>
WARPWEFT_HD void fold_positive(const Loss& loss, State& t, V s, V beside, mask_of<V> counted) {
  if constexpr (positives_beside<Loss>)
    loss.positive(t, s, beside, counted);
  else
    loss.positive(t, s, counted);
}
template <class Loss, class State, class V>
WARPWEFT_HD void fold_negative(const Loss& loss, State& t, V s, V beside, mask_of<V> counted) {
  if constexpr (Loss::has_beside)
    loss.negative(t, s, beside, counted);
  else
    loss.negative(t, s, counted);
}
template <class Loss, class V>
WARPWEFT_HD V weight_of_positive(const Loss& loss, const V* saved, V s, V beside) {
  if constexpr (positives_beside<Loss>)
    return loss.positive_weight(saved, s, beside);
  else
    return loss.positive_weight(saved, s);
}
template <class Loss, class V>
WARPWEFT_HD V weight_of_negative(const Loss& loss, const V* saved, V s, V beside) {
  if constexpr (Loss::has_beside)
    return loss.negative_weight(saved, s, beside);
  else
    return loss.negative_weight(saved, s);
}

}  // namespace warpweft::loss::WARPWEFT_ISA
