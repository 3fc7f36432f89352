// The triplets of one anchor, counted over its whole row of scores; nothing lists them. Negatives are gathered without the gaps that
// positives leave, so that registers walk them.
#pragma once
#include "cpu/scratch.h"
#include "loss/ops/row_kinds.h"
#include "loss/ops/triplet_term.h"
#include "loss/pairs.inl.h"
#include "loss/triplets.h"

namespace warpweft::loss::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::first_lanes;

// An anchor's row. u: distances, or similarities with their sign turned.
struct triplet_row {
  const triplet_params& p;
  int64_t anchor, positives = 0, negatives = 0;
  float sign = 1.0f;
  float *up = nullptr, *pull = nullptr;             // [positives] u and Σ slopes
  float *un = nullptr, *push = nullptr;             // [negatives padded]
  float *closer = nullptr, *closer_push = nullptr;  // likewise, of the negatives seen from one positive
  int32_t* at = nullptr;                            // [positives] column
  const int32_t *barred = nullptr, *end = nullptr;  // columns that are no negatives, ascending

  // Negatives, run by run: run(column, place, count).
  template <class Run>
  void runs(const Run& run) const {
    int64_t column = 0, place = 0;
    for (const int32_t* next = barred; next != end; ++next) {
      if (*next > column) run(column, place, *next - column);
      place += *next > column ? *next - column : 0;
      column = *next + 1;
    }
    if (column < p.of.candidates) run(column, place, p.of.candidates - column);
  }
  void gather(const float* row, float* out) const {
    runs([&](int64_t column, int64_t place, int64_t count) {
      for (int64_t i = 0; i < count; ++i) out[place + i] = sign * row[column + i];
    });
  }
};

struct triplet_sums {
  double sum = 0, count = 0, non_zero = 0;
};

