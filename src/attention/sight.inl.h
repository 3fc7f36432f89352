// From inner products to scores, tile by tile: which keys a lane or a row sees, and what is added to its scores.
#pragma once
#include "attention/ops/score.h"
#include "attention/ops/sight.h"
#include "attention/rows.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

enum class seen { none, some, all };

// Keys [low, high) beside the prefix.
struct key_range {
  int64_t low, high;
};
WARPWEFT_HD key_range range_of(const score_rules& rules, int64_t token) {
  const int64_t place = rules.place + token, high = place + rules.right + 1;
  return {place - rules.left, high < rules.keys ? high : rules.keys};
}

// What queries from one token to another see of keys [t0, t1); ranges move on with the token.
inline seen look(const score_rules& rules, int64_t first_token, int64_t last_token, int64_t t0, int64_t t1) {
  const key_range first = range_of(rules, first_token), last = range_of(rules, last_token);
  if (t1 <= rules.prefix || (t0 >= last.low && t1 <= first.high)) return seen::all;
  return t0 < rules.prefix || (t0 < last.high && t1 > first.low) ? seen::some : seen::none;
}

// How many of `keys` keys from t0 on some query up to `last_token` may see.
inline int64_t reach(const score_rules& rules, int64_t last_token, int64_t t0, int64_t keys) {
  const int64_t high = range_of(rules, last_token).high, end = high > rules.prefix ? high : rules.prefix;
  return end - t0 < keys ? end - t0 : keys;
}

// A key's or a range's place within a tile, or one beyond it: as float it is exact, and so are comparisons.
WARPWEFT_HD float within(int64_t place, int64_t t0) {
  const int64_t at = place - t0, most = 4 * tile_rows;
  return static_cast<float>(at < -1 ? -1 : at > most ? most : at);
}

constexpr int most_width = most_vecs * vec_lanes;
constexpr int64_t most_bias = tile_rows * most_width;

// What a panel's scores take beside their inner products. Queries are lanes of the tile, or its rows; keys are the others.
struct tile_rules {
  score_params score;
  bool masked;
  bias_kind bias;
  float prefix;                                                     // within the tile
  float low[tile_rows + most_width], high[tile_rows + most_width];  // by query, within the tile
  float slope[tile_rows + most_width], place[tile_rows + most_width];
  float* full;  // [rows][width]
};

// Number i of the queries is one of `rows`.
inline void rule_queries(const score_rules& rules, const query_rows& rows, int64_t first, int64_t count, int64_t padded, int64_t t0,
                         tile_rules& out) {
  out.score = rules.score;
  out.bias = rules.bias;
  out.prefix = within(rules.prefix, t0);
  if (!out.masked && rules.bias != bias_kind::slopes) return;
  for (int64_t i = 0; i < padded; ++i) {
    const int64_t at = first + (i < count ? i : count - 1), token = rows.token(at);
    const key_range sees_keys = range_of(rules, token);
    out.low[i] = within(sees_keys.low, t0);
    out.high[i] = within(sees_keys.high, t0);
    out.place[i] = static_cast<float>(rules.place + token - t0);
    out.slope[i] = rules.bias == bias_kind::slopes ? rules.slopes[rows.head(at)] : 0.0f;
  }
}

// queries_are_lanes: full[q][lane] of key q and query lane, else full[q][lane] of query q and key lane.
template <bool queries_are_lanes>
void rule_bias(const score_rules& rules, const query_rows& rows, int64_t first, int64_t count, int64_t t0, int64_t keys, int64_t width,
               float* HWY_RESTRICT full) {
  for (int64_t i = 0; i < count; ++i) {
    const float* from = rules.full + rows.head(first + i) * rules.full_head + rows.token(first + i) * rules.full_row + t0;
    if (queries_are_lanes)
      for (int64_t q = 0; q < keys; ++q) full[q * width + i] = from[q];
    else
      std::memcpy(full + i * width, from, static_cast<size_t>(keys) * 4);
  }
}

// Calls f(score, slope of the score) for the product x of row q and a register of lanes from `lane`; −∞ where the key is not seen.
template <bool queries_are_lanes, bool capped, bias_kind bias, bool masked>
struct scorer {
  const tile_rules& rules;
  const score<vec, capped> of;
  const int64_t width;

  scorer(const tile_rules& r, int64_t w) : rules(r), of(r.score), width(w) {}

  // What belongs to a query: the lanes' own, or one row's for all lanes.
  static WARPWEFT_HD vec query(const float* of_queries, int64_t q, int64_t lane) {
    if constexpr (queries_are_lanes) return load(of_queries + lane);
    return vec(of_queries[q]);
  }
  WARPWEFT_HD vec key(int64_t q, int64_t lane) const {
    if constexpr (queries_are_lanes) return vec(static_cast<float>(q));
    return ascending(static_cast<float>(lane));
  }
  WARPWEFT_HD vec biased(vec s, int64_t q, int64_t lane) const {
    if constexpr (bias == bias_kind::slopes) s = s + alibi(query(rules.slope, q, lane), query(rules.place, q, lane), key(q, lane));
    if constexpr (bias == bias_kind::full) s = s + load(rules.full + q * width + lane);
    if constexpr (masked) {
      const mask visible = sees(key(q, lane), query(rules.low, q, lane), query(rules.high, q, lane), vec(rules.prefix));
      s = select(visible, s, vec(-__builtin_inff()));
    }
    return s;
  }
  WARPWEFT_HD vec operator()(vec x, int64_t q, int64_t lane) const { return biased(of.value(x), q, lane); }
};

// Calls body(scorer) with the scorer that the rules ask for.
template <bool queries_are_lanes, bool capped, bias_kind bias, class Body>
void with_mask(const tile_rules& rules, int64_t width, const Body& body) {
  if (rules.masked)
    body(scorer<queries_are_lanes, capped, bias, true>(rules, width));
  else
    body(scorer<queries_are_lanes, capped, bias, false>(rules, width));
}
template <bool queries_are_lanes, bool capped, class Body>
void with_bias(const tile_rules& rules, int64_t width, const Body& body) {
  if (rules.bias == bias_kind::slopes)
    with_mask<queries_are_lanes, capped, bias_kind::slopes>(rules, width, body);
  else if (rules.bias == bias_kind::full)
    with_mask<queries_are_lanes, capped, bias_kind::full>(rules, width, body);
  else
    with_mask<queries_are_lanes, capped, bias_kind::none>(rules, width, body);
}
template <bool queries_are_lanes, class Body>
void with_scorer(const tile_rules& rules, int64_t width, const Body& body) {
  if (rules.score.softcap > 0.0f)
    with_bias<queries_are_lanes, true>(rules, width, body);
  else
    with_bias<queries_are_lanes, false>(rules, width, body);
}

}  // namespace warpweft::attention::WARPWEFT_ISA
