// The loss family's table for one instruction set. Included by src/loss/cpu_<isa>.cc.
#pragma once
#include "loss/across.inl.h"
#include "loss/backward.inl.h"
#include "loss/mine.inl.h"
#include "loss/prefix.inl.h"
#include "loss/rank.inl.h"
#include "loss/triplets.inl.h"

namespace warpweft::loss::WARPWEFT_ISA {

template <class Loss>
Loss made_of(const double* scalars) {
  row_context c{};
  loss_params p{};
  for (int i = 0; i < most_scalars; ++i) p.scalars[i] = scalars[i];
  c.params = &p;
  return make<Loss>(c);
}

template <class Loss>
position position_of(const double* scalars) {
  if constexpr (Loss::has_directions) {
    const Loss loss = made_of<Loss>(scalars);
    return {loss.target_offset, loss.symmetric};
  } else {
    return {0, false};
  }
}

template <class Loss>
void tensor_gradients(const double* scalars, double along, double total, double* out) {
  if constexpr (Loss::tensors > 0) made_of<Loss>(scalars).tensor_gradients(along, total, out);
}

template <class Loss>
double beside_slope(const double* scalars) {
  if constexpr (Loss::has_beside)
    return static_cast<double>(made_of<Loss>(scalars).beside_slope());
  else
    return 1;
}

template <class Loss>
int64_t centers_of(const double* scalars) {
  if constexpr (Loss::has_centers)
    return made_of<Loss>(scalars).centers;
  else
    return 1;
}
template <class Loss>
double center_softness(const double* scalars) {
  if constexpr (Loss::has_centers)
    return static_cast<double>(made_of<Loss>(scalars).center_softness());
  else
    return 0;
}
template <class Loss>
bool filters(const double* scalars) {
  if constexpr (Loss::has_filter)
    return made_of<Loss>(scalars).filter;
  else
    return false;
}

template <class Loss, class Miner>
constexpr row_strips make_row() {
  static_assert(Loss::fields + Miner::fields <= most_fields && Loss::tensors <= most_tensors);
  row_strips t{};
  t.carry_bytes = panel_vecs * sizeof(carried<Loss, Miner>);
  t.two_parts = Loss::two_parts;
  t.meets_once = is_mutual<Loss, Miner>;
  t.has_directions = Loss::has_directions;
  t.has_beside = Loss::has_beside;
  t.meets_other = Loss::meets_other;
  t.given = Loss::given;
  t.tensors = Loss::tensors;
  t.position_of = position_of<Loss>;
  t.tensor_gradients = tensor_gradients<Loss>;
  t.beside_slope = beside_slope<Loss>;
  t.centers_of = centers_of<Loss>;
  t.center_softness = center_softness<Loss>;
  t.filters = filters<Loss>;
  if constexpr (Loss::has_centers) t.weigh = weigh_classes<Loss, Miner>;
  const auto verbs = [](auto zero, auto step, auto done) {
    cpu::fold_verbs f{};
    f.state_bytes = sizeof(row_state<Loss, Miner>);
    f.zero = zero;
    f.step = step;
    f.join = row_join<Loss, Miner>;
    f.done = done;
    return f;
  };
  if constexpr (mines<Miner>) t.before = verbs(row_zero<Loss, Miner>, before_step<Loss, Miner>, before_done<Loss, Miner>);
  t.all = verbs(resumed_zero<Loss, Miner>, all_step<Loss, Miner>, all_done<Loss, Miner>);
  if constexpr (in_stages<Loss, Miner>) t.after = verbs(resumed_zero<Loss, Miner>, after_step<Loss, Miner>, after_done<Loss, Miner>);
  if constexpr ((Loss::has_directions && !in_stages<Loss, Miner>) || is_mutual<Loss, Miner>) {
    t.across.state_bytes = sizeof(across_state<Loss, Miner>);
    t.across.zero = across_zero<Loss, Miner>;
    t.across.step = across_step<Loss, Miner>;
    t.across.join = across_join<Loss, Miner>;
    t.across.done = across_done<Loss, Miner>;
  }
  if constexpr (Loss::meets_other) t.touch = verbs(resumed_zero<Loss, Miner>, touch_step<Loss, Miner>, touch_done<Loss, Miner>);
  t.weights.state_bytes = sums_before_gradient * 4 + gradient::gradient_state::bytes_beside;
  t.weights.zero = weights_zero;
  t.weights.step = weights_step<Loss, Miner>;
  t.weights.join = weights_join;
  t.weights.done = weights_done;
  return t;
}

template <class Miner>
int64_t ranked_by(const double* scalars) {
  loss_params p{};
  std::copy_n(scalars, most_scalars, p.miner_scalars);
  if constexpr (ranks<Miner>) return make_miner<Miner>(p).k;
  return 0;
}

template <class Miner>
constexpr miner_strips make_miner_strips() {
  miner_strips t{};
  t.ranked = ranked_by<Miner>;
  if constexpr (ranks<Miner>) {
    t.rank.state_bytes = sizeof(ranked_state<Miner>);
    t.ranked_bytes = panel_lanes * static_cast<int64_t>(sizeof(ranked_pair));
    t.rank.zero = rank_zero<Miner>;
    t.rank.step = rank_step<Miner>;
    t.rank.join = rank_join<Miner>;
    t.rank.done = rank_done<Miner>;
  }
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
  t.prefix = {prefix_scores, prefix_weights, prefix_add};
#define WARPWEFT_ROW(name) t.rows[static_cast<int>(loss_id::name)][0] = make_row<name, no_miner>();
  WARPWEFT_LOSS_LIST(WARPWEFT_ROW)
#undef WARPWEFT_ROW
#define WARPWEFT_ROW(loss, miner) \
  t.rows[static_cast<int>(loss_id::loss)][1 + static_cast<int>(miner_id::miner)] = make_row<loss, mine_##miner>();
  WARPWEFT_MINED_LIST(WARPWEFT_ROW)
#undef WARPWEFT_ROW
#define WARPWEFT_MINER(name) t.miners[static_cast<int>(miner_id::name)] = make_miner_strips<mine_##name>();
  WARPWEFT_MINER_LIST(WARPWEFT_MINER)
#undef WARPWEFT_MINER
  t.triplet_anchor = triplet_anchor;
  t.triplet_between = triplet_between;
  return t;
}

}  // namespace warpweft::loss::WARPWEFT_ISA
