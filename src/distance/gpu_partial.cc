#include "distance/gpu_partial.h"

#include <algorithm>

namespace warpweft::distance::on_gpu {
namespace {

constexpr int64_t least_inner = 128;  // rows of the other side in a split of the sums

// sums += this side's gradient. across: its rows are the columns of the stored arrays.
void add_side(gpu::device& on, const pairwise_backward_params& from, const device_side& own, const device_side& other, bool across,
              float* sums) {
  partial_launch p{};
  p.own = static_cast<const float*>(own.data);
  p.other = static_cast<const float*>(other.data);
  p.value = from.value;
  p.grad = from.grad;
  p.sums = sums;
  p.rows = own.rows;
  p.inner = other.rows;
  p.width = from.pair.x.columns;
  p.stride = from.pair.y.rows;
  p.own_stride = own.stride;
  p.other_stride = other.stride;
  p.metric = from.pair.metric;
  std::copy_n(from.pair.scalars, most_metric_scalars, p.scalars);
  const int64_t down = up(p.rows, device::partial_side), right = up(p.width, device::partial_side);
  // The inner index is cut where the sums alone are too few blocks for a GPU.
  const int64_t wanted = std::max<int64_t>(1, std::min(up(wanted_blocks, std::max<int64_t>(1, down * right)), p.inner / least_inner));
  p.split_inner = up(up(p.inner, wanted), device::partial_depth) * device::partial_depth;
  p.splits = up(p.inner, p.split_inner);
  gpu::buffer partial;
  if (p.splits > 1) partial = on.allocate(static_cast<size_t>(p.splits * p.rows * p.width) * 4);
  p.partial = partial.as<float>();
  const gpu::extent3 grid{static_cast<uint32_t>(down), static_cast<uint32_t>(right), static_cast<uint32_t>(p.splits)};
  gpu::launch(on, gpu::find(on, "distance", across ? "distance_partials_across" : "distance_partials"), grid, tile_block, 0, p);
  if (p.splits == 1) return;
  panel_launch join{};
  join.sums = p.sums;
  join.partial = p.partial;
  join.rows = p.rows;
  join.width = p.width;
  join.splits = p.splits;
  gpu::launch(on, gpu::find(on, "distance", "distance_panel_join"), blocks_of_threads(p.rows * p.width), row_block, 0, join);
}

}  // namespace

void partial_backward(gpu::device& on, const pairwise_backward_params& p) {
  const matrix &x = p.pair.x, &y = p.pair.y;
  const auto clear = [&](const matrix& rows, float* sums) {
    if (sums) gpu::fill_zero(on, sums, static_cast<size_t>(rows.rows * rows.columns) * 4);
  };
  clear(x, p.dx);
  if (p.dy) clear(y, p.dy);
  if (x.rows == 0 || y.rows == 0 || x.columns == 0) return;
  std::vector<gpu::buffer> memory;
  const device_side of_x = aligned(on, x, dtype::float32, nullptr, nullptr, memory);
  const device_side of_y = p.pair.self ? of_x : aligned(on, y, dtype::float32, nullptr, nullptr, memory);
  if (p.dx) add_side(on, p, of_x, of_y, false, p.dx);
  float* dy = p.pair.self ? p.dx : p.dy;
  if (dy) add_side(on, p, of_y, of_x, true, dy);
}

}  // namespace warpweft::distance::on_gpu
