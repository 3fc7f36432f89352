// Laws of every loss's and miner's functor, in float64. A new entry of the table is covered by itself.
#include "wide.h"
// After wide.h, whose words the functors use.
#include "loss/ops.gen.h"
#include "loss/table.gen.h"

#include "data.h"
#include "harness.h"

namespace {

using namespace warpweft::loss;
namespace ops = warpweft::loss::host;

struct pair {
  double s;
  bool positive;
  bool counted = true;
};
using pairs = std::vector<pair>;

// Scalars for entries of any number of parameters: soft, sharp, and with every switch off.
constexpr double scalar_sets[][8] = {{.5, .5, .5, .5, .5, .5, .5, .5}, {2, 10, .5, 1, .5, 1, .5, 1}, {.3, .7, .1, 0, .2, 0, .2, 0}};

pairs random_pairs(data::rng& random, int negatives, int positives) {
  pairs all;
  for (int i = 0; i < negatives + positives; ++i) all.push_back({data::uniform(random, -1, 1), false});
  for (int left = positives; left > 0;) {
    pair& p = all[random() % all.size()];
    left -= !p.positive;
    p.positive = true;
  }
  return all;
}

template <class Loss>
struct result {
  double value[2], count[2], non_zero[2];
  double saved[Loss::fields + 1];
  double total() const { return value[0] + value[1]; }
};

template <class Loss>
void fold(const Loss& loss, typename Loss::template state<double>& t, pairs::const_iterator from, pairs::const_iterator to) {
  for (; from != to; ++from) {
    if (from->positive)
      loss.positive(t, from->s, from->counted);
    else
      loss.negative(t, from->s, from->counted);
  }
}

template <class Loss>
result<Loss> done(const Loss& loss, const typename Loss::template state<double>& t) {
  ops::part<double> parts[2];
  result<Loss> r{};
  loss.done(t, parts, r.saved);
  for (int side = 0; side < 2; ++side)
    r.value[side] = parts[side].sum, r.count[side] = parts[side].count, r.non_zero[side] = parts[side].non_zero;
  return r;
}

template <class Loss>
result<Loss> evaluate(const Loss& loss, const pairs& all) {
  typename Loss::template state<double> t;
  fold(loss, t, all.begin(), all.end());
  return done(loss, t);
}

// Folds each part on its own and joins them in order.
template <class Loss>
result<Loss> evaluate_cut(const Loss& loss, const pairs& all, std::vector<size_t> cuts) {
  cuts.push_back(all.size());
  std::sort(cuts.begin(), cuts.end());
  typename Loss::template state<double> whole;
  size_t from = 0;
  for (const size_t to : cuts) {
    typename Loss::template state<double> part;
    fold(loss, part, all.begin() + static_cast<ptrdiff_t>(from), all.begin() + static_cast<ptrdiff_t>(to));
    Loss::join(whole, part);
    from = to;
  }
  return done(loss, whole);
}

// Both infinite and equal, or within rounding of float64 sums.
bool close(double a, double b) { return a == b || std::fabs(a - b) <= 1e-12 * (1 + std::fabs(a)); }

// Calls body(loss, pairs) for each set of scalars, both senses of a score, and anchors with and without either side.
template <class Loss, class From, class Body>
void each_case(const From& from, const Body& body) {
  for (const auto& scalars : scalar_sets)
    for (const bool larger : {false, true}) {
      const Loss loss(from(scalars), larger);
      data::rng random(31);
      for (const int positives : {0, 1, 4})
        for (const int negatives : {0, 1, 9}) {
          if (positives > 1 && Loss::by_position) continue;  // an anchor has one target
          for (int round = 0; round < 10; ++round) body(loss, random_pairs(random, negatives, positives), random);
        }
    }
}

template <class Loss>
void check_cuts(const Loss& loss, const pairs& all, data::rng& random, const char* name) {
  const result<Loss> whole = evaluate(loss, all);
  for (int round = 0; round < 8; ++round) {
    std::vector<size_t> cuts;  // some parts are empty
    for (uint32_t i = random() % 5; i > 0; --i) cuts.push_back(random() % (all.size() + 1));
    const result<Loss> cut = evaluate_cut(loss, all, cuts);
    for (int side = 0; side < 2; ++side) {
      CHECK(close(cut.value[side], whole.value[side]), name, ": cut ", cut.value[side], ", whole ", whole.value[side]);
      CHECK_EQ(cut.count[side], whole.count[side], name);
      CHECK_EQ(cut.non_zero[side], whole.non_zero[side], name);
    }
    // What is saved may stand for the same in another scale, so it is judged by the weights.
    for (const pair& p : all) {
      const double a = p.positive ? loss.positive_weight(cut.saved, p.s) : loss.negative_weight(cut.saved, p.s);
      const double b = p.positive ? loss.positive_weight(whole.saved, p.s) : loss.negative_weight(whole.saved, p.s);
      CHECK(close(a, b), name, ": weight ", a, " cut, ", b, " whole");
    }
  }
}

template <class Loss>
void check_weights(const Loss& loss, const pairs& all, const char* name) {
  constexpr double step = 1e-5;
  const result<Loss> at = evaluate(loss, all);
  for (size_t i = 0; i < all.size(); ++i) {
    const double weight = all[i].positive ? loss.positive_weight(at.saved, all[i].s) : loss.negative_weight(at.saved, all[i].s);
    pairs up = all, down = all;
    up[i].s += step;
    down[i].s -= step;
    const double slope = (evaluate(loss, up).total() - evaluate(loss, down).total()) / (2 * step);
    // step² times the third derivative, which the sharpest scalar (10) cubed bounds.
    CHECK(std::fabs(slope - weight) <= 1000 * step * step, name, ": ∂L/∂s of ", all[i].positive ? "positive " : "negative ", all[i].s,
          " is ", weight, ", differences say ", slope);
  }
}

template <class Loss>
void check_masked(const Loss& loss, const pairs& all, data::rng& random, const char* name) {
  const result<Loss> without = evaluate(loss, all);
  pairs with = all;
  for (const double s : {0.3, -1e30, 1e30, double(INFINITY), double(-INFINITY), double(NAN)})
    for (const bool positive : {false, true})
      with.insert(with.begin() + static_cast<ptrdiff_t>(random() % (with.size() + 1)), {s, positive, false});
  const result<Loss> result_with = evaluate(loss, with);
  for (int side = 0; side < 2; ++side) CHECK_EQ(result_with.value[side], without.value[side], name);
  for (int side = 0; side < 2; ++side) CHECK_EQ(result_with.count[side], without.count[side], name);
  for (int f = 0; f < Loss::fields; ++f) CHECK_EQ(result_with.saved[f], without.saved[f], name, " field ", f);
}

template <class Loss>
void check_bounds(const Loss& loss, const pairs& all, const char* name) {
  const result<Loss> r = evaluate(loss, all);
  for (int side = 0; side < 2; ++side) {
    CHECK(r.value[side] >= 0, name, " is ", r.value[side]);
    CHECK(r.non_zero[side] <= r.count[side], name, ": ", r.non_zero[side], " of ", r.count[side], " terms are above 0");
    CHECK((r.value[side] > 0) == (r.non_zero[side] > 0), name, " is ", r.value[side], " with ", r.non_zero[side], " terms above 0");
  }
  if (all.empty()) CHECK_EQ(r.total(), 0.0, name, ": an anchor without pairs");
}

// What a miner saw, cut anywhere and joined, is what it sees at once; masked pairs are not seen; write and read keep it.
template <class Miner, class From>
void check_miner(const From& from, const char* name) {
  const double scalars[8] = {.125, .125, .125, .125, .125, .125, .125, .125};
  const Miner miner(from(scalars));
  using state = typename Miner::template state<double>;
  const auto show = [](state& t, const pair& p) {
    if (p.positive) {
      Miner::positive(t, p.s, true);
      Miner::positive(t, double(NAN), false);
    } else {
      Miner::negative(t, p.s, true);
      Miner::negative(t, 1e30, false);
    }
  };
  data::rng random(41);
  for (int round = 0; round < 200; ++round) {
    const pairs all = random_pairs(random, round % 9, round % 5);
    state whole, pure, joined;
    for (size_t from_pair = 0; from_pair < all.size();) {
      const size_t to = std::min(all.size(), from_pair + 1 + random() % 4);
      state part;
      for (; from_pair < to; ++from_pair) {
        const pair& p = all[from_pair];
        show(whole, p);
        show(part, p);
        if (p.positive)
          Miner::positive(pure, p.s, true);
        else
          Miner::negative(pure, p.s, true);
      }
      Miner::join(joined, part);
    }
    double a[Miner::fields], b[Miner::fields], c[Miner::fields];
    Miner::write(whole, a);
    Miner::write(joined, b);
    Miner::write(pure, c);
    for (int f = 0; f < Miner::fields; ++f) {
      CHECK(close(a[f], b[f]), name, " field ", f, ": ", a[f], " at once, ", b[f], " joined");
      CHECK_EQ(a[f], c[f], name, " field ", f, " with masked pairs and without");
    }
    const state back = Miner::read(a);
    for (const pair& p : all) {
      CHECK_EQ(miner.keeps_positive(back, p.s), miner.keeps_positive(whole, p.s), name);
      CHECK_EQ(miner.keeps_negative(back, p.s), miner.keeps_negative(whole, p.s), name);
    }
  }
}

}  // namespace

