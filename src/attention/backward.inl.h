// The backward pass: weights are computed again, P = e^(s − top) / sum, and with δ = Σ grad·out of a query's row
//   dS = P (grad · v − δ) ∂s/∂x,   dq = Σ dS k,   dk = Σ dS q,   dv = Σ P grad.
// Once with queries as lanes, for dq, and once with keys as lanes, for dk and dv: each sum has one owner and one order.
#pragma once
#include "attention/forward.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

// What is known of queries, by lane or by row of a tile.
struct query_state {
  float base[tile_rows + most_width], share[tile_rows + most_width], dot[tile_rows + most_width];
};

inline void know_queries(const backward_unit& u, int64_t first, int64_t count, int64_t padded, query_state& out) {
  for (int64_t i = 0; i < padded; ++i) {
    const int64_t at = first + (i < count ? i : count - 1), row = u.queries.token(at) * u.heads + u.queries.head(at);
    const softmax<float> state{u.state[2 * row], u.state[2 * row + 1]};
    out.base[i] = state.base();
    out.share[i] = state.done();
    out.dot[i] = u.dots[row];
  }
}

// Products x in s and grad · v in g, both [rows][width], become P in s and dS in g.
template <bool queries_are_lanes, class Score>
WARPWEFT_HD void weigh(const Score& score, const query_state& of, int64_t rows, int64_t width, float* HWY_RESTRICT s,
                       float* HWY_RESTRICT g) {
  for (int64_t lane = 0; lane < width; lane += vec_lanes)
    for (int64_t q = 0; q < rows; ++q) {
      float *const at = s + q * width + lane, *const slope_at = g + q * width + lane;
      const vec value = score.of.value(load(at));
      const vec p = exp(score.biased(value, q, lane) - Score::query(of.base, q, lane)) * Score::query(of.share, q, lane);
      store(p, at);
      store(p * (load(slope_at) - Score::query(of.dot, q, lane)) * score.of.slope(value), slope_at);
    }
}

// Nothing that was added up before is scaled.
struct no_factor {
  HWY_ALIGN float by[most_width];
  no_factor() {
    for (float& f : by) f = 1.0f;
  }
};

// A unit's memory, in floats. Lanes are given by two rows each, as many columns as keys and as values have, and so are their sums.
struct backward_room {
  float *lanes, *other_lanes, *acc, *other_acc, *s, *g, *full, *rows, *other_rows;
  int64_t stride, other_stride;

  static int64_t place(const backward_unit& u, int64_t count, backward_room* out, float* at) {
    const int64_t start = reinterpret_cast<int64_t>(at), lanes = padded_lanes(count);
    const auto take = [&](int64_t floats) {
      float* const here = at;
      at += (floats + 15) / 16 * 16;
      return here;
    };
    backward_room r{};
    r.stride = padded_lanes(u.key_columns);
    r.other_stride = padded_lanes(u.value_columns);
    r.lanes = take(lanes * u.key_columns);
    r.other_lanes = take(lanes * u.value_columns);
    r.acc = take(lanes * u.key_columns);
    r.other_acc = take(lanes * u.value_columns);
    r.s = take(tile_rows * most_width);
    r.g = take(tile_rows * most_width);
    r.full = take(u.rules.bias == bias_kind::full ? most_bias : 0);
    r.rows = take(tile_rows * r.stride);
    r.other_rows = take(tile_rows * r.other_stride);
    if (out) *out = r;
    return (reinterpret_cast<int64_t>(at) - start) / 4;
  }
  static backward_room of(const backward_unit& u, int64_t count) {
    backward_room r;
    place(u, count, &r, cpu::thread_scratch(place(u, count, nullptr, nullptr)));
    std::memset(r.acc, 0, static_cast<size_t>(padded_lanes(count) * u.key_columns) * 4);
    std::memset(r.other_acc, 0, static_cast<size_t>(padded_lanes(count) * u.value_columns) * 4);
    return r;
  }
};

