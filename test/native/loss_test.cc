// The operations of the loss family on every instruction set: against the functors in float64, with and without a miner.
#include "wide.h"
// After wide.h, whose words the functors use.
#include "loss/ops.gen.h"

#include "loss/loss.h"

#include <cstring>

#include "data.h"
#include "places.h"

namespace {

using namespace warpweft::loss;
using warpweft::call_options;
using warpweft::dtype;
using warpweft::distance::metric_id;
namespace ops = warpweft::loss::host;

constexpr int64_t d = 12;

// Clusters, so that losses have something to say; float64 beside.
struct problem {
  problem(int64_t n_, int64_t m_, bool self)
      : n(n_), m(self ? n_ : m_), x(make(n, 61)), y(self ? x : make(m, 62)), x_labels(labels(n)), y_labels(labels(m)) {
    of.x = {x.data(), dtype::float32, n, d, d, 1};
    of.y = {y.data(), dtype::float32, m, d, d, 1};
    of.self = self;
    of.metric = metric_id::inner;
    of.reduction = reduction_id::none;
    of.normalize = false;
    of.mined = false;
  }
  static std::vector<float> make(int64_t rows, uint32_t seed) {
    data::rng random(seed);
    std::vector<float> out = data::uniforms(random, rows * d, -.15f, .15f);
    for (int64_t i = 0; i < rows; ++i) out[static_cast<size_t>(i * d + i % 5)] += .7f;
    return out;
  }
  static std::vector<int32_t> labels(int64_t rows) {
    std::vector<int32_t> out(static_cast<size_t>(rows));
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(i % 5);
    return out;
  }
  double dot(int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t k = 0; k < d; ++k) sum += static_cast<double>(x[static_cast<size_t>(i * d + k)]) * y[static_cast<size_t>(j * d + k)];
    return sum;
  }
  // 1 a positive, 0 a negative, −1 no pair.
  int kind(int64_t i, int64_t j, bool by_position) const {
    if (by_position) return i == j;
    if (of.self && i == j) return -1;
    return x_labels[static_cast<size_t>(i)] == y_labels[static_cast<size_t>(j)];
  }
  const int64_t n, m;
  const std::vector<float> x, y;
  const std::vector<int32_t> x_labels, y_labels;
  loss_params of{};
};

struct expected {
  std::vector<double> value, dx, dy;
};

// Loops over all pairs; an anchor's pairs are seen twice, once to fold and once to weigh.
template <class Loss, class Miner>
expected oracle(const problem& p, const Loss& loss, const Miner& miner, bool mined) {
  expected e{std::vector<double>(static_cast<size_t>(p.n)), std::vector<double>(p.x.size()), std::vector<double>(p.y.size())};
  for (int64_t i = 0; i < p.n; ++i) {
    typename Miner::template state<double> seen;
    typename Loss::template state<double> state;
    const auto pairs = [&](const auto& body) {
      for (int64_t j = 0; j < p.m; ++j)
        if (const int kind = p.kind(i, j, Loss::by_position); kind >= 0) body(j, p.dot(i, j), kind == 1);
    };
    pairs([&](int64_t, double s, bool positive) { positive ? Miner::positive(seen, s, true) : Miner::negative(seen, s, true); });
    const auto kept = [&](double s, bool positive) {
      return !mined || (positive ? miner.keeps_positive(seen, s) : miner.keeps_negative(seen, s));
    };
    pairs([&](int64_t, double s, bool positive) {
      positive ? loss.positive(state, s, kept(s, positive)) : loss.negative(state, s, kept(s, positive));
    });
    ops::part<double> parts[2];
    double saved[Loss::fields + 1];
    loss.done(state, parts, saved);
    e.value[static_cast<size_t>(i)] = parts[0].sum + parts[1].sum;
    pairs([&](int64_t j, double s, bool positive) {
      if (!kept(s, positive)) return;
      const double weight = positive ? loss.positive_weight(saved, s) : loss.negative_weight(saved, s);
      for (int64_t k = 0; k < d; ++k) {
        e.dx[static_cast<size_t>(i * d + k)] += weight * p.y[static_cast<size_t>(j * d + k)];
        e.dy[static_cast<size_t>(j * d + k)] += weight * p.x[static_cast<size_t>(i * d + k)];
      }
    });
  }
  if (p.of.self)
    for (size_t i = 0; i < e.dx.size(); ++i) e.dx[i] += e.dy[i];
  return e;
}

