// Laws of every loss's functor, in float64. A new entry of the table is covered by itself.
#include "loss_cases.h"

#include <algorithm>

namespace {

using namespace loss_cases;

// Of weighed pairs a fourth weigh nothing; of met rows a fourth have no negatives.
template <class Loss>
double random_beside(data::rng& random) {
  if (!Loss::has_beside && !Loss::meets_other) return 0;
  const double u = data::uniform(random, -1, 1);
  if ((Loss::weighs_pairs || Loss::meets_other) && u < -.5) return -INFINITY;
  return Loss::weighs_pairs ? std::log(u + 1) : u;
}

// Scores within ±0.9: the slope of an opened angle has no bound at ±1.
template <class Loss>
pairs random_pairs(data::rng& random, int negatives, int positives) {
  pairs all;
  for (int i = 0; i < negatives + positives; ++i)
    all.push_back({data::uniform(random, -.9f, .9f), i < positives, true, random_beside<Loss>(random)});
  std::shuffle(all.begin(), all.end(), random);
  return all;
}

// Both infinite and equal, or within rounding of float64 sums.
bool close(double a, double b) { return a == b || std::fabs(a - b) <= 1e-12 * (1 + std::fabs(a)); }

template <class Loss>
struct test_case {
  scalar_set scalars;
  bool larger;
  Loss loss;
  double given;
  pairs all;
  row<Loss> at(const pairs& of, const cuts& cut = {}) const { return evaluate(loss, given, of, cut); }
};

// Calls body for each set of scalars, both senses of a score, and anchors with and without either side.
template <class Loss, class From, class Body>
void each_case(const From& from, const Body& body) {
  data::rng random(31);
  for (const scalar_set& scalars : scalar_sets<Loss>)
    for (const bool larger : {false, true})
      for (const int positives : {0, 1, 4})
        for (const int negatives : {0, 1, 9}) {
          if (positives > 1 && has_target<Loss>) continue;
          for (int round = 0; round < 10; ++round)
            body(test_case<Loss>{scalars, larger, Loss(from(scalars.data()), larger), data::uniform(random, -.5f, .5f),
                                 random_pairs<Loss>(random, negatives, positives)},
                 random);
        }
}

template <class Loss>
void check_cuts(const test_case<Loss>& c, data::rng& random, const char* name) {
  const row<Loss> whole = c.at(c.all);
  for (int round = 0; round < 8; ++round) {
    cuts at;  // some parts are empty
    for (uint32_t i = random() % 5; i > 0; --i) at.push_back(random() % (c.all.size() + 1));
    at.push_back(c.all.size());
    std::sort(at.begin(), at.end());
    const row<Loss> cut = c.at(c.all, at);
    for (int side = 0; side < 2; ++side) {
      CHECK(close(cut.value[side], whole.value[side]), name, ": cut ", cut.value[side], ", whole ", whole.value[side]);
      CHECK_EQ(cut.count[side], whole.count[side], name);
      CHECK_EQ(cut.non_zero[side], whole.non_zero[side], name);
    }
    // What is saved may stand for the same in another scale, so it is judged by the weights.
    for (const pair& p : c.all) {
      const double a = weight(c.loss, cut.saved, p), b = weight(c.loss, whole.saved, p);
      CHECK(close(a, b), name, ": weight ", a, " cut, ", b, " whole");
    }
  }
}

// ∂/∂s, with what meets other rows as constants: what those count for is 1.
template <class Loss>
void check_weights(const test_case<Loss>& c, const char* name) {
  constexpr double step = 1e-5;
  const row<Loss> at = c.at(c.all);
  for (size_t i = 0; i < c.all.size(); ++i) {
    const double w = weight(c.loss, at.saved, c.all[i]);
    pairs up = c.all, down = c.all;
    up[i].s += step;
    down[i].s -= step;
    const double slope = (c.at(up).total() - c.at(down).total()) / (2 * step);
    // step² times the third derivative, which the sharpest scalar (10) cubed bounds.
    CHECK(std::fabs(slope - w) <= 1000 * step * step, name, ": ∂L/∂s of ", c.all[i].positive ? "positive " : "negative ", c.all[i].s,
          " is ", w, ", differences say ", slope);
  }
}

// ∂/∂beside, or ∂ by the weight itself whose logarithm stands there.
template <class Loss>
void check_beside(const test_case<Loss>& c, const char* name) {
  if constexpr (Loss::has_beside) {
    constexpr double step = 1e-5;
    const row<Loss> at = c.at(c.all);
    for (size_t i = 0; i < c.all.size(); ++i) {
      const pair& p = c.all[i];
      if (Loss::weighs_pairs && !(p.beside > -4)) continue;
      const auto moved = [&](double by) {
        pairs all = c.all;
        all[i].beside = Loss::weighs_pairs ? std::log(std::exp(p.beside) + by) : p.beside + by;
        return c.at(all).total();
      };
      double expected;
      if constexpr (Loss::weighs_pairs)
        expected = c.loss.pair_slope(at.saved, p.s);
      else
        expected = weight(c.loss, at.saved, p) / static_cast<double>(c.loss.beside_slope());
      const double slope = (moved(step) - moved(-step)) / (2 * step);
      // A weight of e⁻⁴ alone in its row has a third derivative of 2 e¹².
      const double allowed = Loss::weighs_pairs ? 1e6 : 1000;
      CHECK(std::fabs(slope - expected) <= allowed * step * step, name, ": beside ", p.s, " is ", expected, ", differences say ", slope);
    }
  }
}

// Which scalar is the first that may want a gradient.
template <class Loss>
constexpr size_t first_tensor = 0;
template <>
constexpr size_t first_tensor<ops::margin> = 1;

// Between the slopes to either side, so that a kink between them does no harm; parameters are rounded to float32.
template <class Loss, class From>
void check_tensors(const test_case<Loss>& c, const From& from, const char* name) {
  if constexpr (Loss::tensors > 0) {
    const row<Loss> at = c.at(c.all);
    double along = 0, total = 0, out[most_tensors];
    for (const pair& p : c.all) along += weight(c.loss, at.saved, p) * p.s, total += weight(c.loss, at.saved, p);
    c.loss.tensor_gradients(along, total, out);
    for (size_t i = 0; i < Loss::tensors; ++i) {
      const size_t k = first_tensor<Loss> + i;
      const double step = std::fabs(c.scalars[k]) * 0x1p-11;
      const auto moved = [&](double by) {
        scalar_set scalars = c.scalars;
        scalars[k] = static_cast<float>(scalars[k]) + by;
        return evaluate(Loss(from(scalars.data()), c.larger), c.given, c.all).total();
      };
      const double up = (moved(step) - moved(0)) / step, down = (moved(0) - moved(-step)) / step;
      const double slack = 2e-3 * (1 + std::fabs(out[i]));
      CHECK(out[i] >= std::min(up, down) - slack && out[i] <= std::max(up, down) + slack, name, ": parameter ", k, " has ", out[i],
            ", differences say ", down, " and ", up);
    }
  }
}

template <class Loss>
void check_masked(const test_case<Loss>& c, data::rng& random, const char* name) {
  const row<Loss> without = c.at(c.all);
  pairs all = c.all;
  for (const double s : {0.3, -1e30, 1e30, double(INFINITY), double(-INFINITY), double(NAN)})
    for (const bool positive : {false, true})
      all.insert(all.begin() + static_cast<ptrdiff_t>(random() % (all.size() + 1)), {s, positive, false, random_beside<Loss>(random)});
  const row<Loss> with = c.at(all);
  for (int side = 0; side < 2; ++side) CHECK_EQ(with.value[side], without.value[side], name);
  for (int side = 0; side < 2; ++side) CHECK_EQ(with.count[side], without.count[side], name);
  for (int f = 0; f < Loss::fields; ++f) CHECK_EQ(with.saved[f], without.saved[f], name, " field ", f);
}

template <class Loss>
void check_bounds(const test_case<Loss>& c, const char* name) {
  const row<Loss> r = c.at(c.all);
  for (int side = 0; side < 2; ++side) {
    CHECK(r.value[side] >= 0 || Loss::weighs_pairs, name, " is ", r.value[side]);  // a sum of small weights has a negative logarithm
    CHECK(r.non_zero[side] <= r.count[side], name, ": ", r.non_zero[side], " of ", r.count[side], " terms are above 0");
    CHECK((r.value[side] > 0) == (r.non_zero[side] > 0), name, " is ", r.value[side], " with ", r.non_zero[side], " terms above 0");
  }
  if (c.all.empty()) CHECK_EQ(r.total(), 0.0, name, ": an anchor without pairs");
}

}  // namespace

