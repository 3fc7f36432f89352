// A whole call of a loss, and what it comes to in float64: loops over all pairs with the functors.
#pragma once
#include "loss_cases.h"

#include <algorithm>

namespace loss_cases {

constexpr int64_t depth = 12;

// Clusters, so that losses have something to say, with scores that are cosines of angles.
struct problem {
  problem(int64_t n_, int64_t m_, bool self, matching match)
      : n(n_), m(self ? n_ : m_), x(make(n, 61)), y(self ? x : make(m, 62)),
        x_labels(labels(n, match == matching::candidate_class ? m : 5)), y_labels(labels(m, match == matching::anchor_class ? n : 5)) {
    of.x = {x.data(), warpweft::dtype::float32, n, depth, depth, 1};
    of.y = {y.data(), warpweft::dtype::float32, m, depth, depth, 1};
    of.self = self;
    of.match = match;
    of.label_words = 1;
    of.metric = warpweft::distance::metric_id::inner;
    of.reduction = reduction_id::none;
    if (match == matching::labels || match == matching::candidate_class) of.x_labels = x_labels.data();
    if (match == matching::labels || match == matching::anchor_class) of.y_labels = self ? x_labels.data() : y_labels.data();
  }
  problem(const problem&) = delete;

  // The entry's first set of scalars, and the arrays that it asks for.
  template <class Loss>
  void prepare(loss_id id) {
    of.loss = id;
    std::copy(scalar_sets<Loss>[0].begin(), scalar_sets<Loss>[0].end(), of.scalars);
    if (Loss::given > 0) of.given = (given = draw(n, 63, .1f, .9f)).data();
    if (Loss::weighs_pairs)
      of.weights.given = (weights = draw(n * m, 64, -.5f, 1)).data();
    else if (Loss::has_beside)
      of.beside = (beside = draw(m, 65, -1, 1)).data();
    for (float& w : weights) w = std::max(w, 0.0f);
  }
  template <class Miner>
  void mine_by(miner_id by) {
    of.mined = true;
    of.miner = by;
    std::copy(mining_scalars<Miner>.begin(), mining_scalars<Miner>.end(), of.miner_scalars);
  }

  // The pairs of anchor i, or across of candidate i; what is none is not counted.
  pairs row(int64_t i, bool across) const {
    pairs all;
    for (int64_t j = 0; j < (across ? n : m); ++j) {
      const int64_t a = across ? j : i, b = across ? i : j;
      all.push_back({dot(a, b), positive(a, b), !(of.self && a == b), beside_of(a, b)});
    }
    return all;
  }
  double given_to(int64_t i) const { return given.empty() ? 0 : static_cast<double>(given[static_cast<size_t>(i)]); }

  const int64_t n, m;
  const std::vector<float> x, y;
  const std::vector<int32_t> x_labels, y_labels;
  std::vector<float> given, beside, weights;
  loss_params of{};

 private:
  static std::vector<float> draw(int64_t count, uint32_t seed, float low, float high) {
    data::rng random(seed);
    return data::uniforms(random, count, low, high);
  }
  static std::vector<float> make(int64_t rows, uint32_t seed) {
    std::vector<float> out = draw(rows * depth, seed, -.15f, .15f);
    for (int64_t i = 0; i < rows; ++i) out[static_cast<size_t>(i * depth + i % 5)] += .7f;
    return out;
  }
  static std::vector<int32_t> labels(int64_t rows, int64_t classes) {
    std::vector<int32_t> out(static_cast<size_t>(rows));
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(static_cast<int64_t>(i) % classes);
    return out;
  }
  double dot(int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t k = 0; k < depth; ++k)
      sum += static_cast<double>(x[static_cast<size_t>(i * depth + k)]) * y[static_cast<size_t>(j * depth + k)];
    return sum;
  }
  bool positive(int64_t i, int64_t j) const {
    const int64_t a = x_labels[static_cast<size_t>(i)], b = y_labels[static_cast<size_t>(j)];
    if (of.match == matching::labels) return a == b;
    return (of.match == matching::candidate_class ? a : i) == (of.match == matching::anchor_class ? b : j);
  }
  double beside_of(int64_t i, int64_t j) const {
    if (!weights.empty()) return std::log(static_cast<double>(weights[static_cast<size_t>(i * m + j)]));
    return beside.empty() ? 0 : static_cast<double>(beside[static_cast<size_t>(j)]);
  }
};

