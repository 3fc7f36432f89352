#include "distance/gpu.h"

#include <algorithm>
#include <optional>

#include "distance/gpu_gradient.h"
#include "distance/gpu_partial.h"
#include "gpu/step.h"
#include "distance/launch.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {

void pairwise(const pairwise_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  const operands both(on, p.pair, false);
  pairwise_launch l{};
  l.pair = both.pair();
  l.range = {0, p.pair.x.rows, 0, p.pair.y.rows};
  l.out = p.out;
  l.out_stride = p.out_stride;
  l.out_type = static_cast<int64_t>(p.out_type);
  gpu::launch(on, kernel_of(on, both.entry("distance_pairwise")), tiles_of(l.range), tile_block, device::tile_bytes, l);
}

void pairwise_backward(const pairwise_backward_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  if (traits_of(p.pair.metric).kind == form::elementwise) return partial_backward(on, p);
  const bool separate = traits_of(p.pair.metric).own == own_part::separate;
  std::optional<operands> both;
  pair_params seen = p.pair;
  if (separate || operands::are_computed(p.pair)) {
    both.emplace(on, p.pair, false);
    seen.x = both->x();
    seen.y = both->y();
  }
  gradient sides(on, seen, false, p.dx, p.dy);
  if (separate) sides.add_own(both->pair(), p.value, p.grad);
  sides.run(how.control, [&](const pair_range& range, float* panel, int64_t stride) {
    weights_launch l{};
    l.value = p.value;
    l.grad = p.grad;
    l.panel = panel;
    l.range = range;
    l.stride = p.pair.y.rows;
    l.panel_stride = stride;
    l.metric = p.pair.metric;
    std::copy_n(p.pair.scalars, most_metric_scalars, l.scalars);
    if (separate) {
      l.x_scalar = both->pair().x.scalar;
      l.x_extra = both->pair().x.extra;
      l.y_scalar = both->pair().y.scalar;
      l.y_extra = both->pair().y.extra;
    }
    const gpu::extent3 blocks{static_cast<uint32_t>(range.rows * up(range.columns, device::row_threads)), 1, 1};
    gpu::launch(on, kernel_of(on, "distance_weights"), blocks, row_block, 0, l);
  });
}

void top_k(const top_k_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
  if (n == 0) return;
  constexpr int64_t most_entries = 8 << 20, columns_an_entry = 8;  // of the splits' lists
  const operands both(on, p.pair, false);
  const int64_t kept = kept_neighbours(p.pair.metric, p.k, m);
  // A split has columns enough that filling its list is a small part of its work.
  const splits cut(n, m, std::max<int64_t>(1, std::min(most_entries / (n * kept), m / (columns_an_entry * kept))));
  const gpu::buffer sizes = on.allocate(static_cast<size_t>(std::max<int64_t>(1, cut.count) * n) * 4);
  gpu::buffer keys, ids;
  top_k_launch l{};
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.values = l.keys = p.values;
  l.indices = l.ids = p.indices;
  if (cut.count > 1 || kept > p.k) {
    keys = on.allocate(static_cast<size_t>(cut.count * n * kept) * 4);
    ids = on.allocate(static_cast<size_t>(cut.count * n * kept) * 4);
    l.keys = keys.as<float>();
    l.ids = ids.as<int32_t>();
  }
  l.sizes = sizes.as<int32_t>();
  l.splits = cut.count;
  l.k = static_cast<int32_t>(p.k);
  l.kept = static_cast<int32_t>(kept);
  l.exclude_self = p.exclude_self ? 1 : 0;
  l.larger = larger_is_closer(p.pair.metric) ? 1 : 0;
  const bool in_shared = kept <= device::longest_shared_list;
  const uint32_t shared = static_cast<uint32_t>(device::tile_bytes + (in_shared ? kept * device::list_entry_bytes : 0));
  gpu::launch(on, kernel_of(on, both.entry("distance_top_k")), cut.grid(n), tile_block, shared, l);
  gpu::launch(on, kernel_of(on, both.entry("distance_top_k_finish")), blocks_of_warps(n), row_block, 0, l);
}

}  // namespace warpweft::distance::on_gpu
