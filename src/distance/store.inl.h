// The plain store of a strip.
#pragma once
#include <cstring>

#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::first_lanes;
using warpweft::WARPWEFT_ISA::stream;

// A register of a row of scores from lane l: in one panel, or the end of one and the beginning of the next.
inline vec load_across(const float* s, int64_t s_stride, int l) {
  const int panel = l / panel_lanes, at = l % panel_lanes, left = panel_lanes - at;
  const float* p = s + panel * s_stride + at;
  if (left >= vec_lanes) return load(p);
  return select(first_lanes(left), load(p), load(s + (panel + 1) * s_stride - left));
}

// A row past the caches, but for the lines that it shares with what others write.
inline void stream_row(const float* s, int64_t s_stride, int count, float* out) {
  constexpr int line = 16;
  const int to_line = static_cast<int>(-reinterpret_cast<uintptr_t>(out) / sizeof(float) % line);
  const int head = to_line < count ? to_line : count;
  int l = 0;
  const auto one = [&](int at) { out[at] = s[at / panel_lanes * s_stride + at % panel_lanes]; };
  for (; l < head; ++l) one(l);
  for (; l + line <= count; l += line)
    for (int v = 0; v < line; v += vec_lanes) stream(load_across(s, s_stride, l + v), out + l + v);
  for (; l < count; ++l) one(l);
}

// Whole lines leave while the next strip is made.
inline bool leaves_later(const cpu::strip& part, float* out, int64_t stride) {
  constexpr int line = cpu::line_floats;
  const bool lines = reinterpret_cast<uintptr_t>(out) % (line * sizeof(float)) == 0 && stride % line == 0;
  if (!part.past || !lines || panel_lanes % line != 0 || part.lanes % panel_lanes != 0) return false;
  *part.past = cpu::leaving_rows(part.s, part.s_stride, part.rows, part.lanes / panel_lanes, panel_lanes, out, stride);
  return true;
}

// Writes scores [rows][lanes] to out; 16-bit outputs are rounded once, to nearest even.
inline void store_strip(const void* context, void*, const cpu::strip& part) {
  const store_context& c = *static_cast<const store_context*>(context);
  if (c.stream && leaves_later(part, static_cast<float*>(c.out) + part.row0 * c.stride + part.lane0, c.stride)) return;
  for (int r = 0; r < part.rows; ++r) {
    const float* s = part.s + r * panel_lanes;
    int64_t at = (part.row0 + r) * c.stride + part.lane0;
    if (c.stream) {
      stream_row(s, part.s_stride, part.lanes, static_cast<float*>(c.out) + at);
      continue;
    }
    for (int lanes = part.lanes; lanes > 0; lanes -= panel_lanes, s += part.s_stride, at += panel_lanes) {
      if (c.type != dtype::float32) {
        part.kern->convert(s, dtype::float32, static_cast<uint16_t*>(c.out) + at, c.type, lanes < panel_lanes ? lanes : panel_lanes);
      } else if (lanes >= panel_lanes) {
        float* out = static_cast<float*>(c.out) + at;
        for (int v = 0; v < panel_vecs; ++v) store(load(s + v * vec_lanes), out + v * vec_lanes);
      } else {
        std::memcpy(static_cast<float*>(c.out) + at, s, static_cast<size_t>(lanes) * 4);
      }
    }
  }
}

}  // namespace warpweft::distance::WARPWEFT_ISA
