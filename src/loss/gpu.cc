#include "loss/gpu.h"

#include "loss/gpu_problem.h"
#include "loss/state.h"

namespace warpweft::loss::on_gpu {
namespace {

using distance::on_gpu::splits;

// The terms of one direction: six arrays, stride apart.
struct terms {
  terms(gpu::device& on, int64_t rows) : stride(padded(rows)), memory(on.allocate(static_cast<size_t>(6 * stride) * 4)) {}
  int64_t stride;
  gpu::buffer memory;
};

// One direction's sweeps: fills fields and terms.
void fold(const problem& of, const loss_params& p, bool across, float* fields, const terms& into) {
  const int64_t rows = of.rows(across), others = of.rows(!across);
  if (p.mined) see_extremes(of, p.miner, fields, into.stride);
  const splits cut(rows, others, others + 1);
  const gpu::buffer partial = of.on().allocate(static_cast<size_t>(cut.count * rows * traits_of(p).state_bytes));
  fold_launch l{};
  l.of = of.pairs(across);
  l.of.pair.split_columns = cut.columns;
  l.partial = partial.address();
  l.splits = cut.count;
  l.fields = fields;
  l.parts = into.memory.as<float>();
  l.stride = into.stride;
  of.launch_tiles(of.entry("loss_fold"), cut.grid(rows), l);
  launch_rows(of.on(), "loss_fold_join", rows, l);
}

}  // namespace

void forward(const forward_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gpu::device& on = *how.on;
  const traits loss = traits_of(p.of);
  const problem of(p.of, on);
  const int64_t n = p.of.x.rows, m = p.of.y.rows;
  float* fields = p.state + state_header;
  const terms rows(on, n), columns(on, loss.symmetric ? m : 0);
  fold(of, p.of, false, fields, rows);
  if (loss.symmetric) fold(of, p.of, true, fields + most_fields * padded(n), columns);
  total_launch l{};
  l.rows = rows.memory.as<float>();
  l.columns = loss.symmetric ? columns.memory.as<float>() : nullptr;
  l.n = n;
  l.m = m;
  l.stride = rows.stride;
  l.shift = loss.target_offset;
  l.value = p.value;
  l.state = p.state;
  l.reduction = p.of.reduction;
  l.term_is_pair = loss.term_is_pair ? 1 : 0;
  launch_one(on, "loss_total", l);
}

}  // namespace warpweft::loss::on_gpu
