// Extremes by label on a GPU: one sweep for those of positives and negatives, and one for semi-hard negatives, whose limits are known
// then.
#include <algorithm>

#include "distance/gpu.h"
#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"

namespace warpweft::distance::on_gpu {
void label_statistics(const label_params& p, const call_options& how) {
  const gpu::step one(how.control);
  gpu::device& on = *how.on;
  const int64_t n = p.pair.x.rows, m = p.pair.y.rows;
  const float sign = larger_is_closer(p.pair.metric) ? -1.0f : 1.0f;
  const operands both(on, p.pair, false);
  const splits cut(n, m, m + 1);
  const gpu::buffer of_rows = gpu::uploaded(on, p.labels, n), of_columns = gpu::uploaded(on, p.reference_labels, m);
  const gpu::buffer partial = on.allocate(static_cast<size_t>(cut.count * n) * sizeof(fold_state)),
                    limit = on.allocate(static_cast<size_t>(n) * 4);
  fold_launch l{};
  l.pair = both.pair();
  l.pair.split_columns = cut.columns;
  l.labels.x_labels = of_rows.as<int32_t>();
  l.labels.y_labels = of_columns.as<int32_t>();
  l.rows = {0, n};
  l.partial = partial.as<fold_state>();
  l.splits = cut.count;
  l.labels.limit = limit.as<float>();
  std::copy(std::begin(p.values), std::end(p.values), l.labels.values);
  std::copy(std::begin(p.indices), std::end(p.indices), l.labels.indices);
  l.labels.positives = p.positives;
  l.labels.negatives = p.negatives;
  l.labels.beyond_count = p.beyond_count;
  l.labels.within_count = p.within_count;
  l.labels.beyond = sign * p.pos_margin;
  l.labels.within = sign * p.neg_margin;
  l.labels.own = p.own ? 1 : 0;
  l.larger = larger_is_closer(p.pair.metric) ? 1 : 0;
  l.labels.beyond_easiest = p.beyond_easiest ? 1 : 0;
  for (const fold_kind kind : {fold_kind::extremes, fold_kind::semi_hard}) {
    l.kind = kind;
    gpu::launch(on, kernel_of(on, both.entry("distance_fold")), cut.grid(n), tile_block, device::tile_bytes, l);
    const char* join = kind == fold_kind::extremes ? "distance_extremes_rows" : "distance_semi_hard_rows";
    gpu::launch(on, kernel_of(on, join), blocks_of_threads(n), row_block, 0, l);
  }
}

}  // namespace warpweft::distance::on_gpu
