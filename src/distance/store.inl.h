// The plain store of a strip.
#pragma once
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::copy_first;
using warpweft::WARPWEFT_ISA::stream;

// A whole panel of whole lines, past the caches.
inline void stream_panel(const cpu::strip& part, float* out, int64_t stride) {
  const float* s = part.s;
  for (int r = 0; r < part.rows; ++r, s += panel_lanes, out += stride)
    for (int v = 0; v < panel_vecs; ++v) stream(load(s + v * vec_lanes), out + v * vec_lanes);
}

inline void copy_lanes(const float* from, int count, float* to) {
  int l = 0;
  for (; l + vec_lanes <= count; l += vec_lanes) store(load(from + l), to + l);
  if (l < count) copy_first(from + l, count - l, to + l);
}

// Writes scores [rows][lanes] to out; 16-bit outputs are rounded once, to nearest even.
inline void store_strip(const void* context, void*, const cpu::strip& part) {
  const store_context& c = *static_cast<const store_context*>(context);
  const int64_t at = part.row0 * c.stride + part.lane0;
  if (c.type != dtype::float32) {
    uint16_t* out = static_cast<uint16_t*>(c.out) + at;
    for (int r = 0; r < part.rows; ++r)
      part.kern->convert(part.s + r * panel_lanes, dtype::float32, out + r * c.stride, c.type, part.lanes);
    return;
  }
  float* out = static_cast<float*>(c.out) + at;
  if (c.stream && part.lanes == panel_lanes && lanes_to_line(out) == 0) return stream_panel(part, out, c.stride);
  for (int r = 0; r < part.rows; ++r) copy_lanes(part.s + r * panel_lanes, part.lanes, out + r * c.stride);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
