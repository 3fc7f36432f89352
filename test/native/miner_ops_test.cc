// Laws of every miner's functor, in float64. A new entry of the table is covered by itself.
#include "loss_cases.h"

#include <algorithm>

namespace {

using namespace loss_cases;

pairs random_pairs(data::rng& random, int negatives, int positives) {
  pairs all;
  for (int i = 0; i < negatives + positives; ++i) all.push_back({data::uniform(random, -1, 1), i < positives});
  std::shuffle(all.begin(), all.end(), random);
  return all;
}

bool close(double a, double b) { return a == b || std::fabs(a - b) <= 1e-12 * (1 + std::fabs(a)); }

// What a miner saw, cut anywhere and joined, is what it sees at once; masked pairs are not seen; write and read keep it.
template <class Miner, class From>
void check_miner(const From& from, const char* name) {
  const Miner miner(from(mining_scalars<Miner>.data()));
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

TEST("the hardNegatives miner drops what is above its least positive, is strict, and keeps the lower candidate of two alike") {
  const double absolute[] = {2, 1, .125}, none[] = {0, 0, .125};
  const ops::mine_hard_negatives miner(hard_negatives_miner_from(absolute)), all(hard_negatives_miner_from(none));
  ops::mine_hard_negatives::state<double> t;
  CHECK(miner.keeps_negative(t, 0.9), "without a positive nothing tells");
  ops::mine_hard_negatives::positive(t, 0.5, true);
  ops::mine_hard_negatives::positive(t, 0.25, true);
  CHECK(miner.keeps_negative(t, 0.375) && !miner.keeps_negative(t, 0.376), "edge of false negatives");
  CHECK(all.keeps_negative(t, 0.9) && all.keeps_ranked(t, -0.9, 7.0), "no filter, no rank");
  CHECK(miner.keeps_positive(t, -1.0), "positives are all kept");
  t.least = 0.25, t.last = 5;
  CHECK(miner.keeps_ranked(t, 0.25, 5.0) && !miner.keeps_ranked(t, 0.25, 6.0), "of equals the lower candidate");
  CHECK(miner.keeps_ranked(t, 0.26, 6.0) && !miner.keeps_ranked(t, 0.24, 4.0), "by score first");
}
