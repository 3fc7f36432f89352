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

// One direction's sweeps: fills fields and terms; `met` are the fields of the other side's rows. With `negatives_only` terms stay.
void fold(const problem& of, const loss_params& p, bool across, float* fields, const terms& into, const float* met = nullptr,
          bool negatives_only = false) {
  const int64_t rows = of.rows(across), columns = of.rows(!across);
  if (p.mined) see_extremes(of, p.miner, fields, into.stride);
  const traits loss = traits_of(p);
  const splits cut(rows, columns, columns + 1);
  const auto states = [&] { return of.on().allocate(static_cast<size_t>(cut.count * rows * loss.state_bytes)); };
  const gpu::buffer partial = states();
  fold_launch l{};
  l.of = of.pairs(across);
  l.of.pair.split_columns = cut.columns;
  l.partial = partial.address();
  l.splits = cut.count;
  l.fields = fields;
  l.given = p.given;
  l.others = met;
  l.parts = into.memory.as<float>();
  l.stride = into.stride;
  const auto run = [&](fold_stage stage) {
    l.stage = stage;
    of.launch_tiles(of.entry("loss_fold"), cut.grid(rows), l);
    launch_rows(of.on(), "loss_fold_join", rows, l);
  };
  if (!loss.positives_last) return run(fold_stage::whole);
  run(fold_stage::negatives);
  if (negatives_only) return;
  const gpu::buffer positives = states();
  l.carried = l.partial;
  l.partial = positives.address();
  run(fold_stage::positives);
}

}  // namespace

void forward(const forward_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gpu::device& on = *how.on;
  const traits loss = traits_of(p.of);
  const problem of(p.of, on);
  const int64_t n = p.of.x.rows, m = p.of.y.rows;
  float* fields = p.state + state_header;
  float* const y_fields = fields + most_fields * padded(n);
  const bool two_sided = loss.meets_other && !p.of.self;
  const terms rows(on, n), columns(on, loss.symmetric || two_sided ? m : 0);
  if (two_sided) fold(of, p.of, true, y_fields, columns, nullptr, true);
  fold(of, p.of, false, fields, rows, two_sided ? y_fields : fields);
  if (loss.symmetric) fold(of, p.of, true, y_fields, columns);
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
  l.two_parts = loss.two_parts ? 1 : 0;
  launch_one(on, "loss_total", l);
}

}  // namespace warpweft::loss::on_gpu