struct computed {
  std::vector<float> value, dx, dy;
};

computed compute(const problem& p, const loss_params& of, int threads) {
  const call_options how{threads, nullptr};
  computed c{std::vector<float>(static_cast<size_t>(p.n)), std::vector<float>(p.x.size()), std::vector<float>(p.y.size())};
  std::vector<float> state(static_cast<size_t>(state_size(of.loss, p.n, p.m)));
  forward({of, c.value.data(), state.data()}, how);
  const std::vector<float> grad(static_cast<size_t>(p.n), 1.0f);
  backward({of, state.data(), grad.data(), c.dx.data(), of.self ? nullptr : c.dy.data(), nullptr}, how);
  return c;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) { return std::memcmp(a.data(), b.data(), a.size() * 4) == 0; }

// Relative to the largest element; scores carry float32's rounding times the sharpest scalar, 10.
void check_close(const std::vector<float>& got, const std::vector<double>& want, const std::string& where) {
  double size = 1e-3, worst = 0;
  for (const double v : want) size = std::max(size, std::fabs(v));
  for (size_t i = 0; i < want.size(); ++i) worst = std::max(worst, got[i] == got[i] ? std::fabs(got[i] - want[i]) : INFINITY);
  CHECK(worst <= 10 * 16 * 0x1p-23 * size, "off by ", worst, " where the largest is ", size, where);
}

constexpr double scalars[most_scalars] = {2, 10, .5, 0, 0, 0, 0, 0};
constexpr double position_scalars[most_scalars] = {.2, 0, 0, 0, 0, 0, 0, 0};  // not symmetric, no offset
constexpr double epsilon_scalars[most_scalars] = {.1, .1, .1, .1, .1, .1, .1, .1};

template <class Loss, class Miner>
void check_loss(loss_id id, const Loss& loss, const double* entry, miner_id by, const Miner& miner, bool mined, const char* name) {
  for (const auto& [n, m] : {std::pair<int64_t, int64_t>{3, 400}, {110, 20}, {49, 50}, {2, 1}})
    for (const bool self : {false, true}) {
      if (Loss::by_position && (self || mined)) continue;
      problem p(n, m, self);
      p.of.loss = id;
      p.of.mined = mined;
      p.of.miner = by;
      std::copy_n(entry, most_scalars, p.of.scalars);
      std::copy_n(epsilon_scalars, most_scalars, p.of.miner_scalars);
      if (!Loss::by_position) p.of.x_labels = p.x_labels.data(), p.of.y_labels = self ? p.x_labels.data() : p.y_labels.data();
      const std::string where = harness::words(", ", name, mined ? " mined, " : ", ", p.n, "×", p.m, self ? " with itself" : "");
      const computed got = compute(p, p.of, 1);
      const expected want = oracle(p, loss, miner, mined);
      check_close(got.value, want.value, ", value" + where);
      check_close(got.dx, want.dx, ", dx" + where);
      if (!self) check_close(got.dy, want.dy, ", dy" + where);
    }
}

template <class Loss, class From>
void check_entry(loss_id id, const From& from, const char* name) {
  const double* entry = Loss::by_position ? position_scalars : scalars;
  const Loss loss(from(entry), true);
  // Without a miner the first of the list stands in and is not asked.
  bool mined = false;
#define MINED(by) check_loss(id, loss, entry, miner_id::by, ops::mine_##by(by##_miner_from(epsilon_scalars)), mined, name);
  WARPWEFT_MINER_LIST(MINED)
  mined = true;
  WARPWEFT_MINER_LIST(MINED)
#undef MINED
}

}  // namespace

