// Counting scores by value: each pair falls into a bin of its lane's class. Lanes and rows are sorted by label, so that a panel's
// classes are few and follow one another, and a lane's own class is one range of rows.
#pragma once
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

// The bin of each score as a float, in place: ⌊(value − low) · scale⌋ held inside [0, bins), and `bins` for a NaN.
inline void to_bins(const histogram_context& c, const cpu::strip& part) {
  const vec low(c.low), scale(c.scale), last(static_cast<float>(c.bins - 1)), nan_bin(static_cast<float>(c.bins));
  for (int r = 0; r < part.rows; ++r) {
    float* s = part.s + r * panel_lanes;
    for (int v = 0; v < panel_lanes; v += vec_lanes) {
      const vec at = (load(s + v) - low) * scale;
      store(select(at == at, min(last, max(vec(0.0f), at)), nan_bin), s + v);
    }
  }
}

inline void histogram_step(const void* context, void* state, const cpu::strip& part) {
  const histogram_context& c = *static_cast<const histogram_context*>(context);
  const int64_t width = c.bins + 1;
  uint32_t* all = static_cast<uint32_t*>(state);
  uint32_t* own = all + c.slots * width;
  const int32_t* classes = c.lane_class + part.lane0;
  to_bins(c, part);
  int64_t slot[panel_lanes];
  for (int l = 0; l < part.lanes; ++l) slot[l] = (classes[l] - classes[0]) * width;
  for (int r = 0; r < part.rows; ++r) {
    const float* bins = part.s + r * panel_lanes;
    for (int l = 0; l < part.lanes; ++l) ++all[slot[l] + static_cast<int32_t>(bins[l])];
  }
  for (int l = 0; l < part.lanes; ++l) {
    const int64_t begin = c.class_begin[classes[l]] - part.row0, end = c.class_begin[classes[l] + 1] - part.row0;
    const int64_t itself = part.lane0 + l - part.row0;
    for (int64_t r = begin > 0 ? begin : 0; r < end && r < part.rows; ++r) {
      const int64_t at = slot[l] + static_cast<int32_t>(part.s[r * panel_lanes + l]);
      if (r == itself)
        --all[at];
      else
        ++own[at];
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
