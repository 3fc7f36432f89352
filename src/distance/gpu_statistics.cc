// Statistics of rows and columns on a GPU. Where columns are asked for, rows come in spans of as many tiles as there is memory for; a
// span's tiles are joined before the next one begins.
#include <algorithm>

#include "distance/gpu.h"
#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"

namespace warpweft::distance::on_gpu {

void row_statistics(const statistics_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  constexpr int64_t most_tile_bytes = 4 << 20;
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows, tile_bytes = m * tile_state_words * 4;
  const auto given = [](const float* out) { return out != nullptr; };
  const bool rows_too = std::any_of(std::begin(p.rows), std::end(p.rows), given);
  const bool columns_too = std::any_of(std::begin(p.columns), std::end(p.columns), given);
  const operands both(on, p.pair, false);
  const int64_t all_tiles = std::max<int64_t>(1, up(n, device::tile_rows));
  const int64_t tiles = columns_too ? std::clamp<int64_t>(most_tile_bytes / std::max<int64_t>(1, tile_bytes), 1, all_tiles) : all_tiles;
  const int64_t rows = std::min(n, tiles * device::tile_rows);
  const splits cut(rows, m, m + 1);
  const gpu::buffer partial = on.allocate(static_cast<size_t>(cut.count * rows) * sizeof(fold_state));
  gpu::buffer of_tiles, columns;
  if (columns_too) of_tiles = on.allocate(static_cast<size_t>(tiles * tile_bytes));
  if (columns_too && tiles < all_tiles) columns = on.allocate(static_cast<size_t>(m) * sizeof(fold_state));
  fold_launch l{};
  l.kind = fold_kind::statistics;
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.partial = partial.as<fold_state>();
  l.splits = cut.count;
  l.statistics.tiles = of_tiles.as<float>();
  l.statistics.columns = columns.as<fold_state>();
  l.statistics.scale = p.scale;
  std::copy(std::begin(p.rows), std::end(p.rows), l.statistics.row_out);
  std::copy(std::begin(p.columns), std::end(p.columns), l.statistics.column_out);
  int64_t first = 0;
  do {  // once even without rows, as columns have a value then too
    l.rows = {first, std::min(n, first + rows)};
    const int64_t here = l.rows.last - first;
    l.statistics.row_tiles = up(here, device::tile_rows);
    l.statistics.begins = first == 0;
    l.statistics.ends = l.rows.last == n;
    gpu::launch(on, kernel_of(on, both.entry("distance_fold")), cut.grid(here), tile_block, device::tile_bytes, l);
    if (rows_too) gpu::launch(on, kernel_of(on, "distance_statistics_rows"), blocks_of_threads(here), row_block, 0, l);
    if (columns_too) gpu::launch(on, kernel_of(on, "distance_statistics_columns"), blocks_of_threads(m), row_block, 0, l);
    first = l.rows.last;
  } while (first < n);
}

}  // namespace warpweft::distance::on_gpu
