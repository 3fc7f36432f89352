// The distance family's table for one instruction set. Included by src/distance/cpu_<isa>.cc.
#pragma once
#include "distance/cpu.h"
#include "distance/gradient.inl.h"
#include "distance/rank.inl.h"
#include "distance/reduce.inl.h"
#include "distance/select.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

template <class Op>
constexpr auto score_of() {
  void (*stage)(const void*, const cpu::strip&) = nullptr;
  if constexpr (Op::scalar != row_scalar::none) stage = score<Op>;
  return stage;
}

constexpr strips make_strips() {
  strips t{};
  t.panel_lanes = panel_lanes;
#define WARPWEFT_SCORE(name) t.score[static_cast<int>(metric_id::name)] = score_of<name>();
  WARPWEFT_DISTANCE_LIST(WARPWEFT_SCORE)
#undef WARPWEFT_SCORE
  t.store = store_strip;
  t.top_k.state_bytes = sizeof(top_k_state);
  t.top_k.zero = top_k_zero;
  t.top_k.step = top_k_step;
  t.top_k.join = top_k_join;
  t.top_k.done = top_k_done;
  t.top_k_entry = panel_lanes * 8;
  t.reduce.state_bytes = sizeof(reduce_state);
  t.reduce.zero = reduce_zero;
  t.reduce.step = reduce_step;
  t.reduce.join = reduce_join;
  t.reduce.done = reduce_done;
  t.stored.state_bytes = gradient_state::bytes_beside;
  t.stored.zero = stored_zero;
  t.stored.step = stored_step;
  t.stored.join = stored_join;
  t.stored.done = stored_done;
  t.gradient_bytes = gradient_state::bytes_a_column;
  t.rank_positives = rank_positives;
  t.rank_count = rank_count;
  return t;
}

}  // namespace warpweft::distance::WARPWEFT_ISA
