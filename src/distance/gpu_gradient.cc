#include "distance/gpu_gradient.h"

#include <algorithm>

#include "distance/launch.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

constexpr int64_t most_weights = 1 << 20;  // of a panel
constexpr int64_t panel_side = 1 << 10;
constexpr int64_t most_panel_rows = 1 << 13;  // a thread adds up a column
constexpr int64_t least_inner = 128;          // of a split of the sums

// What the metric leaves to be added up. Rows that are shifted or scaled are copies in float32.
dtype type_of_sums(const pair_params& of, bool copies) { return copies ? dtype::float32 : operands::common_type(of); }

}  // namespace

gradient::gradient(gpu::device& on, const pair_params& of, bool unit_rows, float* dx, float* dy)
    : on_(on), type_(type_of_sums(of, unit_rows || traits_of(of.metric).on_unit_rows || traits_of(of.metric).own != own_part::none)),
      own_(traits_of(of.metric).own), project_(unit_rows || traits_of(of.metric).on_unit_rows) {
  // Few rows leave room for more columns, and the other way round.
  const int64_t columns = up(std::min(of.y.rows, panel_side), 4) * 4;
  panel_rows_ = std::min({of.x.rows, most_panel_rows, std::max(panel_side, most_weights / std::max<int64_t>(1, columns) / 128 * 128)});
  panel_columns_ = std::min(of.y.rows, std::max(panel_side, most_weights / std::max<int64_t>(1, panel_rows_) / 4 * 4));
  stride_ = up(panel_columns_, 4) * 4;
  panel_ = on_.allocate(static_cast<size_t>(panel_rows_ * stride_) * 4);
  x_.of = of.x;
  y_.of = of.y;
  prepare(x_);
  if (of.self) {
    y_.scale = x_.scale;
  } else {
    prepare(y_);
  }
  if (own_ == own_part::difference && of.x.columns > 0 && of.x.rows + of.y.rows > 0)
    shift_ = enqueue_centre(on_, of.x, x_.scale, of.y, y_.scale, memory_);
  x_.rows = aligned(on_, of.x, type_, x_.scale, shift_, memory_);
  y_.rows = of.self ? x_.rows : aligned(on_, of.y, type_, y_.scale, shift_, memory_);
  open(x_, dx);
  if (of.self) {
    y_.sums = x_.sums;
    y_.total = x_.total;
  } else {
    open(y_, dy);
  }
}

// 1/max(|row|, 1e-12), where rows are divided by their length.
void gradient::prepare(side& s) {
  if (!project_) return;
  memory_.push_back(on_.allocate(static_cast<size_t>(s.of.rows) * 4));
  float* scale = memory_.back().as<float>();
  enqueue_measure(on_, s.of, scale);
  s.scale = scale;
}

void gradient::open(side& s, float* sums) {
  s.sums = sums;
  if (!sums) return;
  gpu::fill_zero(on_, sums, static_cast<size_t>(s.of.rows * s.of.columns) * 4);
  if (own_ == own_part::none) return;
  memory_.push_back(on_.allocate(static_cast<size_t>(s.of.rows) * 8));
  s.total = memory_.back().as<double>();
  gpu::fill_zero(on_, s.total, static_cast<size_t>(s.of.rows) * 8);
}

void gradient::add_own(const device_pair& pair, const float* value, const float* grad) {
  own_launch p{pair, value, grad, x_.total};
  if (x_.total) gpu::launch(on_, gpu::find(on_, "distance", "distance_own_rows"), blocks_of_warps(x_.of.rows), row_block, 0, p);
  p.total = y_.total;
  if (y_.total) gpu::launch(on_, gpu::find(on_, "distance", "distance_own_columns"), blocks_of_threads(y_.of.rows), row_block, 0, p);
}

void gradient::mark_tiles() {
  marks_ = on_.allocate(static_cast<size_t>(up(panel_rows_, device::tile_rows) * up(panel_columns_, device::tile_columns)));
}

void gradient::add(const pair_range& range) {
  if (x_.sums) add_side(x_, y_, range, false);
  if (y_.sums) add_side(y_, x_, range, true);
}

void gradient::add_side(const side& into, const side& other, const pair_range& range, bool across) {
  const int64_t own = across ? range.column : range.row, theirs = across ? range.row : range.column;
  const int64_t width = into.of.columns, element = type_ == dtype::float32 ? 4 : 2;
  panel_launch p{};
  p.panel = panel_.as<float>();
  p.other = static_cast<const char*>(other.rows.data) + theirs * other.rows.stride * element;
  p.sums = into.sums + own * width;
  p.total = into.total && own_ == own_part::difference ? into.total + own : nullptr;
  p.rows = range.rows;
  p.columns = range.columns;
  p.panel_stride = stride_;
  p.width = width;
  p.other_stride = other.rows.stride;
  p.hot = marks();
  p.hot_stride = up(range.columns, device::tile_columns);
  const int64_t rows = across ? range.columns : range.rows, inner = across ? range.rows : range.columns;
  const int64_t down = up(rows, device::tile_rows), right = up(width, device::tile_columns);
  // The inner index is cut where the sums alone are too few blocks for a GPU.
  const int64_t wanted = std::max<int64_t>(1, std::min(up(wanted_blocks, std::max<int64_t>(1, down * right)), inner / least_inner));
  p.split_inner = up(up(inner, wanted), device::panel_depth) * device::panel_depth;
  p.splits = up(inner, p.split_inner);
  gpu::buffer partial;
  if (p.splits > 1) partial = on_.allocate(static_cast<size_t>(p.splits * rows * width) * 4);
  p.partial = partial.as<float>();
  const gpu::extent3 grid{static_cast<uint32_t>(down), static_cast<uint32_t>(right), static_cast<uint32_t>(p.splits)};
  const std::string entry = std::string(across ? "distance_panel_across_" : "distance_panel_") + operands::name_of(type_);
  gpu::launch(on_, gpu::find(on_, "distance", entry.c_str()), grid, tile_block, device::panel_bytes, p);
  if (p.splits > 1) {
    const char* join = across ? "distance_panel_join_across" : "distance_panel_join";
    gpu::launch(on_, gpu::find(on_, "distance", join), blocks_of_threads(rows * width), row_block, 0, p);
  }
  if (!p.total) return;
  const gpu::extent3 blocks = across ? blocks_of_threads(range.columns) : blocks_of_warps(range.rows);
  gpu::launch(on_, gpu::find(on_, "distance", across ? "distance_total_columns" : "distance_total_rows"), blocks, row_block, 0, p);
}

void gradient::finish(const side& s) {
  if (!s.sums || (own_ == own_part::none && !project_)) return;
  finish_launch p{};
  p.data = static_cast<const float*>(s.rows.data);
  p.scale = s.scale;
  p.shift = shift_;
  p.total = s.total;
  p.sums = s.sums;
  p.rows = s.of.rows;
  p.columns = s.of.columns;
  p.stride = s.rows.stride;
  p.own = own_ != own_part::none ? 1 : 0;
  p.project = project_ ? 1 : 0;
  gpu::launch(on_, gpu::find(on_, "distance", "distance_finish"), blocks_of_warps(p.rows), row_block, 0, p);
}

}  // namespace warpweft::distance::on_gpu
