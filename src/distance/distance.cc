#include "distance/distance.h"

#include <algorithm>

#include "cpu/plan.h"
#include "distance/gpu.h"
#include "distance/operands.h"
#include "distance/scan.h"

namespace warpweft::distance {
namespace {

cpu::sweep sweep_of(const operands& both, const rows_view& lanes, const rows_view& rows, const call_options& how) {
  cpu::sweep work;
  work.kern = &both.kern();
  work.lanes = lanes;
  work.rows = rows;
  work.threads = how.threads;
  work.control = how.control;
  return work;
}

}  // namespace

const strips& strips_in_use() {
  switch (cpu::in_use().functors) {
#define WARPWEFT_STRIPS(name) \
  case cpu::isa_id::name: return cpu_##name;
    WARPWEFT_ISA_LIST(WARPWEFT_STRIPS)
#undef WARPWEFT_STRIPS
    default: return cpu_scalar;
  }
}

// A result of this many elements has left the caches before anyone reads it.
constexpr int64_t leaves_caches = 4 << 20;

// Lines of a panel's rows go past the caches if they are whole ones: where the result is large and panels can begin a line of each row.
bool worth_streaming(const pairwise_params& p, int64_t panel_lanes) {
  return p.out_type == dtype::float32 && p.pair.x.rows * p.pair.y.rows >= leaves_caches && p.out_stride % line_lanes == 0 &&
         panel_lanes % line_lanes == 0;
}

// Of the first panel, so that all others begin a line.
int64_t lanes_before_lines(const store_context& to, int64_t panel_lanes) {
  const int before = to.stream ? lanes_to_line(static_cast<const float*>(to.out)) : 0;
  return before ? panel_lanes - line_lanes + before : panel_lanes;
}

// Lanes are y, so that a strip's row is a run of out's row.
void pairwise(const pairwise_params& p, const call_options& how) {
  if (how.on) return on_gpu::pairwise(p, how);
  if (scan_pairwise(p, how)) return;
  const operands both(p.pair, plain(how));
  const score_context scalars = both.lanes_y();
  const int64_t panel_lanes = both.kern().lanes;
  const store_context target{p.out, p.out_type, p.out_stride, worth_streaming(p, panel_lanes)};
  cpu::sweep work = sweep_of(both, both.y_dots(), both.x_dots(), how);
  work.score = both.stage(scalars);
  work.fold.context = &target;
  work.fold.step = strips_in_use().store;
  work.fold.stores = true;
  if (!work.lanes.panel) work.first_lanes = lanes_before_lines(target, panel_lanes);
  cpu::run(work);
}

void pairwise_backward(const pairwise_backward_params& p, const call_options& how) {
  if (how.on) return on_gpu::pairwise_backward(p, how);
  const traits metric = traits_of(p.pair.metric);
  visit v = plain(how);
  v.unit_rows = metric.on_unit_rows;
  v.dots_alone = false;
  const operands both(p.pair, v);
  const strips& family = strips_in_use();
  if (how.control) how.control->plan((p.dx ? 1 : 0) + (p.dy ? 1 : 0));
  const auto side = [&](const rows_view& lanes, const rows_view& rows, float* out, bool across) {
    stored_context c{};
    c.target = {&lanes, metric.own, metric.on_unit_rows, false, out, lanes.of.columns, cpu::in_use().float32};
    c.pair = across ? both.lanes_y() : both.lanes_x();
    c.grad = p.grad;
    c.value = p.value;
    c.stride = p.pair.y.rows;
    c.across = across;
    c.both = p.pair.self;
    cpu::sweep work = sweep_of(both, lanes, rows, how);
    work.kern = cpu::in_use().float32;
    work.dots = false;
    work.transposed = true;
    work.lanes_packed = metric.kind == form::elementwise;
    work.fold = family.stored;
    work.fold.step = family.stored_step[static_cast<int>(p.pair.metric)];
    work.fold.context = &c;
    work.fold.state_bytes += family.gradient_bytes * cpu::up_to_multiple(lanes.of.columns, work.kern->rows);
    cpu::run(work);
  };
  if (p.dx) side(both.x(), both.y(), p.dx, false);
  if (p.dy) side(both.y(), both.x(), p.dy, true);
}

int64_t kept_neighbours(metric_id metric, int64_t k, int64_t rows) {
  constexpr int64_t spare = 8;
  return std::min(k + (traits_of(metric).safety == exact::none ? 0 : spare), rows);
}

void top_k(const top_k_params& p, const call_options& how) {
  if (how.on) return on_gpu::top_k(p, how);
  if (!p.pair.base && scan_top_k(p, how)) return;
  const metric_id metric = p.pair.metric;
  const operands both(p.pair, plain(how));
  if (p.pair.base && scan_top_k(both, p, how)) return;
  const strips& family = strips_in_use();
  top_k_context c{};
  c.k = p.k;
  c.list = shape_of_list(kept_neighbours(metric, p.k, both.y().of.rows), both.y().of.rows);
  c.larger = larger_is_closer(metric);
  c.exclude_self = p.exclude_self;
  c.values = p.values;
  c.indices = p.indices;
  c.scalars = both.lanes_x();
  cpu::sweep work = sweep_of(both, both.x_dots(), both.y_dots(), how);
  work.packed_rows = both.packed_rows();
  work.score = both.stage(c.scalars);
  work.fold = family.top_k;
  work.fold.context = &c;
  // Of long lists so many tiles have something for one that all may as well be scored.
  if (auto* const step = c.list.sorted ? family.top_k_of_dots[static_cast<int>(metric)] : nullptr) {
    work.fold.step = step;
    work.score.apply = nullptr;
  }
  const int64_t lanes = std::min<int64_t>(family.panel_lanes, both.x().of.rows);
  work.fold.state_bytes += lanes * c.list.room * static_cast<int64_t>(sizeof(entry));
  // So long are lists that each range of rows had one of its own: panels share the work instead.
  constexpr int64_t long_lists = 512 << 10;
  work.fold.whole = work.fold.state_bytes > long_lists;
  work.fold.block_bytes = 6 << 20;
  cpu::run(work);
}

}  // namespace warpweft::distance
