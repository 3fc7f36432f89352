// Rank counting: how many references are closer to a query than each of its positives. No neighbour list, no limit on k.
// Lanes are queries sorted by label; a panel's positives then stand in one range of rows.
#pragma once
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

inline bool ranks_before(float key, int32_t id, float other_key, int32_t other_id) {
  if (key == other_key) return id < other_id;
  return key < other_key || (other_key != other_key && key == key) || (key != key && other_key != other_key && id < other_id);
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

// Second sweep, over all rows: the lists are sorted now. A reference is counted at the first positive that it ranks before.
inline void rank_count(const void* context, void*, const cpu::strip& part) {
  const rank_context& c = *static_cast<const rank_context*>(context);
  for (int l = 0; l < part.lanes; ++l) {
    const int64_t lane = part.lane0 + l, begin = c.list[lane], size = c.list[lane + 1] - begin;
    const float* keys = c.keys + begin;
    const int32_t* ids = c.ids + begin;
    int32_t* beaten = c.beaten + begin + lane;
    const int64_t own = c.self ? c.lane_first + lane : -1;
    if (size == 0) continue;
    const float last = keys[size - 1];
    for (int r = 0; r < part.rows; ++r) {
      const float value = part.s[r * panel_lanes + l], key = c.larger ? -value : value;
      if (key > last) continue;
      if (part.row0 + r == own) continue;
      const int32_t id = c.row_order[part.row0 + r];
      int64_t low = 0, high = size;
      while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (ranks_before(key, id, keys[middle], ids[middle]))
          high = middle;
        else
          low = middle + 1;
      }
      ++beaten[low];
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
