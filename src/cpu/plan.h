// How a sweep is cut: a pure function from shapes to block sizes, so that the cut never depends on the machine's threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>

#include "cpu/sweep.h"

namespace warpweft::cpu {

struct plan {
  int64_t panels;          // lane panels in all
  int64_t panels_a_block;  // of lanes, packed together
  int64_t panels_a_task;   // stay in the second-level cache while rows pass
  int64_t rows_a_block;    // packed together, multiple of rows_a_strip
  int64_t rows_a_strip;    // scores made before they are folded, multiple of the tile
  int64_t ranges;          // rows of a block are shared among this many states where lanes are few
};

struct sweep_shape {
  bool dots;
  int rows_a_word;  // of the transpose; 0: there is none
  bool whole, stores;
  int64_t state_bytes;         // of a panel
  int64_t block_bytes = 0;     // see fold_verbs
  int64_t row_fold_bytes = 0;  // of a strip of rows
  bool turned = false;         // strips of a block are kept and met again from the rows
};

// As many to a block as fit, but all blocks alike.
constexpr int64_t even_blocks(int64_t count, int64_t most) {
  const int64_t blocks = std::max<int64_t>(1, (count + most - 1) / most);
  return std::max<int64_t>(1, (count + blocks - 1) / blocks);
}

inline plan make_plan(const kernels& kern, int64_t lanes, int64_t rows, int64_t columns, const sweep_shape& shape) {
  constexpr int64_t lane_block_bytes = 8 << 20, row_block_bytes = 2 << 20, lane_task_bytes = 640 << 10, state_block_bytes = 8 << 20,
                    strip_bytes = 512 << 10, few_tasks = 16, widest_task = 4, most_panels = 1024, most_rows = 16384, kept_bytes = 4 << 20;
  const int64_t depth = std::max<int64_t>(1, kern.depth(columns)), panel_bytes = depth * kern.lanes * 4;
  const int64_t words = (shape.dots ? depth : 0) + (shape.rows_a_word ? up_to_multiple(columns, kern.rows) / shape.rows_a_word : 0);
  const int64_t row_bytes = 4 * std::max<int64_t>(1, words);
  plan p{};
  p.panels = (lanes + kern.lanes - 1) / kern.lanes;
  // Short rows are packed again for little, so that their blocks need not fill the bytes that longer ones do.
  int64_t panels = std::clamp<int64_t>(lane_block_bytes / panel_bytes, 1, most_panels);
  if (shape.block_bytes > 0) {
    // Enough panels to share where a panel cannot be.
    const int64_t fit = shape.block_bytes / ((shape.dots ? panel_bytes : 0) + shape.state_bytes + 1);
    panels = std::clamp<int64_t>(fit, std::min(shape.whole ? few_tasks / 2 : 1, panels), panels);
  } else if (shape.state_bytes > 0) {
    panels = std::clamp<int64_t>(state_block_bytes / shape.state_bytes, 1, panels);
  }
  if (shape.turned) {  // half the states, as lanes are held twice, and what is kept has room for the highest strip
    constexpr int64_t highest_strip = 256;
    panels =
        std::clamp<int64_t>(std::min(state_block_bytes / 2 / shape.state_bytes, kept_bytes / (highest_strip * kern.lanes * 4)), 1, panels);
  }
  p.panels_a_block = even_blocks(p.panels, panels);
  // A strip of plain scores stays in the first-level cache; one that is multiplied again wants depth. What is stored leaves
  // tile by tile, so that stores drain behind the next tile's arithmetic; unless the panel is too long to pass that often.
  const bool tile_by_tile = shape.stores && panel_bytes <= lane_task_bytes;
  const int64_t strip = shape.rows_a_word ? std::clamp<int64_t>(strip_bytes / row_bytes, 32, 256)
                        : tile_by_tile    ? kern.rows_a_pass
                                          : plain_strip_rows;
  p.rows_a_strip = up_to_multiple(strip, kern.rows_a_pass);
  int64_t block_rows = std::min(row_block_bytes / row_bytes, most_rows);
  if (shape.turned) {
    p.rows_a_strip = std::lcm(static_cast<int64_t>(kern.rows_a_pass), static_cast<int64_t>(kern.lanes)) *
                     std::max<int64_t>(1, strip / std::lcm(kern.rows_a_pass, kern.lanes));
    block_rows = std::min(2 * block_rows, kept_bytes / (p.panels_a_block * kern.lanes * 4));
  }
  const int64_t strips_in_all = (std::max<int64_t>(rows, 1) + p.rows_a_strip - 1) / p.rows_a_strip;
  p.rows_a_block = even_blocks(strips_in_all, std::max<int64_t>(1, block_rows / p.rows_a_strip)) * p.rows_a_strip;
  p.panels_a_task =
      std::clamp<int64_t>(lane_task_bytes / panel_bytes, 1, std::clamp<int64_t>(p.panels_a_block / few_tasks, 1, widest_task));
  if (shape.row_fold_bytes > 0) {  // every task has a state for each strip of the block
    constexpr int64_t most_tasks = 4 * few_tasks, row_states_bytes = 4 << 20;
    p.panels_a_task = std::max(p.panels_a_task, (p.panels_a_block + most_tasks - 1) / most_tasks);
    const int64_t tasks = (p.panels_a_block + p.panels_a_task - 1) / p.panels_a_task;
    p.rows_a_block = std::min(p.rows_a_block, std::max<int64_t>(1, row_states_bytes / (tasks * shape.row_fold_bytes)) * p.rows_a_strip);
  }
  const int64_t tasks = (p.panels_a_block + p.panels_a_task - 1) / p.panels_a_task;
  const int64_t strips = std::max<int64_t>(1, std::min(rows, p.rows_a_block) / p.rows_a_strip);
  // What is stored has no state to join, so that its tasks can be many, and no thread waits long for the last one of another.
  constexpr int64_t stored_tasks = 64;
  const int64_t wanted = shape.stores ? stored_tasks : few_tasks / 2;
  p.ranges = shape.whole || tasks >= wanted ? 1 : std::clamp<int64_t>(wanted / tasks, 1, strips);
  return p;
}

}  // namespace warpweft::cpu
