#include "distance/gpu.h"

#include <algorithm>

#include "distance/gpu_gradient.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

// An operation is one step of its job: launches are enqueued, and the work itself cannot be stopped.
class step {
 public:
  explicit step(const call_options& how) : control_(how.control) {
    if (!control_) return;
    control_->check();
    control_->plan(1);
    control_->begin_sweep();
  }
  ~step() {
    if (control_) control_->advance(1, 1);
  }
  step(const step&) = delete;

 private:
  job* control_;
};

const gpu::kernel& kernel_of(gpu::device& on, const std::string& entry) { return gpu::find(on, "distance", entry.c_str()); }

}  // namespace

void pairwise(const pairwise_params& p, const call_options& how) {
  const step one(how);
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
  const step one(how);
  gpu::device& on = *how.on;
  gradient sides(on, p.pair, false, p.dx, p.dy);
  sides.run(how.control, [&](const pair_range& range, float* panel, int64_t stride) {
    weights_launch l{};
    l.value = p.value;
    l.grad = p.grad;
    l.panel = panel;
    l.range = range;
    l.stride = p.pair.y.rows;
    l.panel_stride = stride;
    l.metric = p.pair.metric;
    const gpu::extent3 blocks{static_cast<uint32_t>(range.rows * up(range.columns, device::row_threads)), 1, 1};
    gpu::launch(on, kernel_of(on, "distance_weights"), blocks, row_block, 0, l);
  });
}

void top_k(const top_k_params& p, const call_options& how) {
  const step one(how);
  gpu::device& on = *how.on;
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
  if (n == 0) return;
  constexpr int64_t most_entries = 8 << 20, columns_an_entry = 8;  // of the splits' lists
  const operands both(on, p.pair, false);
  // A split has columns enough that filling its list is a small part of its work.
  const splits cut(n, m, std::max<int64_t>(1, std::min(most_entries / (n * p.k), m / (columns_an_entry * p.k))));
  const gpu::buffer sizes = on.allocate(static_cast<size_t>(std::max<int64_t>(1, cut.count) * n) * 4);
  gpu::buffer keys, ids;
  top_k_launch l{};
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.values = l.keys = p.values;
  l.indices = l.ids = p.indices;
  if (cut.count > 1) {
    keys = on.allocate(static_cast<size_t>(cut.count * n * p.k) * 4);
    ids = on.allocate(static_cast<size_t>(cut.count * n * p.k) * 4);
    l.keys = keys.as<float>();
    l.ids = ids.as<int32_t>();
  }
  l.sizes = sizes.as<int32_t>();
  l.splits = cut.count;
  l.k = static_cast<int32_t>(p.k);
  l.exclude_self = p.exclude_self ? 1 : 0;
  l.larger = larger_is_closer(p.pair.metric) ? 1 : 0;
  const bool in_shared = p.k <= device::longest_shared_list;
  const uint32_t shared = static_cast<uint32_t>(device::tile_bytes + (in_shared ? p.k * device::list_entry_bytes : 0));
  gpu::launch(on, kernel_of(on, both.entry("distance_top_k")), cut.grid(n), tile_block, shared, l);
  gpu::launch(on, kernel_of(on, both.entry("distance_top_k_finish")), blocks_of_warps(n), row_block, 0, l);
}

void reduce_rows(const reduce_params& p, const call_options& how) {
  const step one(how);
  gpu::device& on = *how.on;
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
  constexpr int64_t state_bytes = 16;
  const operands both(on, p.pair, false);
  const splits cut(n, m, m + 1);
  const gpu::buffer partial = on.allocate(static_cast<size_t>(cut.count * n * state_bytes));
  reduce_launch l{};
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.partial = partial.address();
  l.out = p.out;
  l.reduction = p.reduction;
  l.scale = p.scale;
  l.splits = cut.count;
  gpu::launch(on, kernel_of(on, both.entry("distance_reduce")), cut.grid(n), tile_block, device::tile_bytes, l);
  gpu::launch(on, kernel_of(on, "distance_reduce_join"), blocks_of_threads(n), row_block, 0, l);
}

}  // namespace warpweft::distance::on_gpu
