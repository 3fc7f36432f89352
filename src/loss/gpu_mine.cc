// The miner on a GPU as a function of its own: counts per anchor and split come to the host, which lays the lists out; then they are
// written.
#include <algorithm>

#include "loss/gpu.h"
#include "loss/gpu_problem.h"
#include "loss/state.h"

namespace warpweft::loss::on_gpu {
namespace {

using distance::on_gpu::splits;

// Where each anchor's and split's pairs begin in a list by anchor, and the anchors of the list.
int64_t lay_out(const int32_t* counts, int64_t split_count, int64_t n, int64_t* offsets, std::vector<int32_t>& anchors) {
  int64_t total = 0;
  for (int64_t row = 0; row < n; ++row) {
    const int64_t first = total;
    for (int64_t split = 0; split < split_count; ++split) {
      offsets[split * n + row] = total;
      total += counts[split * n + row];
    }
    anchors.insert(anchors.end(), static_cast<size_t>(total - first), static_cast<int32_t>(row));
  }
  return total;
}

std::vector<int32_t> fetched(gpu::device& on, const gpu::buffer& from, size_t count) {
  std::vector<int32_t> out(count);
  if (count > 0) gpu::copy_out(on, out.data(), from.address(), count * 4);
  return out;
}

}  // namespace

mined_pairs mine(const mine_params& p, const call_options& how) {
  gpu::device& on = *how.on;
  mined_pairs out;
  const problem of(p.of, on);
  const int64_t n = p.of.x.rows, m = p.of.y.rows;
  if (n == 0 || m == 0) return out;
  const gpu::buffer fields = on.allocate(static_cast<size_t>(most_fields * padded(n)) * 4);
  see_extremes(of, p.of.miner, fields.as<float>(), padded(n));

  const splits cut(n, m, m + 1);
  const size_t places = static_cast<size_t>(cut.count * n);
  const gpu::buffer counts = on.allocate(2 * places * 4);
  list_launch l{};
  l.of = of.pairs(false);
  l.of.pair.split_columns = cut.columns;
  l.fields = fields.as<float>();
  l.stride = padded(n);
  l.splits = cut.count;
  l.counts = counts.as<int32_t>();
  const std::string entry = of.entry("loss_list");
  of.launch_tiles(entry, cut.grid(n), l);

  const std::vector<int32_t> counted = fetched(on, counts, 2 * places);
  std::vector<int64_t> begins(2 * places);
  const int64_t positives = lay_out(counted.data(), cut.count, n, begins.data(), out.anchor1);
  const int64_t negatives = lay_out(counted.data() + places, cut.count, n, begins.data() + places, out.anchor2);
  const gpu::buffer offsets = gpu::uploaded(on, begins.data(), 2 * places);
  const gpu::buffer first = on.allocate(static_cast<size_t>(positives) * 4), second = on.allocate(static_cast<size_t>(negatives) * 4);
  l.counts = nullptr;
  l.offsets = offsets.as<int64_t>();
  l.positives = first.as<int32_t>();
  l.negatives = second.as<int32_t>();
  of.launch_tiles(entry, cut.grid(n), l);
  out.positive = fetched(on, first, static_cast<size_t>(positives));
  out.negative = fetched(on, second, static_cast<size_t>(negatives));
  return out;
}

}  // namespace warpweft::loss::on_gpu
