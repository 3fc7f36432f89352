// The miner as a function of its own: what it sees of all pairs, then a sweep that lists those it keeps.
#include <algorithm>

#include "cpu/buffer.h"
#include "loss/gpu.h"
#include "loss/problem.h"
#include "loss/sweeps.h"

namespace warpweft::loss {

mined_pairs mine(const mine_params& p, const call_options& how) {
  if (how.on) return on_gpu::mine(p, how);
  const problem of(p.of, how);
  const int64_t n = p.of.x.rows, stride = padded(n);
  const miner_strips& family = strips_in_use().miners[static_cast<int>(p.of.miner)];
  cpu::buffer<float> fields(family.fields * stride);
  row_context c = of.context(false);
  c.fields = fields.data();
  c.stride = stride;
  cpu::sweep work = of.sweep(false);
  work.fold = family.extremes;
  work.fold.context = &c;
  cpu::run(work);

  if (c.ranked > 0) {
    work.fold = ranking(c, of.params());
    cpu::run(work);
  }

  struct kept {
    std::vector<int32_t> positives, negatives;
  };
  struct listing {
    const problem& of;
    std::vector<kept> anchors;
  } list{of, std::vector<kept>(static_cast<size_t>(n))};
  mine_context m{};
  m.params = &of.params();
  m.pairs = c.pairs;
  m.fields = fields.data();
  m.stride = stride;
  m.guide = c.guide;
  m.sink = &list;
  m.emit = [](void* sink, int64_t lane, int64_t row, bool positive) {
    listing& to = *static_cast<listing*>(sink);
    kept& anchor = to.anchors[static_cast<size_t>(to.of.anchor(lane))];
    (positive ? anchor.positives : anchor.negatives).push_back(static_cast<int32_t>(to.of.candidate(row)));
  };
  work.fold = family.list;
  work.fold.context = &m;
  cpu::run(work);

  mined_pairs out;
  for (size_t i = 0; i < list.anchors.size(); ++i) {
    kept& anchor = list.anchors[i];
    std::sort(anchor.positives.begin(), anchor.positives.end());
    std::sort(anchor.negatives.begin(), anchor.negatives.end());
    out.anchor1.insert(out.anchor1.end(), anchor.positives.size(), static_cast<int32_t>(i));
    out.positive.insert(out.positive.end(), anchor.positives.begin(), anchor.positives.end());
    out.anchor2.insert(out.anchor2.end(), anchor.negatives.size(), static_cast<int32_t>(i));
    out.negative.insert(out.negative.end(), anchor.negatives.begin(), anchor.negatives.end());
  }
  return out;
}

}  // namespace warpweft::loss
