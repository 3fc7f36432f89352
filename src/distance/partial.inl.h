// Gradients where the value is accumulated over the coordinates of x − y: G_i = Σ_j w_ij ∂value_ij/∂x_i, element by element.
// The other side of a pair has the opposite sign, so both sides are the same loop with lanes and rows exchanged.
#pragma once
#include "distance/elementwise.inl.h"
#include "distance/gradient.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

// sums[i][l] += Σ_q w[q][l] · partial(x[i][l] − y[q][i], value[q][l]) for i < rows and one register of lanes.
template <class Op, int rows>
HWY_NOINLINE void partial_unit(const Op& op, const float* HWY_RESTRICT x, const float* HWY_RESTRICT y, const float* HWY_RESTRICT w,
                               const float* HWY_RESTRICT value, int64_t count, float* HWY_RESTRICT sums) {
  vec own[rows], sum[rows];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) {
    own[i] = load(x + i * panel_lanes);
    sum[i] = load(sums + i * panel_lanes);
  }
  for (int64_t q = 0; q < count; ++q, y += panel_rows) {
    const vec weight = load(w + q * panel_lanes), of = load(value + q * panel_lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) sum[i] = fma(weight, op.partial(own[i] - vec(y[i]), of), sum[i]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) store(sum[i], sums + i * panel_lanes);
}

// All columns: x is the packed lanes, [columns][lanes]; y the transposed rows of a strip, panels y_stride apart.
template <class Op>
void add_partials(const Op& op, const float* x, const float* y, int64_t y_stride, int64_t columns, const float* w, const float* value,
                  int64_t count, float* sums) {
  int64_t k = 0;
  for (; k + panel_rows <= columns; k += panel_rows, y += y_stride)
    for (int v = 0; v < panel_lanes; v += vec_lanes)
      partial_unit<Op, panel_rows>(op, x + k * panel_lanes + v, y, w + v, value + v, count, sums + k * panel_lanes + v);
  for (; k < columns; ++k, ++y)
    for (int v = 0; v < panel_lanes; v += vec_lanes)
      partial_unit<Op, 1>(op, x + k * panel_lanes + v, y, w + v, value + v, count, sums + k * panel_lanes + v);
}

// Whole powers by multiplication.
template <class Op, class Body>
void with_partials(const Op& op, const Body& body) {
  body(op);
}
template <class Body>
void with_partials(const minkowski& op, const Body& body) {
  if (op.given.p == 3) return body(whole_minkowski<3>{});
  if (op.given.p == 4) return body(whole_minkowski<4>{});
  body(op);
}

// The step of `stored`. A value is the same from both sides, so with `both` the two gradients are one weight.
template <class Op>
void partial_step(const void* context, void* state, const cpu::strip& part) {
  const stored_context& c = *static_cast<const stored_context*>(context);
  const int64_t size = static_cast<int64_t>(part.rows) * panel_lanes;
  float* room = cpu::thread_scratch(size);
  read_stored(c, c.grad, part, c.across, part.s);
  if (c.both) {
    read_stored(c, c.grad, part, !c.across, room);
    for (int64_t i = 0; i < size; i += vec_lanes) store(load(part.s + i) + load(room + i), part.s + i);
  }
  if (!Op::constant_slope) read_stored(c, c.value, part, c.across, room);
  float* sums = gradient_state::of(state, c.target.columns).sums;
  with_partials(make_op<Op>(c.pair.scalars), [&](const auto& op) {
    add_partials(op, part.b, part.t, part.t_stride, c.target.columns, part.s, Op::constant_slope ? part.s : room, part.rows, sums);
  });
}

}  // namespace warpweft::distance::WARPWEFT_ISA