inline float total_of(vec v) {
  alignas(64) float lanes[vec_lanes];
  store(v, lanes);
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

inline float first_of(vec v) {
  alignas(64) float lanes[vec_lanes];
  store(v, lanes);
  return lanes[0];
}

// One positive against all negatives whose gap is in the window.
template <class Term, bool swaps>
float against_all(const triplet_row& row, const Term& with, int64_t k, float factor, triplet_sums& sums) {
  const triplet_rule& rule = row.p.rule;
  const vec up(row.up[k]), lower(rule.lower), upper(rule.upper), terms(Term::terms), zero(0.0f);
  vec sum = zero, count = zero, non_zero = zero, pull = zero;
  for (int64_t i = 0; i < row.negatives; i += vec_lanes) {
    const vec own = load(row.un + i), gap = own - up;
    const int left = static_cast<int>(row.negatives - i < vec_lanes ? row.negatives - i : vec_lanes);
    const mask kept = first_lanes(left) && !(gap <= lower) && !(gap > upper);
    const vec other = swaps ? load(row.closer + i) : own;
    const mask swapped = swaps ? other < own : !kept && kept;
    const triplet_parts<vec> t = with.of(up, swaps ? select(swapped, other, own) : own);
    const vec value = select(kept, t.value, zero), push = select(kept, t.push, zero) * vec(factor);
    sum = sum + value;
    count = count + select(kept, terms, zero);
    non_zero = non_zero + select(kept, open_terms<Term>(t), zero);
    pull = pull + select(kept, t.pull, zero);
    store(load(row.push + i) + (swaps ? select(swapped, zero, push) : push), row.push + i);
    if (swaps) store(load(row.closer_push + i) + select(swapped, push, zero), row.closer_push + i);
  }
  sums.sum += static_cast<double>(factor) * static_cast<double>(total_of(sum));
  sums.count += static_cast<double>(total_of(count));
  sums.non_zero += static_cast<double>(total_of(non_zero));
  row.pull[k] += factor * total_of(pull);
  return total_of(non_zero);
}

// The place of the smallest (or largest) u in [0, n) beyond a bound; ties to the lower, a NaN at once; −1 for none.
template <bool largest>
int64_t extreme(const float* u, int64_t n, float bound) {
  int64_t best = -1;
  for (int64_t i = 0; i < n; ++i) {
    if (u[i] != u[i]) return i;
    if (largest ? u[i] >= bound : u[i] <= bound) continue;
    if (best < 0 || (largest ? u[i] > u[best] : u[i] < u[best])) best = i;
  }
  return best;
}

constexpr float unbounded = __builtin_inff();

inline int64_t chosen_negative(const triplet_row& row, triplet_choice choice, float beyond) {
  if (choice == triplet_choice::easy) return extreme<true>(row.un, row.negatives, unbounded);
  if (choice == triplet_choice::hard) return extreme<false>(row.un, row.negatives, -unbounded);
  const int64_t found = extreme<false>(row.un, row.negatives, beyond);
  return found < 0 && row.p.rule.farthest ? extreme<true>(row.un, row.negatives, unbounded) : found;
}
inline int64_t chosen_positive(const triplet_row& row, triplet_choice choice, float before) {
  if (choice == triplet_choice::easy) return extreme<false>(row.up, row.positives, -unbounded);
  return extreme<true>(row.up, row.positives, choice == triplet_choice::hard ? unbounded : before);
}

// Those of the call's list; one that is no pair of a positive and a negative is left out.
template <class Use>
void listed(const triplet_row& row, const Use& use) {
  const triplet_params& p = row.p;
  for (int64_t at = p.pair_lists[row.anchor]; at < p.pair_lists[p.of.anchors + row.anchor]; ++at) {
    const int32_t positive = p.pairs[at], negative = p.pairs[p.pair_count + at];
    int64_t k = 0, place = -1;
    while (k < row.positives && row.at[k] != positive) ++k;
    row.runs([&](int64_t column, int64_t from, int64_t count) {
      if (negative >= column && negative < column + count) place = from + negative - column;
    });
    if (k < row.positives && place >= 0) use(k, place);
  }
}

// The pairs (positive, negative) that an anchor's choices leave: use(k, i), −1 for none.
template <class Use>
void chosen(const triplet_row& row, const Use& use) {
  const triplet_rule& rule = row.p.rule;
  if (row.negatives == 0 || (row.positives == 0 && !rule.every_anchor)) return;
  if (row.positives == 0) return use(-1, chosen_negative(row, rule.negatives, 0.0f));
  if (rule.positives == triplet_choice::listed) return listed(row, use);
  if (rule.positives == triplet_choice::all) {
    for (int64_t k = 0; k < row.positives; ++k) use(k, chosen_negative(row, rule.negatives, row.up[k]));
  } else if (rule.positives == triplet_choice::semihard) {
    const int64_t i = chosen_negative(row, rule.negatives, 0.0f);
    const int64_t k = i < 0 ? -1 : chosen_positive(row, rule.positives, row.un[i]);
    if (k >= 0) use(k, i);
  } else {
    const int64_t k = chosen_positive(row, rule.positives, 0.0f);
    if (k < 0) return;
    if (rule.negatives != triplet_choice::all) return use(k, chosen_negative(row, rule.negatives, row.up[k]));
    for (int64_t i = 0; i < row.negatives; ++i) use(k, i);
  }
}

// Whether positive k is of those that this call counts.
inline bool counts(const triplet_row& row, int64_t k) { return k < 0 || (row.at[k] >= row.p.from && row.at[k] < row.p.until); }

template <class Term, bool swaps>
void one_triplet(const triplet_row& row, const Term& with, int64_t k, int64_t i, triplet_sums& sums) {
  const float own = row.un[i];
  if (swaps) row.gather(row.p.among + (row.at[k] - row.p.from) * row.p.of.candidates, row.closer);
  const bool swapped = swaps && row.closer[i] < own;
  const triplet_parts<vec> t = with.of(vec(k < 0 ? row.p.rule.missing : row.up[k]), vec(swapped ? row.closer[i] : own));
  const float value = first_of(t.value);
  sums.sum += static_cast<double>(value);
  if (!row.p.rule.every_anchor) sums.count += static_cast<double>(Term::terms);
  sums.non_zero += static_cast<double>(first_of(open_terms<Term>(t)));
  if (k >= 0) row.pull[k] += first_of(t.pull);
  (swapped ? row.closer_push : row.push)[i] += first_of(t.push);
}

// Positive k against the negatives of the window. Ranked ones are counted first.
template <class Term, bool swaps>
void one_positive(const triplet_row& row, const Term& with, int64_t k, triplet_sums& sums) {
  if (swaps) row.gather(row.p.among + (row.at[k] - row.p.from) * row.p.of.candidates, row.closer);
  float factor = 1.0f;
  if (row.p.rule.value == triplet_value::ranked) {
    triplet_sums unused;
    factor = first_of(log1p(vec(against_all<Term, false>(row, with, k, 0.0f, unused))));
  }
  against_all<Term, swaps>(row, with, k, factor, sums);
}

// All that counts of a row, or of it what one positive has a part in.
template <class Term, bool swaps>
triplet_sums visit(const triplet_row& row, const Term& with, int64_t only = -1) {
  triplet_sums sums;
  const auto wanted = [&](int64_t k) { return only >= 0 ? k == only : counts(row, k); };
  if (row.p.rule.positives == triplet_choice::window) {
    for (int64_t k = 0; k < row.positives; ++k)
      if (wanted(k)) one_positive<Term, swaps>(row, with, k, sums);
  } else {
    chosen(row, [&](int64_t k, int64_t i) {
      if (i >= 0 && wanted(k)) one_triplet<Term, swaps>(row, with, k, i, sums);
    });
    if (row.p.rule.every_anchor) sums.count = 1;
  }
  return sums;
}

template <bool swaps>
triplet_sums visit(const triplet_row& row, int64_t only = -1) {
  const triplet_rule& rule = row.p.rule;
  switch (rule.value) {
    case triplet_value::smooth: return visit<smooth_term, swaps>(row, smooth_term{rule.margin}, only);
    case triplet_value::margin: return visit<margin_term, swaps>(row, margin_term{rule.margin, row.sign * rule.beta}, only);
    default: return visit<hinge_term, swaps>(row, hinge_term{rule.margin}, only);
  }
}

inline int64_t padded_row(int64_t count) { return (count + vec_lanes - 1) / vec_lanes * vec_lanes; }
inline void zero_floats(float* p, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = 0.0f;
}

// Room for what is known of a row, in a thread's scratch: four arrays for negatives, two for positives, two of columns.
inline triplet_row room_for(const triplet_params& p, int64_t r, int64_t listed, int32_t*& barred) {
  const int64_t room = padded_row(p.of.candidates), ends = padded_row(listed);
  float* at = cpu::thread_scratch(4 * room + 4 * ends);
  triplet_row row{p, p.of.first + r};
  row.sign = p.of.larger ? -1.0f : 1.0f;
  row.un = at;
  row.push = at + room;
  row.closer = at + 2 * room;
  row.closer_push = at + 3 * room;
  row.up = at + 4 * room;
  row.pull = row.up + ends;
  row.at = reinterpret_cast<int32_t*>(row.pull + ends);
  barred = row.at + ends;
  zero_floats(row.un, room);
  zero_floats(row.push, room);
  zero_floats(row.pull, ends);
  return row;
}

// The anchor's row taken apart. Without sets and ids its list alone says what is no negative, itself among them.
inline triplet_row row_of(const triplet_params& p, int64_t r) {
  const whole_rows& of = p.of;
  const int64_t anchor = of.first + r, m = of.candidates;
  const bool plain = of.set_words == 0 && !of.x_ids;
  const int32_t *begin = of.members + of.lists[anchor], *end = of.members + of.lists[of.anchors + anchor];
  const float* scores = of.scores + r * m;
  int32_t* barred = nullptr;
  triplet_row row = room_for(p, r, plain ? end - begin : m, barred);
  const auto take = [&](int32_t column) {
    row.at[row.positives] = column;
    row.up[row.positives++] = row.sign * scores[column];
  };
  if (plain) {
    for (const int32_t* j = begin; j < end; ++j)
      if (!is_left_out(of, anchor, *j)) take(*j);
    row.barred = begin;
    row.end = end;
  } else {
    row.barred = row.end = barred;
    for (int32_t column = 0; column < m; ++column) {
      const pair_kind kind = kind_of(of, anchor, column);
      if (kind == pair_kind::positive) take(column);
      if (kind != pair_kind::negative) barred[row.end++ - row.barred] = column;
    }
  }
  row.gather(scores, row.un);
  row.negatives = m - (row.end - row.barred);
  return row;
}

inline float scale_of(const triplet_params& p, int64_t anchor) { return p.grad[p.none ? anchor : 0] * p.state[0]; }

inline void triplet_anchor(const triplet_params& p, int64_t r) {
  const triplet_row row = row_of(p, r);
  if (p.among) zero_floats(row.closer_push, padded_row(p.of.candidates));
  const triplet_sums sums = p.among ? visit<true>(row) : visit<false>(row);
  const double found[3] = {sums.sum, sums.count, sums.non_zero};
  for (int part = 0; p.parts && part < 3; ++part) p.parts[part * p.of.anchors + row.anchor] += static_cast<float>(found[part]);
  if (!p.weights) return;
  // The weights begin as zeros: what is no pair stays so, and a range of positives at a time adds its share.
  const float scale = row.sign * scale_of(p, row.anchor);
  float* out = p.weights + r * p.of.candidates;
  for (int64_t k = 0; k < row.positives; ++k)
    if (counts(row, k)) out[row.at[k]] += scale * row.pull[k];
  row.runs([&](int64_t column, int64_t place, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[column + i] -= scale * row.push[place + i];
  });
}

// What negatives weigh as seen from positive `from + q`: of all anchors of the block that have it.
inline void triplet_between(const triplet_params& p, int64_t q) {
  const int64_t positive = p.from + q, m = p.of.candidates;
  float* out = p.among_weights + q * m;
  zero_floats(out, m);
  for (int64_t r = 0; r < p.of.rows; ++r) {
    if (kind_of(p.of, p.of.first + r, positive) != pair_kind::positive) continue;
    const triplet_row row = row_of(p, r);
    zero_floats(row.closer_push, padded_row(m));
    int64_t k = 0;
    while (row.at[k] != positive) ++k;
    visit<true>(row, k);
    const float scale = row.sign * scale_of(p, row.anchor);
    row.runs([&](int64_t column, int64_t place, int64_t count) {
      for (int64_t i = 0; i < count; ++i) out[column + i] -= scale * row.closer_push[place + i];
    });
  }
}

}  // namespace warpweft::loss::WARPWEFT_ISA
