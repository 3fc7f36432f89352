// What a row loss says of itself. An anchor's pairs are folded one after another (or a register of anchors' pairs at once):
//
//   struct name {
//     name(const name_params&, bool larger)            larger: the score is a similarity
//     static constexpr int fields                      floats saved per anchor for the backward pass
//     static constexpr bool term_is_pair               a term of the reduction is a pair, else an anchor
//     static constexpr bool by_position                pairs follow from positions, not labels
//     static constexpr bool has_temperature            scores are divided by params.temperature, which may want a gradient
//     template <V> struct state                        zero by construction
//     positive(state&, s, counted), negative(state&, s, counted)
//     join(state&, const state&)
//     done(const state&, part (&)[2], V* saved)        the anchor's value; contributions of positives and negatives apart for pair terms
//     positive_weight(saved, s), negative_weight(saved, s)     ∂(term)/∂s before the reduction's factor
//   };
//
// A loss whose pairs follow from positions instead of labels says `by_position`; its parameters then have target_offset and symmetric.
// One with has_temperature has it as its first parameter.
//
// A miner says which pairs an anchor keeps, from what it saw of all positives and all negatives:
//
//   struct mine_name {
//     mine_name(const name_miner_params&)
//     template <V> struct state                        empty by construction
//     static constexpr int fields; write(state, V*), read(const V*)
//     positive(state&, s, counted), negative(state&, s, counted), join(state&, const state&)
//     keeps_positive(state, s), keeps_negative(state, s)       the latter asks only what positives left in the state
//   };
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

// Terms are summed and counted apart for what positives and what negatives contribute; a loss per anchor uses the first alone.
template <class V>
struct part {
  V sum = V(0.0f);
  V count = V(0.0f);     // terms
  V non_zero = V(0.0f);  // terms above zero
};

struct no_miner {
  static constexpr int fields = 0;
  template <class V>
  struct state {};
};

}  // namespace warpweft::loss::WARPWEFT_ISA