#define LAW(name, law, ...) \
  static const bool name##_##law = harness::add(#law " of " #name, [] { \
    each_case<ops::name>(name##_from, [](const auto& c, [[maybe_unused]] data::rng& random) { __VA_ARGS__; }); \
  });
#define LAWS(name) \
  LAW(name, cuts, check_cuts(c, random, #name)) \
  LAW(name, weights, check_weights(c, #name)) \
  LAW(name, beside, check_beside(c, #name)) \
  LAW(name, tensors, check_tensors(c, name##_from, #name)) \
  LAW(name, masked_pairs, check_masked(c, random, #name)) \
  LAW(name, bounds, check_bounds(c, #name))
WARPWEFT_LOSS_LIST(LAWS)
#undef LAWS
#undef LAW

TEST("unifiedNegativePairs: without pairs it is arcFace; with them, the share that they are given is the slope by their sum") {
  const double scalars[] = {0, .5, 4, 1.5}, arc[] = {.5, 4, 0, 1};
  const ops::unified_negative_pairs loss(unified_negative_pairs_from(scalars), true);
  const ops::arc_face base(arc_face_from(arc), true);
  const pairs all = {{.2, false}, {.1, true}, {-.4, false}};
  CHECK(close(evaluate(loss, warpweft::lowest, all).total(), evaluate(base, 0, all).total()), "no pairs");
  CHECK_EQ(evaluate(loss, warpweft::lowest, all).saved[4], 0.0);
  for (const double sum : {-3.0, 0.5, 6.0}) {
    const double step = 1e-5, slope = (evaluate(loss, sum + step, all).total() - evaluate(loss, sum - step, all).total()) / (2 * step);
    const double share = evaluate(loss, sum, all).saved[4];
    CHECK(std::fabs(slope - share) <= step * step, "at ", sum, ": ", share, ", differences say ", slope);
  }
}
