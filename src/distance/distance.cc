#include "distance/distance.h"

#include <algorithm>

#include "cpu/plan.h"
#include "distance/gpu.h"
#include "distance/operands.h"

namespace warpweft::distance {
namespace {

visit plain(const call_options& how) {
  visit v;
  v.threads = how.threads;
  v.control = how.control;
  return v;
}

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

// Lanes are y, so that a strip's row is a run of out's row.
void pairwise(const pairwise_params& p, const call_options& how) {
  if (how.on) return on_gpu::pairwise(p, how);
  const operands both(p.pair, plain(how));
  const score_context scalars = both.lanes_y();
  const store_context target{p.out, p.out_type, p.out_stride};
  cpu::sweep work = sweep_of(both, both.y(), both.x(), how);
  work.score = both.stage(scalars);
  work.fold.context = &target;
  work.fold.step = strips_in_use().store;
  cpu::run(work);
}

void pairwise_backward(const pairwise_backward_params& p, const call_options& how) {
  if (how.on) return on_gpu::pairwise_backward(p, how);
  const traits metric = traits_of(p.pair.metric);
  visit v = plain(how);
  v.unit_rows = metric.on_unit_rows;
  const operands both(p.pair, v);
  const strips& family = strips_in_use();
  if (how.control) how.control->plan((p.dx ? 1 : 0) + (p.dy ? 1 : 0));
  const auto side = [&](const rows_view& lanes, const rows_view& rows, float* out, bool across) {
    stored_context c{};
    c.target = {&lanes, metric.symmetric_difference, metric.on_unit_rows, false, out, lanes.of.columns, cpu::in_use().float32};
    c.metric = p.pair.metric;
    c.grad = p.grad;
    c.value = p.value;
    c.stride = p.pair.y.rows;
    c.across = across;
    c.both = p.pair.self;
    cpu::sweep work = sweep_of(both, lanes, rows, how);
    work.kern = cpu::in_use().float32;
    work.dots = false;
    work.transposed = true;
    work.fold = family.stored;
    work.fold.context = &c;
    work.fold.state_bytes += family.gradient_bytes * cpu::up_to_multiple(lanes.of.columns, work.kern->rows);
    cpu::run(work);
  };
  if (p.dx) side(both.x(), both.y(), p.dx, false);
  if (p.dy) side(both.y(), both.x(), p.dy, true);
}

void top_k(const top_k_params& p, const call_options& how) {
  if (how.on) return on_gpu::top_k(p, how);
  const operands both(p.pair, plain(how));
  const strips& family = strips_in_use();
  top_k_context c{};
  c.k = p.k;
  c.larger = larger_is_closer(p.pair.metric);
  c.exclude_self = p.exclude_self;
  c.values = p.values;
  c.indices = p.indices;
  c.metric = p.pair.metric;
  c.lanes = &both.x();
  c.rows = &both.y();
  c.scalars = both.lanes_x();
  c.kern = cpu::in_use().float32;
  cpu::sweep work = sweep_of(both, both.x(), both.y(), how);
  work.score = both.stage(c.scalars);
  work.fold = family.top_k;
  work.fold.context = &c;
  work.fold.state_bytes += family.top_k_entry * p.k;
  cpu::run(work);
}

void reduce_rows(const reduce_params& p, const call_options& how) {
  if (how.on) return on_gpu::reduce_rows(p, how);
  const operands both(p.pair, plain(how));
  const score_context scalars = both.lanes_x();
  const reduce_context c{p.reduction, p.scale, p.pair.y.rows, p.out};
  cpu::sweep work = sweep_of(both, both.x(), both.y(), how);
  work.score = both.stage(scalars);
  work.fold = strips_in_use().reduce;
  work.fold.context = &c;
  cpu::run(work);
}

}  // namespace warpweft::distance
