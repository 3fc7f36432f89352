// One unit of the forward pass: queries are lanes, keys pass.
#pragma once
#include "attention/sight.inl.h"

#include "attention/ops.gen.h"

namespace warpweft::attention::WARPWEFT_ISA {

// The fold of a tile into one register of rows: scores become weights in place. factor: of what was added up before.
template <class Row, class Score>
WARPWEFT_HD void fold(const Score& score, int64_t count, int64_t width, int64_t lane, Row& row, float* HWY_RESTRICT s, float* factor) {
  vec highest(-__builtin_inff());
  for (int64_t q = 0; q < count; ++q) {
    float* at = s + q * width + lane;
    const vec value = score(load(at), q, lane);
    store(value, at);
    highest = max(value, highest);
  }
  store(row.raise(highest), factor + lane);
  for (int64_t q = 0; q < count; ++q) {
    float* at = s + q * width + lane;
    store(row.step(load(at)), at);
  }
}

// A unit's memory, in floats.
struct forward_room {
  float *lanes, *acc, *s, *factor, *top, *sum, *full, *keys, *values;
  int64_t key_stride, value_stride;

  static int64_t place(const forward_unit& u, bool gather_keys, bool gather_values, forward_room* out, float* at) {
    const int64_t lanes = padded_lanes(u.lanes.count), key_stride = padded_lanes(u.key_columns),
                  value_stride = padded_lanes(u.value_columns);
    const int64_t start = reinterpret_cast<int64_t>(at);
    const auto take = [&](int64_t count) {
      float* const here = at;
      at += (count + 15) / 16 * 16;
      return here;
    };
    forward_room r{};
    r.key_stride = key_stride;
    r.value_stride = value_stride;
    r.lanes = take(lanes * u.key_columns);
    r.acc = take(lanes * u.value_columns);
    r.top = take(lanes);
    r.sum = take(lanes);
    r.s = take(tile_rows * most_width);
    r.factor = take(most_width);
    r.full = take(u.rules.bias == bias_kind::full ? most_bias : 0);
    r.keys = take(through_room(u.keys, gather_keys) ? tile_rows * key_stride : 0);
    r.values = take(!u.values_in_keys && through_room(u.values, gather_values) ? tile_rows * value_stride : 0);
    if (out) *out = r;
    return (reinterpret_cast<int64_t>(at) - start) / 4;
  }
};

template <class Row>
void finish(const forward_unit& u, const forward_room& r) {
  each_panel(u.lanes.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
    constexpr int n = decltype(vecs)::value;
    HWY_ALIGN float share[n * vec_lanes], lse[n * vec_lanes];
    for (int v = 0; v < n; ++v) {
      const Row row{load(r.top + first + v * vec_lanes), load(r.sum + first + v * vec_lanes)};
      store(u.whole ? row.done() : vec(1.0f), share + v * vec_lanes);
      store(row.lse(), lse + v * vec_lanes);
    }
    const auto at = [&](int64_t lane) { return u.lanes.token(first + lane) * u.heads + u.lanes.head(first + lane); };
    unpack_panel<n>(r.acc + first * u.value_columns, count, u.value_columns, share, false,
                    [&](int64_t lane) { return u.out + at(lane) * u.value_columns; });
    for (int64_t lane = 0; lane < count; ++lane) {
      if (u.whole) u.lse[at(lane)] = lse[lane];
      if (!u.state) continue;
      u.state[2 * at(lane)] = r.top[first + lane];
      u.state[2 * at(lane) + 1] = r.sum[first + lane];
    }
  });
}

template <class Row>
void forward_of(const forward_unit& u) {
  const bool gather_keys = worth_gathering(u.keys, u.lanes.count), gather_values = worth_gathering(u.values, u.lanes.count);
  forward_room r;
  forward_room::place(u, gather_keys, gather_values, &r,
                      cpu::thread_scratch(forward_room::place(u, gather_keys, gather_values, nullptr, nullptr)));
  each_panel(u.lanes.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
    constexpr int n = decltype(vecs)::value;
    pack_queries<n>(u.lanes, first, count, u.query, u.heads, r.lanes + first * u.key_columns);
    for (int v = 0; v < n; ++v) {
      const Row zero = Row::zero();
      store(zero.top, r.top + first + v * vec_lanes);
      store(zero.sum, r.sum + first + v * vec_lanes);
    }
  });
  std::memset(r.acc, 0, static_cast<size_t>(padded_lanes(u.lanes.count) * u.value_columns) * 4);
  const float *key_at[tile_rows], *value_at[tile_rows];
  const char *keys_ahead[tile_rows], *values_ahead[tile_rows];
  tile_rules rules{};
  rules.full = r.full;
  const int64_t last_lane = u.lanes.count - 1;
  for (int64_t t0 = u.first; t0 < u.last && !u.stop(); t0 += tile_rows) {
    const int64_t keys = u.last - t0 < tile_rows ? u.last - t0 : tile_rows;
    if (look(u.rules, u.lanes.token(0), u.lanes.token(last_lane), t0, t0 + keys) == seen::none) continue;
    rows_of_tile(u.keys, t0, keys, gather_keys, r.keys, r.key_stride, key_at);
    const rows_ahead next = next_rows(u.keys, t0 + tile_rows, u.last, keys_ahead);
    const rows_ahead next_values = u.values_in_keys ? rows_ahead{} : next_rows(u.values, t0 + tile_rows, u.last, values_ahead);
    if (!u.values_in_keys) rows_of_tile(u.values, t0, keys, gather_values, r.values, r.value_stride, value_at);
    each_panel(u.lanes.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
      constexpr int n = decltype(vecs)::value, width = n * vec_lanes;
      const int64_t first_token = u.lanes.token(first), last_token = u.lanes.token(first + count - 1);
      const seen visible = look(u.rules, first_token, last_token, t0, t0 + keys);
      if (visible == seen::none) return;
      const int64_t reached = reach(u.rules, last_token, t0, keys);
      const rows_ahead ahead = first == 0 ? next : first == width ? next_values : rows_ahead{};
      scores<n>(key_at, reached, r.lanes + first * u.key_columns, u.key_columns, r.s, ahead);
      rules.masked = visible == seen::some;
      rule_queries(u.rules, u.lanes, first, count, width, t0, rules);
      if (rules.bias == bias_kind::full) rule_bias<true>(u.rules, u.lanes, first, count, t0, reached, width, r.full);
      with_scorer<true>(rules, width, [&](const auto& score) HWY_ATTR {
        for (int v = 0; v < n; ++v) {
          const int64_t lane = v * vec_lanes;
          Row row{load(r.top + first + lane), load(r.sum + first + lane)};
          fold(score, reached, width, lane, row, r.s, r.factor);
          store(row.top, r.top + first + lane);
          store(row.sum, r.sum + first + lane);
        }
      });
      add_values<n>(u.values_in_keys ? key_at : value_at, u.value_columns, r.s, reached, r.factor, r.acc + first * u.value_columns);
    });
  }
  finish<Row>(u, r);
}

inline void forward(const forward_unit& u) { forward_of<softmax<vec>>(u); }

}  // namespace warpweft::attention::WARPWEFT_ISA
