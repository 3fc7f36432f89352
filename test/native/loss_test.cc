// The operations of the loss family on every instruction set: against the functors in float64, with and without a miner, pairs by
// position, by classes on either side and by labels.
#include "loss_cases.h"

#include "loss/loss.h"
#include "loss_problem.h"

#include <algorithm>
#include <cstring>

#include "places.h"

namespace {

using namespace loss_cases;
using warpweft::call_options;

struct computed {
  std::vector<float> value, dx, dy, tensors, beside, pairs;
};

computed compute(const problem& p, int threads) {
  const loss_params& of = p.of;
  const call_options how{threads, nullptr};
  const auto n = static_cast<size_t>(p.n), m = static_cast<size_t>(p.m);
  const bool weighed = of.weights.given;
  std::vector<float> state(static_cast<size_t>(state_size(of.loss, p.n, p.m)));
  computed c{std::vector<float>(n),
             std::vector<float>(p.x.size()),
             std::vector<float>(p.y.size()),
             std::vector<float>(most_tensors),
             std::vector<float>(of.beside ? m : 0),
             std::vector<float>(weighed ? n * m : 0)};
  forward({of, c.value.data(), state.data()}, how);
  const std::vector<float> grad(n, 1.0f);
  backward({of, state.data(), grad.data(), c.dx.data(), of.self ? nullptr : c.dy.data(), tensors_of(of.loss) ? c.tensors.data() : nullptr,
            of.beside ? c.beside.data() : nullptr, weighed ? c.pairs.data() : nullptr},
           how);
  return c;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.empty() || std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

// Relative to the largest element; scores carry float32's rounding times the sharpest scalar, 10.
constexpr double allowed = 10 * 16 * 0x1p-23;
void check_close(const std::vector<float>& got, const std::vector<double>& want, const std::string& where) {
  double size = 1e-3, worst = 0;
  for (const double v : want) size = std::max(size, std::fabs(v));
  for (size_t i = 0; i < want.size(); ++i) worst = std::max(worst, got[i] == got[i] ? std::fabs(got[i] - want[i]) : INFINITY);
  CHECK(worst <= allowed * size, "off by ", worst, " where the largest is ", size, where);
}

// What a parameter gets is a sum of all weights, which may cancel: relative to the sum of their sizes.
template <class Loss>
void check_tensors(const Loss& loss, const std::vector<float>& got, const expected& want, const std::string& where) {
  if constexpr (Loss::tensors > 0) {
    double exact[most_tensors], size[most_tensors];
    loss.tensor_gradients(want.along, want.total, exact);
    loss.tensor_gradients(want.along_size, want.total_size, size);
    for (int i = 0; i < Loss::tensors; ++i)
      CHECK(std::fabs(got[static_cast<size_t>(i)] - exact[i]) <= allowed * (1e-3 + std::fabs(size[i])), "off by ",
            got[static_cast<size_t>(i)] - exact[i], " from ", exact[i], ", tensor ", i, where);
  }
}

template <class Loss, class Miner>
void check_problem(const problem& p, const Loss& loss, const Miner& miner, const std::string& name) {
  const char* ways[] = {"labels", "bits", "position", "classes", "anchors are classes"};
  const std::string where =
      harness::words(", ", name, ", ", p.n, "×", p.m, p.of.self ? " with itself" : "", " by ", ways[static_cast<int>(p.of.match)]);
  const computed got = compute(p, 1);
  const expected want = oracle(p, loss, miner);
  check_close(got.value, want.value, ", value" + where);
  check_close(got.dx, want.dx, ", dx" + where);
  if (!p.of.self) check_close(got.dy, want.dy, ", dy" + where);
  if (p.of.beside) check_close(got.beside, want.beside, ", beside" + where);
  if (p.of.weights.given) check_close(got.pairs, want.pair_slopes, ", weights of pairs" + where);
  check_tensors(loss, got.tensors, want, where);
}

template <class Loss, class From>
void check_entry(loss_id id, const From& from, const char* name) {
  for (const auto& [n, m] : {std::pair<int64_t, int64_t>{3, 400}, {110, 20}, {49, 50}, {2, 1}})
    for (const bool self : {false, true})
      for (const matching match : matchings<Loss>(self)) {
        problem p(n, m, self, match);
        p.prepare<Loss>(id);
        check_problem(p, Loss(from(p.of.scalars), true), ops::no_miner(), name);
      }
}

template <class Loss, class Miner, class From, class MinerFrom>
void check_mined(loss_id id, miner_id by, const From& from, const MinerFrom& miner_from, const char* name) {
  for (const auto& [n, m] : {std::pair<int64_t, int64_t>{3, 400}, {110, 20}, {49, 50}, {2, 1}})
    for (const bool self : {false, true})
      for (const matching match : matchings<Loss>(self)) {
        problem p(n, m, self, match);
        p.prepare<Loss>(id);
        p.mine_by<Miner>(by);
        check_problem(p, Loss(from(p.of.scalars), true), Miner(miner_from(p.of.miner_scalars)), std::string(name) + " mined");
      }
}

void check_threads(const problem& p, const char* name) {
  const computed one = compute(p, 1);
  for (const int threads : {2, 7}) {
    const computed several = compute(p, threads);
    CHECK(same_bits(one.value, several.value) && same_bits(one.dx, several.dx) && same_bits(one.dy, several.dy), name, ", ", threads,
          " threads, ", p.n, "×", p.m);
    CHECK(same_bits(one.tensors, several.tensors) && same_bits(one.beside, several.beside) && same_bits(one.pairs, several.pairs), name,
          ", parameters, ", threads, " threads, ", p.n, "×", p.m);
  }
}

}  // namespace

TEST_EACH("losses and their gradients agree with the functors in float64") {
#define ENTRY(name) check_entry<ops::name>(loss_id::name, name##_from, #name);
  WARPWEFT_LOSS_LIST(ENTRY)
#undef ENTRY
}

TEST_EACH("mined losses and their gradients agree with the functors in float64") {
#define ENTRY(loss, miner) \
  check_mined<ops::loss, ops::mine_##miner>(loss_id::loss, miner_id::miner, loss##_from, miner##_miner_from, #loss);
  WARPWEFT_MINED_LIST(ENTRY)
#undef ENTRY
}

TEST_EACH("losses and their gradients have the same bits for 1, 2 and 7 threads") {
  // Enough work that the engine wakes threads: more than 2²¹ multiply-adds.
  struct sides {
    int64_t n, m;
    bool self;
  };
  for (const auto& [n, m, self] : {sides{400, 450, false}, sides{20, 9000, false}, sides{450, 450, true}}) {
#define ENTRY(name) \
  if (const auto ways = matchings<ops::name>(self); !ways.empty()) { \
    problem p(n, m, self, ways[0]); \
    p.prepare<ops::name>(loss_id::name); \
    check_threads(p, #name); \
  }
    WARPWEFT_LOSS_LIST(ENTRY)
#undef ENTRY
#define ENTRY(loss, miner) \
  if (const auto ways = matchings<ops::loss>(self); !ways.empty()) { \
    problem p(n, m, self, ways[0]); \
    p.prepare<ops::loss>(loss_id::loss); \
    p.mine_by<ops::mine_##miner>(miner_id::miner); \
    check_threads(p, #loss " mined"); \
  }
    WARPWEFT_MINED_LIST(ENTRY)
#undef ENTRY
  }
}

TEST_EACH("mined pairs are those that the miner keeps in float64, edges aside") {
  problem p(60, 70, false, matching::labels);
  p.mine_by<ops::mine_multi_similarity>(miner_id::multi_similarity);
  const mined_pairs got = mine({p.of}, {2, nullptr});
  const ops::mine_multi_similarity miner(multi_similarity_miner_from(p.of.miner_scalars));
  std::vector<uint8_t> kept(static_cast<size_t>(p.n * p.m));
  for (size_t i = 0; i < got.anchor1.size(); ++i) ++kept[static_cast<size_t>(got.anchor1[i] * p.m + got.positive[i])];
  for (size_t i = 0; i < got.anchor2.size(); ++i) ++kept[static_cast<size_t>(got.anchor2[i] * p.m + got.negative[i])];
  int wrong = 0, positives = 0, negatives = 0;
  for (int64_t i = 0; i < p.n; ++i) {
    const pairs all = p.row(i, false);
    ops::mine_multi_similarity::state<double> seen;
    for (const pair& each : all) each.positive ? miner.positive(seen, each.s, true) : miner.negative(seen, each.s, true);
    for (int64_t j = 0; j < p.m; ++j) {
      const auto& [s, positive, counted, beside] = all[static_cast<size_t>(j)];
      const auto keeps = [&, side = positive](double at) { return side ? miner.keeps_positive(seen, at) : miner.keeps_negative(seen, at); };
      if (keeps(s - 1e-6) != keeps(s + 1e-6)) continue;
      wrong += kept[static_cast<size_t>(i * p.m + j)] != keeps(s);
      (positive ? positives : negatives) += keeps(s);
    }
  }
  CHECK_EQ(wrong, 0);
  CHECK(positives > 0 && negatives > 0, positives, " positives and ", negatives, " negatives are kept");
  CHECK(std::is_sorted(got.anchor1.begin(), got.anchor1.end()) && std::is_sorted(got.anchor2.begin(), got.anchor2.end()), "by anchor");
}