TEST_EACH("losses and their gradients agree with the functors in float64") {
#define ENTRY(name) check_entry<ops::name>(loss_id::name, name##_from, #name);
  WARPWEFT_LOSS_LIST(ENTRY)
#undef ENTRY
}

TEST_EACH("losses and their gradients have the same bits for 1, 2 and 7 threads") {
  // Enough work that the engine wakes threads: more than 2²¹ multiply-adds.
  for (const auto& [n, m] : {std::pair<int64_t, int64_t>{500, 600}, {20, 12000}})
    for (int id = 0; id < static_cast<int>(loss_id::count); ++id)
      for (const bool mined : {false, true}) {
        problem p(n, m, false);
        p.of.loss = static_cast<loss_id>(id);
        bool by_position = false;
#define POSITION(name) by_position |= p.of.loss == loss_id::name && ops::name::by_position;
        WARPWEFT_LOSS_LIST(POSITION)
#undef POSITION
        if (by_position && mined) continue;
        p.of.mined = mined;
        std::copy_n(by_position ? position_scalars : scalars, most_scalars, p.of.scalars);
        std::copy_n(epsilon_scalars, most_scalars, p.of.miner_scalars);
        if (!by_position) p.of.x_labels = p.x_labels.data(), p.of.y_labels = p.y_labels.data();
        const computed one = compute(p, p.of, 1);
        for (const int threads : {2, 7}) {
          const computed several = compute(p, p.of, threads);
          CHECK(same_bits(one.value, several.value) && same_bits(one.dx, several.dx) && same_bits(one.dy, several.dy), "loss ", id, ", ",
                threads, " threads, ", n, "×", m);
        }
      }
}

TEST_EACH("mined pairs are those that the miner keeps in float64, edges aside") {
  problem p(60, 70, false);
  p.of.mined = true;
  p.of.x_labels = p.x_labels.data();
  p.of.y_labels = p.y_labels.data();
  std::copy_n(epsilon_scalars, most_scalars, p.of.miner_scalars);
  const mined_pairs got = mine({p.of}, {2, nullptr});
  const ops::mine_multi_similarity miner(multi_similarity_miner_from(epsilon_scalars));
  std::vector<uint8_t> kept(static_cast<size_t>(p.n * p.m));
  for (size_t i = 0; i < got.anchor1.size(); ++i) ++kept[static_cast<size_t>(got.anchor1[i] * p.m + got.positive[i])];
  for (size_t i = 0; i < got.anchor2.size(); ++i) ++kept[static_cast<size_t>(got.anchor2[i] * p.m + got.negative[i])];
  int wrong = 0, positives = 0, negatives = 0;
  for (int64_t i = 0; i < p.n; ++i) {
    ops::mine_multi_similarity::state<double> seen;
    for (int64_t j = 0; j < p.m; ++j)
      p.kind(i, j, false) == 1 ? miner.positive(seen, p.dot(i, j), true) : miner.negative(seen, p.dot(i, j), true);
    for (int64_t j = 0; j < p.m; ++j) {
      const double s = p.dot(i, j);
      const bool positive = p.kind(i, j, false) == 1;
      const auto keeps = [&](double at) { return positive ? miner.keeps_positive(seen, at) : miner.keeps_negative(seen, at); };
      if (keeps(s - 1e-6) != keeps(s + 1e-6)) continue;
      wrong += kept[static_cast<size_t>(i * p.m + j)] != keeps(s);
      (positive ? positives : negatives) += keeps(s);
    }
  }
  CHECK_EQ(wrong, 0);
  CHECK(positives > 0 && negatives > 0, positives, " positives and ", negatives, " negatives are kept");
  CHECK(std::is_sorted(got.anchor1.begin(), got.anchor1.end()) && std::is_sorted(got.anchor2.begin(), got.anchor2.end()), "by anchor");
}
