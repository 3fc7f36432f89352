// The distance family's table for one instruction set. Included by src/distance/cpu_<isa>.cc.
#pragma once
#include "distance/cpu.h"
#include "distance/gradient.inl.h"
#include "distance/labels.inl.h"
#include "distance/partial.inl.h"
#include "distance/histogram.inl.h"
#include "distance/radius.inl.h"
#include "distance/rank.inl.h"
#include "distance/statistics.inl.h"
#include "distance/store.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

template <class Op, bool lanes_x>
constexpr auto score_of() {
  void (*stage)(const void*, const cpu::strip&) = nullptr;
  if constexpr (Op::scalar != row_scalar::none) stage = score < Op, lanes_x && !Op::symmetric > ;
  return stage;
}

template <class Op>
constexpr auto top_k_of_dots() {
  void (*step)(const void*, void*, const cpu::strip&) = nullptr;
  if constexpr (Op::kind == form::dot) {
    if constexpr (Op::screens) step = top_k_step_of_dots<Op>;
  }
  return step;
}

template <class Op>
constexpr auto maker_of() {
  void (*make)(const void*, const cpu::strip&) = nullptr;
  if constexpr (Op::kind == form::elementwise) make = make_strip<Op>;
  return make;
}

template <class Op>
constexpr auto stored_step_of() {
  void (*step)(const void*, void*, const cpu::strip&) = nullptr;
  if constexpr (Op::kind == form::dot)
    step = stored_step<Op>;
  else
    step = partial_step<Op>;
  return step;
}

constexpr strips make_strips() {
  strips t{};
  t.panel_lanes = panel_lanes;
#define WARPWEFT_ENTRY(name) \
  t.score[0][static_cast<int>(metric_id::name)] = score_of<name, false>(); \
  t.score[1][static_cast<int>(metric_id::name)] = score_of<name, true>(); \
  t.make[static_cast<int>(metric_id::name)] = maker_of<name>(); \
  t.top_k_of_dots[static_cast<int>(metric_id::name)] = top_k_of_dots<name>(); \
  t.stored_step[static_cast<int>(metric_id::name)] = stored_step_of<name>();
  WARPWEFT_DISTANCE_LIST(WARPWEFT_ENTRY)
#undef WARPWEFT_ENTRY
  t.store = store_strip;
  t.top_k.state_bytes = sizeof(list_state);
  t.top_k.zero = top_k_zero;
  t.top_k.step = top_k_step;
  t.top_k.join = top_k_join;
  t.top_k.done = top_k_done;
  t.radius.state_bytes = sizeof(radius_state);
  t.radius.zero = radius_zero;
  t.radius.step = radius_step;
  t.radius.join = radius_join;
  t.radius.done = radius_done;
  t.lane_statistics = statistics_verbs<panel_lanes>(lane_statistics_step);
  t.positives = label_verbs<positive_picks>(positives_step, positives_done);
  t.negatives = label_verbs<negative_picks>(negatives_step, negatives_done);
  t.row_statistics = statistics_verbs<cpu::plain_strip_rows>(row_statistics_step);
  t.stored.state_bytes = gradient_state::bytes_beside;
  t.stored.zero = stored_zero;
  t.stored.join = stored_join;
  t.stored.done = stored_done;
  t.gradient_bytes = gradient_state::bytes_a_column;
  t.turned.state_bytes = gradient_state::bytes_beside;
  t.turned.zero = turned_zero;
  t.turned.step = turned_step;
  t.turned.done = turned_done;
  t.rank_positives = rank_positives;
  t.rank_count = rank_count;
  t.histogram = histogram_step;
  return t;
}

}  // namespace warpweft::distance::WARPWEFT_ISA