inline void backward_queries(const backward_unit& u) {
  const backward_room r = backward_room::of(u, u.queries.count);
  const query_part query[2] = {{u.q, u.q_type, u.key_columns}, {}};
  const query_part grad[2] = {{reinterpret_cast<const char*>(u.grad), storage::float32, u.value_columns}, {}};
  each_panel(u.queries.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
    constexpr int n = decltype(vecs)::value;
    pack_queries<n>(u.queries, first, count, query, u.heads, r.lanes + first * u.key_columns);
    pack_queries<n>(u.queries, first, count, grad, u.heads, r.other_lanes + first * u.value_columns);
  });
  const bool gather_keys = worth_gathering(u.keys, u.queries.count), gather_values = worth_gathering(u.values, u.queries.count);
  const no_factor ones;
  const float *key_at[tile_rows], *value_at[tile_rows];
  tile_rules rules{};
  rules.full = r.full;
  query_state known;
  for (int64_t t0 = u.first; t0 < u.last && !u.stop(); t0 += tile_rows) {
    const int64_t keys = u.last - t0 < tile_rows ? u.last - t0 : tile_rows;
    if (look(u.rules, u.queries.token(0), u.queries.token(u.queries.count - 1), t0, t0 + keys) == seen::none) continue;
    rows_of_tile(u.keys, t0, keys, gather_keys, r.rows, r.stride, key_at);
    rows_of_tile(u.values, t0, keys, gather_values, r.other_rows, r.other_stride, value_at);
    each_panel(u.queries.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
      constexpr int n = decltype(vecs)::value, width = n * vec_lanes;
      const int64_t first_token = u.queries.token(first), last_token = u.queries.token(first + count - 1);
      const seen visible = look(u.rules, first_token, last_token, t0, t0 + keys);
      if (visible == seen::none) return;
      const int64_t reached = reach(u.rules, last_token, t0, keys);
      scores<n>(key_at, reached, r.lanes + first * u.key_columns, u.key_columns, r.s);
      scores<n>(value_at, reached, r.other_lanes + first * u.value_columns, u.value_columns, r.g);
      rules.masked = visible == seen::some;
      rule_queries(u.rules, u.queries, first, count, width, t0, rules);
      if (rules.bias == bias_kind::full) rule_bias<true>(u.rules, u.queries, first, count, t0, reached, width, r.full);
      know_queries(u, first, count, width, known);
      with_scorer<true>(rules, width, [&](const auto& score) HWY_ATTR { weigh<true>(score, known, reached, width, r.s, r.g); });
      add_values<n>(key_at, u.key_columns, r.g, reached, ones.by, r.acc + first * u.key_columns);
    });
  }
  each_panel(u.queries.count, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
    unpack_panel<decltype(vecs)::value>(r.acc + first * u.key_columns, count, u.key_columns, ones.by, false, [&](int64_t lane) {
      return u.dq + (u.queries.token(first + lane) * u.heads + u.queries.head(first + lane)) * u.key_columns;
    });
  });
}

// Keys [u.first, u.last) as lanes, with their values beside them.
inline void pack_keys(const backward_unit& u, const backward_room& r) {
  const int64_t lanes = u.last - u.first;
  const auto pack = [&](const row_source& from, float* to) {
    each_panel(lanes, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
      pack_panel<decltype(vecs)::value>(count, from.columns, to + first * from.columns,
                                        [&](int64_t lane, int64_t k0, int64_t n, float* out) HWY_ATTR {
                                          widen(row_at(from, u.first + first + lane), static_cast<dtype>(from.type), k0, n, out);
                                        });
    });
  };
  pack(u.keys, r.lanes);
  if (u.dk) pack(u.values, r.other_lanes);
}

