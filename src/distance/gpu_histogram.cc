// Pairs by value on a GPU. The counts go to the host, which waits for them.
#include <vector>

#include "distance/gpu.h"
#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"

namespace warpweft::distance::on_gpu {

void histogram(const histogram_params& p, const int32_t* row_classes, float scale, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  const int64_t n = p.pair.x.rows, line = p.classes * (p.bins + 1);
  const operands both(on, p.pair, false);
  const splits cut(n, n, n + 1);
  const gpu::buffer classes = gpu::uploaded(on, row_classes, n), counts = on.allocate(static_cast<size_t>(2 * line) * 8);
  gpu::fill_zero(on, counts.address(), counts.bytes());
  count_launch l{};
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.rows = {0, n};
  l.splits = cut.count;
  l.kind = count_kind::histogram;
  l.histogram = {classes.as<int32_t>(), counts.as<uint64_t>(), p.classes, p.bins, static_cast<float>(p.low), scale};
  gpu::launch(on, gpu::find(on, "evaluate", both.entry("evaluate_count").c_str()), cut.grid(n), tile_block, device::tile_bytes, l);
  std::vector<uint64_t> host(static_cast<size_t>(2 * line));
  gpu::copy_out(on, host.data(), counts.address(), host.size() * 8);
  for (int64_t i = 0; i < line; ++i) {
    const uint64_t others = host[static_cast<size_t>(i)], own = host[static_cast<size_t>(line + i)];
    p.counts[i] = static_cast<double>(others + own);
    p.counts[line + i] = static_cast<double>(own);
  }
}

}  // namespace warpweft::distance::on_gpu
