// Results on their way past the caches. Stores in a burst wait for memory; a line now and then between a tile's multiply-adds does not.
#pragma once
#include <cstdint>

namespace warpweft::cpu {

constexpr int line_floats = 16;

// Rows of whole lines, [rows][panels][lanes] here and [rows][stride] there, that leave one after the other along the rows.
struct leaving {
  const float* from = nullptr;  // the next line
  float* to = nullptr;          // at a multiple of a line's bytes
  int64_t lines = 0;            // that are left
  int64_t panel_step = 0;       // from a line's end at the end of a panel to the next panel's row
  int64_t row_step = 0;         // from there after the last panel to the next row of the first
  int64_t to_step = 0;          // from the end of a row to the beginning of the next
  int lines_a_panel = 0, panels = 0;
  int line = 0, panel = 0;  // where the next one is

  // To the line after this.
  void advance() {
    from += line_floats;
    to += line_floats;
    --lines;
    if (++line < lines_a_panel) return;
    line = 0;
    from += panel_step;
    if (++panel < panels) return;
    panel = 0;
    from += row_step;
    to += to_step;
  }
};

// `rows` rows of `panels` panels of `lanes`, s_stride apart, to rows of `stride`.
inline leaving leaving_rows(const float* s, int64_t s_stride, int rows, int panels, int lanes, float* out, int64_t stride) {
  leaving l;
  l.from = s;
  l.to = out;
  l.lines_a_panel = lanes / line_floats;
  l.panels = panels;
  l.lines = static_cast<int64_t>(rows) * panels * l.lines_a_panel;
  l.panel_step = s_stride - lanes;
  l.row_step = lanes - panels * s_stride;
  l.to_step = stride - static_cast<int64_t>(panels) * lanes;
  return l;
}

}  // namespace warpweft::cpu
