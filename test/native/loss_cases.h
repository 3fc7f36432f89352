// What the tests of losses share: rows of pairs, folded in the order that the engine folds them in, and scalars for each entry.
#pragma once
#include "wide.h"
// After wide.h, whose words the functors use.
#include "loss/ops.gen.h"
#include "loss/params.h"

#include <array>
#include <vector>

#include "data.h"
#include "harness.h"

namespace loss_cases {

using namespace warpweft::loss;
namespace ops = warpweft::loss::host;

struct pair {
  double s;
  bool positive;
  bool counted = true;
  double beside = 0;  // what stands beside the score, or what the other row's negatives came to
};
using pairs = std::vector<pair>;

template <class Loss>
using state_of = typename Loss::template state<double>;

// A row has one positive at most.
template <class Loss>
constexpr bool has_target = requires(state_of<Loss> t) {
  t.target;
};

// Soft, sharp and with every switch off, of which entries with few parameters use the first. The sharpest multiplies scores by 10,
// and no set has a weight that is no slope: factors that count as constants, a margin that gradients pass straight through.
using scalar_set = std::array<double, most_scalars>;
template <class Loss>
constexpr std::array scalar_sets = {scalar_set{2, 10, .5, 1, .5, 1, .5, 1}, scalar_set{.5, .5, .5, .5, .5, .5, .5, .5},
                                    scalar_set{.3, .7, .1, 0, .2, 0, .2, 0}};
template <>
inline constexpr std::array scalar_sets<ops::info_nce> = {scalar_set{.5, 0, 0, 2, 1}, scalar_set{.2, 0, 0, 0, 0}};
template <>
inline constexpr std::array scalar_sets<ops::cross_entropy> = {scalar_set{2, 10, .5, .3}, scalar_set{4, 0, 0, 0}, scalar_set{3, .7, 0, 1}};
template <>
inline constexpr std::array scalar_sets<ops::generalized_cross_entropy> = {scalar_set{.7, 4}, scalar_set{0, 4}, scalar_set{-.5, 2}};
template <>
inline constexpr std::array scalar_sets<ops::arc_face> = {scalar_set{.5, 4, 0, 1}, scalar_set{2, 3, 0, 1}};
template <>
inline constexpr std::array scalar_sets<ops::soft_triple> = {scalar_set{1, 10, .1, .01}, scalar_set{1, .5, 0, .5}};
template <>
inline constexpr std::array scalar_sets<ops::unified_negative_pairs> = {scalar_set{0, .5, 4, 1.5}, scalar_set{1, .3, 4, 1.5}};
template <>
inline constexpr std::array scalar_sets<ops::elastic_face> = {scalar_set{0, .5, .05, 4}, scalar_set{1, .35, .05, 4}};
template <>
inline constexpr std::array scalar_sets<ops::circle> = {scalar_set{.25, 4, 1}, scalar_set{.4, .5, 1}};
template <>
inline constexpr std::array scalar_sets<ops::hard_negative_contrastive> = {scalar_set{.5, .1, 1}, scalar_set{.2, .01, .5},
                                                                           scalar_set{1, .3, 0}};

// Margins of every miner; of one that ranks three are kept, and what is more than an eighth above the positive is none.
template <class Miner>
constexpr scalar_set mining_scalars = {.125, .125, .125, .125, .125, .125, .125, .125};
template <>
inline constexpr scalar_set mining_scalars<ops::mine_hard_negatives> = {3, 2, .125};
template <class Miner>
constexpr bool ranks = requires {
  Miner::ranks;
};

template <class Loss>
state_of<Loss> resumed(const Loss& loss, const double* saved) {
  state_of<Loss> t;
  if constexpr (Loss::given > 0 || Loss::positives_last) loss.resume(t, saved);
  return t;
}

enum fold_of { positives = 1, negatives = 2, touches = 4 };

// scale: what the terms of a positive count for, seen from both its ends.
template <class Loss>
void fold_one(const Loss& loss, state_of<Loss>& t, const pair& p, int which, double scale) {
  if (p.positive && which & positives) ops::fold_positive(loss, t, p.s, p.beside, p.counted);
  if (!p.positive && which & negatives) ops::fold_negative(loss, t, p.s, p.beside, p.counted);
  if constexpr (Loss::meets_other)
    if (p.positive && which & touches) loss.touch(t, p.s, p.beside, scale, p.counted);
}

// Folds the pairs in order, or each part between the cuts on its own and joins those in order.
using cuts = std::vector<size_t>;
template <class Loss>
state_of<Loss> fold(const Loss& loss, const double* saved, const pairs& all, const cuts& at, int which, double scale) {
  state_of<Loss> whole = resumed(loss, saved);
  size_t from = 0;
  for (const size_t to : at) {
    state_of<Loss> part = resumed(loss, saved);
    for (; from < to; ++from) fold_one(loss, part, all[from], which, scale);
    Loss::join(whole, part);
  }
  for (; from < all.size() && at.empty(); ++from) fold_one(loss, whole, all[from], which, scale);
  return whole;
}

template <class Loss>
struct row {
  double value[2], count[2], non_zero[2];
  double saved[Loss::fields + 1];
  double total() const { return value[0] + value[1]; }
};

// given: the call's number of the row, for a loss that asks for one. Cuts end with the number of pairs.
template <class Loss>
row<Loss> evaluate(const Loss& loss, double given, const pairs& all, const cuts& at = {}, double scale = 1) {
  row<Loss> r{};
  if (Loss::given > 0) r.saved[0] = given;
  const auto folded = [&](int which) { return fold(loss, r.saved, all, at, which, scale); };
  state_of<Loss> t = folded(Loss::positives_last ? negatives : negatives | positives);
  if constexpr (Loss::positives_last) {
    loss.negatives_done(t, r.saved);
    state_of<Loss> last = folded(positives);
    Loss::join(last, t);
    t = last;
  }
  ops::part<double> parts[2];
  loss.done(t, parts, r.saved);
  for (int side = 0; side < 2; ++side)
    r.value[side] = parts[side].sum, r.count[side] = parts[side].count, r.non_zero[side] = parts[side].non_zero;
  if constexpr (Loss::meets_other) loss.touched(folded(touches), r.saved);
  return r;
}

template <class Loss>
double weight(const Loss& loss, const double* saved, const pair& p) {
  return p.positive ? ops::weight_of_positive(loss, saved, p.s, p.beside) : ops::weight_of_negative(loss, saved, p.s, p.beside);
}

}  // namespace loss_cases
