// Rank counting: how many references are closer to a query than each of its positives. No neighbour list, no limit on k.
// Lanes are queries sorted by label; a panel's positives then stand in one range of rows.
#pragma once
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

// Keys are numbers here: a NaN stands after everything and is never counted.
inline bool ranks_before(float key, int32_t id, float other_key, int32_t other_id) {
  if (key == other_key) return id < other_id;
  return key < other_key;
}

// First sweep, over the rows of the panel's own labels: writes each positive's key and id to its place in the list.
inline void rank_positives(const void* context, void*, const cpu::strip& part) {
  const rank_context& c = *static_cast<const rank_context*>(context);
  for (int r = 0; r < part.rows; ++r) {
    const int64_t row = part.row0 + r;
    const int32_t id = c.row_order[row];
    for (int l = 0; l < part.lanes; ++l) {
      const int64_t lane = part.lane0 + l;
      if (row < c.class_begin[lane] || row >= c.class_end[lane]) continue;
      const int64_t own = c.self ? c.lane_first + lane : -1;
      if (row == own) continue;
      const int64_t at = c.list[lane] + row - c.class_begin[lane] - (own >= 0 && row > own);
      const float value = part.s[r * panel_lanes + l];
      c.keys[at] = c.larger ? -value : value;
      c.ids[at] = id;
    }
  }
}

// One reference that may stand before a positive still in the running: it is counted at the first such positive.
// A positive is out once R references stand before it; `limit` is the last one that is not.
inline void count_one(const rank_context& c, int64_t lane, float key, int32_t id) {
  const int64_t begin = c.list[lane];
  const float* keys = c.keys + begin;
  const int32_t* ids = c.ids + begin;
  int64_t& limit = c.limit[lane];
  int64_t low = 0, high = limit + 1;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (ranks_before(key, id, keys[middle], ids[middle]))
      high = middle;
    else
      low = middle + 1;
  }
  if (low > limit) return;
  int32_t* beaten = c.beaten + begin;
  ++beaten[low];
  for (++c.within[lane]; limit >= 0 && c.within[lane] >= c.list[lane + 1] - begin; --limit) c.within[lane] -= beaten[limit];
  c.limit_key[lane] = limit >= 0 ? keys[limit] : __builtin_nanf("");
}

// Second sweep, over all rows; the lists are sorted now. References before the best positive are counted a register at a time,
// so that its rank is known however far down it stands; the others only while they can matter to the top R.
inline void rank_count(const void* context, void*, const cpu::strip& part) {
  const rank_context& c = *static_cast<const rank_context*>(context);
  const vec sign(c.larger ? -1.0f : 1.0f), one(1.0f), none(0.0f);
  for (int v = 0; v < panel_vecs; ++v) {
    const int64_t lane0 = part.lane0 + v * vec_lanes;
    const vec first = load(c.first_key + lane0);
    const uint64_t valid = part.lanes - v * vec_lanes >= vec_lanes
                               ? ~uint64_t{0}
                               : (uint64_t{1} << (part.lanes > v * vec_lanes ? part.lanes - v * vec_lanes : 0)) - 1;
    vec before = none, limit = load(c.limit_key + lane0);
    for (int r = 0; r < part.rows; ++r) {
      const vec key = load(part.s + r * panel_lanes + v * vec_lanes) * sign;
      before = before + select(key < first, one, none);
      const mask hit = key <= limit, tie = key == first;
      if (!any(hit || tie)) continue;
      const int64_t row = part.row0 + r;
      const int32_t id = c.row_order[row];
      float keys[vec_lanes];
      store(key, keys);
      for (uint64_t bits = bits_of(tie) & valid; bits; bits &= bits - 1) {
        const int64_t lane = lane0 + __builtin_ctzll(bits);
        if (id < c.ids[c.list[lane]] && !(c.self && row == c.lane_first + lane)) ++c.before[lane];
      }
      for (uint64_t bits = bits_of(hit) & valid; bits; bits &= bits - 1) {
        const int l = __builtin_ctzll(bits);
        if (!(c.self && row == c.lane_first + lane0 + l)) count_one(c, lane0 + l, keys[l], id);
      }
      limit = load(c.limit_key + lane0);
    }
    float counts[vec_lanes];
    store(before, counts);
    for (int l = 0; l < vec_lanes && v * vec_lanes + l < part.lanes; ++l) {
      c.before[lane0 + l] += static_cast<int64_t>(counts[l]);
      // The query itself, where it was among them.
      const int64_t own = c.lane_first + lane0 + l - part.row0;
      if (!c.self || own < 0 || own >= part.rows) continue;
      const float value = part.s[own * panel_lanes + v * vec_lanes + l];
      if ((c.larger ? -value : value) < c.first_key[lane0 + l]) --c.before[lane0 + l];
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
