// Folding a strip's pairs from its rows, a register of rows at a time: a symmetric loss's candidates as anchors, or a batch's own anchors
// and the half of their pairs that `all` does not see from the lanes.
#pragma once
#include "loss/forward.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

constexpr int across_registers = cpu::plain_strip_rows / vec_lanes;
template <class Loss, class Miner>
struct across_state {
  carried<Loss, Miner> of[across_registers];
};

template <class Loss, class Miner>
void across_zero(const void* context, void* state, int64_t row0, int) {
  auto& t = *new (state) across_state<Loss, Miner>;
  if constexpr (mines<Miner>) {
    const row_context& c = static_cast<const both_directions*>(context)->rows;
    for (int v = 0; v < across_registers; ++v) load_mined<Miner>(c.fields, c.stride, row0 + v * vec_lanes, t.of[v].mined);
  }
}

// Rows behind the last valid one are folded too, into states that nobody reads.
template <class Loss, class Miner>
void across_step(const void* context, void* state, const cpu::strip& part) {
  const both_directions& c = *static_cast<const both_directions*>(context);
  const Loss loss = make<Loss>(c.rows);
  const Miner mine = make_miner<Miner>(*c.rows.params);
  const bool mixed = is_mixed(c.lanes.pairs, part);
  HWY_ALIGN float turned[panel_lanes * cpu::plain_strip_rows];
  part.kern->turn(part.s, part.rows, turned, cpu::plain_strip_rows);
  auto& t = *static_cast<across_state<Loss, Miner>*>(state);
  for (int v = 0; v < across_registers; ++v) {
    const float* s = turned + v * vec_lanes;
    const column seen{s, s, cpu::plain_strip_rows, part.row0 + v * vec_lanes, part.lane0, part.lanes};
    fold_column(c.rows, loss, mine, t.of[v].loss, t.of[v].mined, seen, mixed);
  }
}

template <class Loss, class Miner>
void carried_join(carried<Loss, Miner>& into, const carried<Loss, Miner>& from) {
  Loss::join(into.loss, from.loss);
  if constexpr (mines<Miner>) Miner::join(into.mined, from.mined);
}
template <class Loss, class Miner>
void across_join(const void*, void* into, const void* from) {
  using state_of = across_state<Loss, Miner>;
  for (int v = 0; v < across_registers; ++v) carried_join(static_cast<state_of*>(into)->of[v], static_cast<const state_of*>(from)->of[v]);
}

template <class Loss, class Miner>
void across_done(const void* context, void* state, int64_t row0, int rows) {
  const row_context& c = static_cast<const both_directions*>(context)->rows;
  const Loss loss = make<Loss>(c);
  auto& t = *static_cast<across_state<Loss, Miner>*>(state);
  for (int v = 0; v < across_registers && v * vec_lanes < rows; ++v) {
    const int64_t at = row0 + v * vec_lanes;
    if (c.pairs.rows != facing::all) carried_join(t.of[v], *carry_of<Loss, Miner>(c, at));
    settle(c, loss, t.of[v], at);
  }
}

}  // namespace warpweft::loss::WARPWEFT_ISA
