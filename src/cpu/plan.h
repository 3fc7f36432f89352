// How a sweep is cut: a pure function from shapes to block sizes, so that the cut never depends on the machine's threads.
#pragma once
#include <algorithm>
#include <cstdint>

#include "cpu/kernels.h"

namespace warpweft::cpu {

struct plan {
  int64_t panels;          // lane panels in all
  int64_t panels_a_block;  // of lanes, packed together
  int64_t panels_a_task;
  int64_t rows_a_block;  // packed together, multiple of rows_a_part
  int64_t rows_a_part;   // stay in the second-level cache while panels pass, multiple of rows_a_strip
  int64_t rows_a_strip;  // scores made before they are folded, multiple of the tile
  int64_t ranges;        // rows of a block are shared among this many states where lanes are few
};

constexpr int64_t up_to_multiple(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

struct sweep_shape {
  bool dots, transposed, whole;
  int64_t state_bytes;  // of a panel
};

inline plan make_plan(const kernels& kern, int64_t lanes, int64_t rows, int64_t columns, const sweep_shape& shape) {
  constexpr int64_t lane_block_bytes = 8 << 20, row_block_bytes = 2 << 20, row_part_bytes = 256 << 10, state_block_bytes = 8 << 20,
                    few_tasks = 16;
  const int64_t depth = std::max<int64_t>(1, kern.depth(columns));
  const int64_t words = (shape.dots ? depth : 0) + (shape.transposed ? up_to_multiple(columns, kern.rows) : 0);
  const int64_t row_bytes = 4 * std::max<int64_t>(1, words);
  plan p{};
  p.panels = (lanes + kern.lanes - 1) / kern.lanes;
  p.panels_a_block = std::max<int64_t>(1, lane_block_bytes / (depth * kern.lanes * 4));
  if (shape.state_bytes > 0) p.panels_a_block = std::clamp<int64_t>(state_block_bytes / shape.state_bytes, 1, p.panels_a_block);
  // A strip of plain scores stays in the first-level cache; one that is multiplied again wants depth.
  const int64_t strip = shape.transposed ? std::clamp<int64_t>(2 * row_part_bytes / row_bytes, 32, 256) : 64;
  p.rows_a_strip = up_to_multiple(strip, kern.rows);
  p.rows_a_part = shape.transposed ? p.rows_a_strip : up_to_multiple(std::max<int64_t>(1, row_part_bytes / row_bytes), p.rows_a_strip);
  p.rows_a_block = std::max<int64_t>(1, row_block_bytes / row_bytes / p.rows_a_part) * p.rows_a_part;
  const int64_t whole = up_to_multiple(std::max<int64_t>(rows, 1), kern.rows);
  p.rows_a_block = std::min(p.rows_a_block, up_to_multiple(whole, p.rows_a_strip));
  const int64_t block = std::min(p.panels, p.panels_a_block);
  p.panels_a_task = std::clamp<int64_t>(block / few_tasks, 1, 4);
  const int64_t tasks = std::max<int64_t>(1, (block + p.panels_a_task - 1) / p.panels_a_task);
  const int64_t strips = std::max<int64_t>(1, std::min(rows, p.rows_a_block) / p.rows_a_strip);
  p.ranges = shape.whole || tasks >= few_tasks / 2 ? 1 : std::clamp<int64_t>(few_tasks / 2 / tasks, 1, strips);
  return p;
}

}  // namespace warpweft::cpu
