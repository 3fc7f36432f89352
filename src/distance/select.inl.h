// The k closest rows of each lane; ties go to the lower index.
#pragma once
#include "cpu/scratch.h"
#include "distance/list.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

// One lane, whose pairs are read again and evaluated without the expansion.
class second_look {
 public:
  second_look(const score_context& pair, bool larger, int64_t lane)
      : pair_(pair), larger_(larger), lane_(lane), room_(cpu::thread_scratch(2 * pair.lanes->of.columns)),
        row_(read_exact(*pair.lanes, lane, room_)) {}
  entry operator()(entry e) const {
    const float value = refined(pair_, row_, room_ + pair_.lanes->of.columns, lane_, row_of(e), value_of(e, larger_));
    return entry_of(larger_ ? -value : value, row_of(e));
  }

 private:
  const score_context& pair_;
  const bool larger_;
  const int64_t lane_;
  float* const room_;
  const exact_row row_;
};

inline void top_k_zero(const void*, void* state, int64_t, int lanes) { list_zero(*static_cast<list_state*>(state), lanes); }

// Calls found(lane, row, score) for the valid pairs of a strip that are near(score, register of lanes), row by row for each lane.
// Few pairs are, so the pairs of several rows become the bits of one number, which mostly is 0.
template <class Near, class Found>
WARPWEFT_HD void each_near(const cpu::strip& part, const Near& near, const Found& found) {
  constexpr int together = 4;
  static_assert(panel_rows % together == 0, "a strip's scores are whole tiles");
  static_assert(together * vec_lanes <= 64, "one number holds a bit for each pair");
  for (int r = 0; r < part.rows; r += together) {
    uint64_t bits[panel_vecs], some = 0;
    for (int v = 0; v < panel_vecs; ++v) {
      bits[v] = 0;
      for (int u = 0; u < together; ++u)
        bits[v] |= bits_of(near(load(part.s + (r + u) * panel_lanes + v * vec_lanes), v)) << (u * vec_lanes);
      some |= bits[v];
    }
    if (!some) continue;
    for (int v = 0; v < panel_vecs; ++v)
      for (; bits[v]; bits[v] &= bits[v] - 1) {
        const int bit = __builtin_ctzll(bits[v]), at = r + bit / vec_lanes, lane = v * vec_lanes + bit % vec_lanes;
        if (at < part.rows && lane < part.lanes) found(lane, part.row0 + at, part.s[at * panel_lanes + lane]);
      }
  }
}

template <bool larger>
void top_k_step_as(const top_k_context& c, list_state& t, const cpu::strip& part) {
  const auto near = [&](vec s, int v) HWY_ATTR {
    const vec farthest = load(t.farthest + v * vec_lanes);
    return larger ? !(-s >= farthest) : !(s >= farthest);
  };
  each_near(part, near, [&](int lane, int64_t row, float s) {
    const float key = larger ? -s : s;
    if (!(key == key) || (c.exclude_self && part.lane0 + lane == row)) return;
    list_add(t, c.list, lane, entry_of(key, row));
  });
}

inline void top_k_step(const void* context, void* state, const cpu::strip& part) {
  const top_k_context& c = *static_cast<const top_k_context*>(context);
  list_state& t = *static_cast<list_state*>(state);
  if (c.larger)
    top_k_step_as<true>(c, t, part);
  else
    top_k_step_as<false>(c, t, part);
}

// The bound that a panel's dots must pass, and what it takes to say so of one of its tiles.
template <class Op>
class dot_screen {
 public:
  // A dot is off by D 2⁻²⁴ |x||y| at most, |x||y| is at most half of |x|² + |y|²: four times that is allowed for.
  dot_screen(const score_context& c, const Op& op) : c_(c), op_(op), slack_(static_cast<float>(c.rows->of.columns + 8) * 0x1p-22f) {}
  void read_limits(const float* farthest, int64_t lane0) {
    for (int v = 0; v < panel_vecs; ++v) {
      const row_side<vec> lane = lanes_from<Op>(c_, lane0 + v * vec_lanes);
      const vec limit = load(farthest + v * vec_lanes);  // −∞ on lanes that there are not
      lane_[v] = op_.screen_lane(slack_, lane, select(limit < vec(0.0f), limit, op_.gap_of(limit, lane, lane)));
    }
  }
  WARPWEFT_HD bool any_passes(const float* s, int64_t row0) const {
    mask some = vec(0.0f) > vec(0.0f);
    for (int i = 0; i < panel_rows; ++i) {
      const vec row = screen_row(row0 + i);
      for (int v = 0; v < panel_vecs; ++v) some = some || op_.passes(load(s + i * panel_lanes + v * vec_lanes), row, lane_[v]);
    }
    return any(some);
  }
  WARPWEFT_HD vec screen_row(int64_t row) const { return op_.screen_row(slack_, spread_row<Op>(c_, row)); }
  WARPWEFT_HD mask passes(const float* s, vec row, int v) const { return op_.passes(load(s), row, lane_[v]); }