// How pairs may be told of a loss: one with a target by position or classes, given weights of pairs by position alone.
template <class Loss>
std::vector<matching> matchings(bool self) {
  if (Loss::weighs_pairs) return self ? std::vector<matching>{} : std::vector{matching::position};
  if (has_target<Loss>) return self ? std::vector<matching>{} : std::vector{matching::position, matching::candidate_class};
  if (self || Loss::meets_other) return {matching::labels};
  return {matching::labels, matching::anchor_class};
}

struct expected {
  std::vector<double> value, dx, dy, beside, pair_slopes;
  double along = 0, total = 0, along_size = 0, total_size = 0;  // Σ w s and Σ w; of their sizes
};

// Those that are among the k first by score, the lower candidate first of equals.
inline void keep_first(pairs& all, int64_t k) {
  std::vector<size_t> order;
  for (size_t j = 0; j < all.size(); ++j)
    if (all[j].counted && !all[j].positive) order.push_back(j);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all[a].s > all[b].s; });
  for (size_t place = static_cast<size_t>(k); place < order.size(); ++place) all[order[place]].counted = false;
}

// What the miner drops is not counted.
template <class Miner>
void drop(pairs& all, const Miner& miner) {
  if constexpr (Miner::fields > 0) {
    typename Miner::template state<double> seen;
    for (const pair& p : all) p.positive ? miner.positive(seen, p.s, p.counted) : miner.negative(seen, p.s, p.counted);
    for (pair& p : all) p.counted = p.counted && (p.positive ? miner.keeps_positive(seen, p.s) : miner.keeps_negative(seen, p.s));
  }
  if constexpr (ranks<Miner>)
    if (miner.k > 0) keep_first(all, miner.k);
}

// What the negatives of all rows of a side came to.
template <class Loss>
std::vector<double> negatives_of(const problem& p, const Loss& loss, bool across) {
  std::vector<double> out;
  for (int64_t i = 0; i < (across ? p.m : p.n); ++i) {
    pairs all = p.row(i, across);
    for (pair& each : all) each.counted = each.counted && !each.positive;
    out.push_back(evaluate(loss, 0, all).saved[0]);
  }
  return out;
}

// The gradients of a row's pairs. Positives of a candidate's row are left out: their terms are the anchors'.
template <class Loss>
void add_gradients(const problem& p, const Loss& loss, const double* saved, const pairs& all, int64_t i, bool across, expected& e) {
  for (size_t j = 0; j < all.size(); ++j) {
    const auto a = across ? j : static_cast<size_t>(i), b = across ? static_cast<size_t>(i) : j;
    if constexpr (Loss::weighs_pairs) e.pair_slopes[a * static_cast<size_t>(p.m) + b] = loss.pair_slope(saved, all[j].s);
    if (!all[j].counted || (across && all[j].positive)) continue;
    const double w = weight(loss, saved, all[j]);
    e.along += w * all[j].s, e.along_size += std::fabs(w * all[j].s);
    e.total += w, e.total_size += std::fabs(w);
    if constexpr (Loss::has_beside) e.beside[b] += w / static_cast<double>(loss.beside_slope());
    for (size_t k = 0; k < depth; ++k) {
      e.dx[a * depth + k] += w * p.y[b * depth + k];
      e.dy[b * depth + k] += w * p.x[a * depth + k];
    }
  }
}

// A positive of a loss that meets the other row is a term of each end that is an anchor.
template <class Loss, class Miner>
expected oracle(const problem& p, const Loss& loss, const Miner& miner) {
  const auto n = static_cast<size_t>(p.n), m = static_cast<size_t>(p.m);
  expected e{std::vector<double>(n), std::vector<double>(p.x.size()), std::vector<double>(p.y.size()), std::vector<double>(m),
             std::vector<double>(Loss::weighs_pairs ? n * m : 0)};
  const bool both_sides = Loss::meets_other && !p.of.self;
  const auto look_from = [&](bool across) {
    const std::vector<double> others = Loss::meets_other ? negatives_of(p, loss, !across) : std::vector<double>();
    for (int64_t i = 0; i < (across ? p.m : p.n); ++i) {
      pairs all = p.row(i, across);
      for (size_t j = 0; j < others.size(); ++j) all[j].beside = others[j];
      drop(all, miner);
      const row<Loss> r = evaluate(loss, p.given_to(across ? 0 : i), all, {}, both_sides ? 1 : 2);
      if (!across) e.value[static_cast<size_t>(i)] = r.total();
      add_gradients(p, loss, r.saved, all, i, across, e);
    }
  };
  look_from(false);
  if (both_sides) look_from(true);
  if (p.of.self)
    for (size_t i = 0; i < e.dx.size(); ++i) e.dx[i] += e.dy[i];
  return e;
}

}  // namespace loss_cases
