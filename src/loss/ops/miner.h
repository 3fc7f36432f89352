// A miner says which pairs an anchor keeps, from what it saw of all positives and all negatives:
//
//   struct mine_name {
//     mine_name(const name_miner_params&)
//     template <V> struct state                        empty by construction
//     static constexpr int fields; write(state, V*), read(const V*)
//     positive(state&, s, counted), negative(state&, s, counted), join(state&, const state&)
//     keeps_positive(state, s), keeps_negative(state, s)       the latter asks only what positives left in the state
//   };
//
// One with ranks = true keeps an anchor's k hardest negatives of those that keeps_negative keeps: k is among its parameters (0: all), its
// second and third field are the k-th score and its candidate's number, and keeps_ranked(state, s, place) asks for them. A guide's score
// then stands for s in positive and keeps_negative.
#pragma once
#include "base/num.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct no_miner {
  static constexpr int fields = 0;
  template <class V>
  struct state {};
};

}  // namespace warpweft::loss::WARPWEFT_ISA
