// The loss family's table for one instruction set. Included by src/loss/cpu_<isa>.cc.
#pragma once
#include "loss/backward.inl.h"
#include "loss/mine.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss, bool mined>
constexpr row_strips make_row() {
  row_strips t{};
  static_assert(Loss::fields + miner_fields <= most_fields);
  t.carry_bytes = sizeof(row_state<Loss>);
  t.fields = Loss::fields + (mined ? miner_fields : 0);
  t.term_is_pair = Loss::term_is_pair;
  t.has_temperature = Loss::has_temperature;
  const auto verbs = [](auto zero, auto step, auto done) {
    cpu::fold_verbs f{};
    f.state_bytes = sizeof(row_state<Loss>);
    f.zero = zero;
    f.step = step;
    f.join = row_join<Loss>;
    f.done = done;
    return f;
  };
  if (mined) {
    t.before = verbs(row_zero<Loss>, before_step<Loss>, before_done<Loss>);
    t.all = verbs(mined_zero<Loss>, all_step<Loss, mined>, all_done<Loss, mined>);
    t.after = verbs(mined_zero<Loss>, after_step<Loss>, after_done<Loss>);
  } else {
    t.all = verbs(row_zero<Loss>, all_step<Loss, mined>, all_done<Loss, mined>);
  }
  t.weights.state_bytes = panel_lanes * 4 + gradient::gradient_state::bytes_beside;
  t.weights.zero = weights_zero;
  t.weights.step = weights_step<Loss, mined>;
  t.weights.join = weights_join;
  t.weights.done = weights_done;
  return t;
}

constexpr strips make_strips() {
  strips t{};
#define WARPWEFT_ROW(name) \
  t.rows[static_cast<int>(loss_id::name)][0] = make_row<name, false>(); \
  t.rows[static_cast<int>(loss_id::name)][1] = make_row<name, true>();
  WARPWEFT_LOSS_LIST(WARPWEFT_ROW)
#undef WARPWEFT_ROW
  t.mine_extremes.state_bytes = sizeof(extremes_state);
  t.mine_extremes.zero = extremes_zero;
  t.mine_extremes.step = extremes_step;
  t.mine_extremes.join = extremes_join;
  t.mine_extremes.done = extremes_done;
  t.mine_list.step = list_step;
  t.mine_list.whole = true;
  return t;
}

}  // namespace warpweft::loss::WARPWEFT_ISA