 private:
  const score_context& c_;
  const Op& op_;
  const float slack_;
  vec lane_[panel_vecs];
};

// Values of a register of dots, of which those of `wanted` count; near ones are evaluated again.
template <class Op>
void values_of_dots(const score_context& c, const Op& op, const cpu::strip& part, int r, int v, uint64_t wanted, float* out) {
  const oriented<Op, !Op::symmetric> o{op};  // queries are the lanes
  const row_side<vec> row = spread_row<Op>(c, part.row0 + r), lane = lanes_from<Op>(c, part.lane0 + v * vec_lanes);
  const vec gap = o.gap(load(part.s + r * panel_lanes + v * vec_lanes), row, lane);
  store(o.value(gap, row, lane), out);
  const uint64_t near = bits_of(o.within(gap, row, lane)) & wanted;
  if (near) re_evaluate_pairs(c, op, part, part.row0 + r, v * vec_lanes, near, out);
}

template <class Op>
void top_k_step_of_dots(const void* context, void* state, const cpu::strip& part) {
  const top_k_context& c = *static_cast<const top_k_context*>(context);
  list_state& t = *static_cast<list_state*>(state);
  const Op op = make_op<Op>(c.scalars.scalars);
  dot_screen<Op> screen(c.scalars, op);
  screen.read_limits(t.farthest, part.lane0);
  for (int tile = 0; tile < part.rows; tile += panel_rows) {
    if (!screen.any_passes(part.s + tile * panel_lanes, part.row0 + tile)) continue;
    const int end = part.rows - tile < panel_rows ? part.rows : tile + panel_rows;
    for (int r = tile; r < end; ++r) {
      const vec row = screen.screen_row(part.row0 + r);
      for (int v = 0; v < panel_vecs; ++v) {
        uint64_t bits = bits_of(screen.passes(part.s + r * panel_lanes + v * vec_lanes, row, v));
        if (!bits) continue;
        HWY_ALIGN float keys[vec_lanes];
        values_of_dots(c.scalars, op, part, r, v, bits, keys);
        for (; bits; bits &= bits - 1) {
          const int at = __builtin_ctzll(bits), lane = v * vec_lanes + at;
          const bool itself = c.exclude_self && part.lane0 + lane == part.row0 + r;
          if (lane >= part.lanes || itself || !(keys[at] == keys[at]) || keys[at] >= t.farthest[lane]) continue;
          list_add(t, c.list, lane, entry_of(keys[at], part.row0 + r));
        }
      }
    }
    screen.read_limits(t.farthest, part.lane0);
  }
}

inline void top_k_join(const void* context, void* into, const void* from) {
  const list_shape& shape = static_cast<const top_k_context*>(context)->list;
  list_state& t = *static_cast<list_state*>(into);
  list_state& other = *static_cast<list_state*>(const_cast<void*>(from));
  for (int l = 0; l < panel_lanes; ++l)
    for (int64_t i = 0; i < other.size[l]; ++i) list_add(t, shape, l, other.entries(shape, l)[i]);
}

inline void top_k_done(const void* context, void* state, int64_t lane0, int lanes) {
  const top_k_context& c = *static_cast<const top_k_context*>(context);
  list_state& t = *static_cast<list_state*>(state);
  for (int l = 0; l < lanes; ++l) {
    const second_look again(c.scalars, c.larger, lane0 + l);
    entry* list = t.entries(c.list, l);
    const int64_t size = list_close(t, c.list, l);
    bool in_order = c.list.sorted;
    for (int64_t i = 0; i < size; ++i) {
      const entry before = list[i];
      list[i] = again(before);
      in_order = in_order && list[i] == before;
    }
    if (!in_order) sort_entries(list, size);
    float* values = c.values + (lane0 + l) * c.k;
    int32_t* indices = c.indices + (lane0 + l) * c.k;
    for (int64_t i = 0; i < c.k; ++i) {
      const bool filled = i < size;
      values[i] = filled ? value_of(list[i], c.larger) : no_value;
      indices[i] = filled ? row_of(list[i]) : -1;
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
