// The loss family's table for one instruction set. Included by src/loss/cpu_<isa>.cc.
#pragma once
#include "loss/backward.inl.h"
#include "loss/mine.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss>
position position_of(const double* scalars) {
  if constexpr (Loss::by_position) {
    row_context c{};
    loss_params p{};
    for (int i = 0; i < most_scalars; ++i) p.scalars[i] = scalars[i];
    c.params = &p;
    const Loss loss = make<Loss>(c);
    return {loss.target_offset, loss.symmetric};
  } else {
    return {0, false};
  }
}

template <class Loss, class Miner>
constexpr row_strips make_row() {
  static_assert(Loss::fields + Miner::fields <= most_fields);
  row_strips t{};
  t.carry_bytes = sizeof(row_state<Loss, Miner>);
  t.term_is_pair = Loss::term_is_pair;
  t.by_position = Loss::by_position;
  t.has_temperature = Loss::has_temperature;
  t.position_of = position_of<Loss>;
  const auto verbs = [](auto zero, auto step, auto done) {
    cpu::fold_verbs f{};
    f.state_bytes = sizeof(row_state<Loss, Miner>);
    f.zero = zero;
    f.step = step;
    f.join = row_join<Loss, Miner>;
    f.done = done;
    return f;
  };
  if constexpr (mines<Miner>) {
    t.before = verbs(row_zero<Loss, Miner>, before_step<Loss, Miner>, before_done<Loss, Miner>);
    t.all = verbs(mined_zero<Loss, Miner>, all_step<Loss, Miner>, all_done<Loss, Miner>);
    t.after = verbs(mined_zero<Loss, Miner>, after_step<Loss, Miner>, after_done<Loss, Miner>);
  } else {
    t.all = verbs(row_zero<Loss, Miner>, all_step<Loss, Miner>, all_done<Loss, Miner>);
  }
  t.weights.state_bytes = panel_lanes * 4 + gradient::gradient_state::bytes_beside;
  t.weights.zero = weights_zero;
  t.weights.step = weights_step<Loss, Miner>;
  t.weights.join = weights_join;
  t.weights.done = weights_done;
  return t;
}

template <class Loss>
constexpr void make_rows(row_strips (&rows)[1 + static_cast<int>(miner_id::count)]) {
  rows[0] = make_row<Loss, no_miner>();
#define WARPWEFT_ROW(name) rows[1 + static_cast<int>(miner_id::name)] = make_row<Loss, mine_##name>();
  WARPWEFT_MINER_LIST(WARPWEFT_ROW)
#undef WARPWEFT_ROW
}

template <class Miner>
constexpr miner_strips make_miner_strips() {
  miner_strips t{};
  t.fields = Miner::fields;
  t.extremes.state_bytes = sizeof(mined_state<Miner>);
  t.extremes.zero = extremes_zero<Miner>;
  t.extremes.step = extremes_step<Miner>;
  t.extremes.join = extremes_join<Miner>;
  t.extremes.done = extremes_done<Miner>;
  t.list.step = list_step<Miner>;
  t.list.whole = true;
  return t;
}

constexpr strips make_strips() {
  strips t{};
#define WARPWEFT_ROWS(name) make_rows<name>(t.rows[static_cast<int>(loss_id::name)]);
  WARPWEFT_LOSS_LIST(WARPWEFT_ROWS)
#undef WARPWEFT_ROWS
#define WARPWEFT_MINER(name) t.miners[static_cast<int>(miner_id::name)] = make_miner_strips<mine_##name>();
  WARPWEFT_MINER_LIST(WARPWEFT_MINER)
#undef WARPWEFT_MINER
  return t;
}

}  // namespace warpweft::loss::WARPWEFT_ISA