#define LAW(name, law, ...) \
  static const bool name##_##law = harness::add(#law " of " #name, [] { \
    each_case<ops::name>(name##_from, [](const auto& loss, const pairs& all, [[maybe_unused]] data::rng& random) { __VA_ARGS__; }); \
  });
#define LAWS(name) \
  LAW(name, cuts, check_cuts(loss, all, random, #name)) \
  LAW(name, weights, check_weights(loss, all, #name)) \
  LAW(name, masked_pairs, check_masked(loss, all, random, #name)) \
  LAW(name, bounds, check_bounds(loss, all, #name))
WARPWEFT_LOSS_LIST(LAWS)
#undef LAWS
#undef LAW

#define LAWS(name) \
  static const bool name##_miner = harness::add("laws of miner " #name, [] { check_miner<ops::mine_##name>(name##_miner_from, #name); });
WARPWEFT_MINER_LIST(LAWS)
#undef LAWS

TEST("the multiSimilarity miner is strict, and an empty side keeps nothing of the other") {
  const ops::mine_multi_similarity miner({0.125f});
  ops::mine_multi_similarity::state<double> t;
  CHECK(!miner.keeps_negative(t, 0.9) && !miner.keeps_positive(t, -0.9), "nothing was seen");
  ops::mine_multi_similarity::positive(t, 0.5, true);
  CHECK(!miner.keeps_positive(t, 0.5), "no negative");
  CHECK(!miner.keeps_negative(t, 0.375) && miner.keeps_negative(t, 0.376), "edge of negatives");
  ops::mine_multi_similarity::negative(t, 0.25, true);
  CHECK(!miner.keeps_positive(t, 0.375) && miner.keeps_positive(t, 0.374), "edge of positives");
}