inline void backward_keys(const backward_unit& u) {
  const int64_t lanes = u.last - u.first;
  const backward_room r = backward_room::of(u, lanes);
  pack_keys(u, r);
  const query_part query{u.q, u.q_type, u.key_columns}, grad{reinterpret_cast<const char*>(u.grad), storage::float32, u.value_columns};
  const no_factor ones;
  const float *query_rows_at[tile_rows], *grad_rows_at[tile_rows];
  tile_rules rules{};
  rules.full = r.full;
  query_state known;
  for (int64_t i0 = 0; i0 < u.queries.count && !u.stop(); i0 += tile_rows) {
    const int64_t rows = u.queries.count - i0 < tile_rows ? u.queries.count - i0 : tile_rows;
    const int64_t first_token = u.queries.token(i0), last_token = u.queries.token(i0 + rows - 1);
    if (look(u.rules, first_token, last_token, u.first, u.last) == seen::none) continue;
    queries_of_tile(u.queries, i0, rows, query, u.heads, r.rows, r.stride, query_rows_at);
    queries_of_tile(u.queries, i0, rows, grad, u.heads, r.other_rows, r.other_stride, grad_rows_at);
    know_queries(u, i0, rows, rows, known);
    each_panel(lanes, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
      constexpr int n = decltype(vecs)::value, width = n * vec_lanes;
      const int64_t t0 = u.first + first;
      const seen visible = look(u.rules, first_token, last_token, t0, t0 + count);
      if (visible == seen::none) return;
      scores<n>(query_rows_at, rows, r.lanes + first * u.key_columns, u.key_columns, r.s);
      if (u.dk)
        scores<n>(grad_rows_at, rows, r.other_lanes + first * u.value_columns, u.value_columns, r.g);
      else
        std::memset(r.g, 0, sizeof(float) * tile_rows * width);
      rules.masked = visible == seen::some;
      rule_queries(u.rules, u.queries, i0, rows, rows, t0, rules);
      if (rules.bias == bias_kind::full) rule_bias<false>(u.rules, u.queries, i0, rows, t0, count, width, r.full);
      with_scorer<false>(rules, width, [&](const auto& score) HWY_ATTR { weigh<false>(score, known, rows, width, r.s, r.g); });
      if (u.dk) add_values<n>(query_rows_at, u.key_columns, r.g, rows, ones.by, r.acc + first * u.key_columns);
      if (u.dv) add_values<n>(grad_rows_at, u.value_columns, r.s, rows, ones.by, r.other_acc + first * u.value_columns);
    });
  }
  each_panel(lanes, [&](auto vecs, int64_t first, int64_t count) HWY_ATTR {
    constexpr int n = decltype(vecs)::value;
    if (u.dk)
      unpack_panel<n>(r.acc + first * u.key_columns, count, u.key_columns, ones.by, true,
                      [&](int64_t lane) { return u.dk + (first + lane) * u.dk_stride; });
    if (u.dv)
      unpack_panel<n>(r.other_acc + first * u.value_columns, count, u.value_columns, ones.by, true,
                      [&](int64_t lane) { return u.dv + (first + lane) * u.dv_stride; });
  });
}

// Four sums side by side hide the latency of an addition.
inline void row_dots(const float* a, const float* b, int64_t rows, int64_t columns, float* out) {
  for (int64_t r = 0; r < rows; ++r, a += columns, b += columns) {
    raw sum[4] = {hn::Zero(tag()), hn::Zero(tag()), hn::Zero(tag()), hn::Zero(tag())};
    int64_t c = 0;
    for (; c + 4 * vec_lanes <= columns; c += 4 * vec_lanes)
      for (int u = 0; u < 4; ++u)
        sum[u] = hn::MulAdd(hn::LoadU(tag(), a + c + u * vec_lanes), hn::LoadU(tag(), b + c + u * vec_lanes), sum[u]);
    float total = hn::GetLane(hn::SumOfLanes(tag(), hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]))));
    for (; c < columns; ++c) total = warpweft::fma(a[c], b[c], total);
    out[r] = total;
  }
}

}  // namespace warpweft::attention::WARPWEFT_ISA
