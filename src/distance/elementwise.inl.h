// Values that are accumulated over the coordinates of x − y: the strip is made from the panels that dots are made of,
// by a register tile of the same shape.
#pragma once
#include "cpu/scratch.h"
#include "cpu/sweep.h"
#include "cpu/tile.inl.h"
#include "distance/score.inl.h"

namespace warpweft::distance::WARPWEFT_ISA {

using warpweft::WARPWEFT_ISA::depth_chunk;
using warpweft::WARPWEFT_ISA::prefetch_steps;

constexpr int tile_size = panel_rows * panel_lanes;

// s[i][j] = add over k of a[k][i] − b[k][j], after what it holds unless this is the first chunk of depth.
template <class Op>
HWY_NOINLINE void elementwise_tile(const Op& op, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t depth, bool first,
                                   float* HWY_RESTRICT s) {
  vec acc[panel_rows][panel_vecs];
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) acc[i][v] = first ? vec(0.0f) : load(s + i * panel_lanes + v * vec_lanes);
  for (int64_t k = 0; k < depth; ++k, a += panel_rows, b += panel_lanes) {
    hwy::Prefetch(b + prefetch_steps * panel_lanes);
    hwy::Prefetch(b + prefetch_steps * panel_lanes + panel_lanes / 2);
    vec bv[panel_vecs];
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) bv[v] = load(b + v * vec_lanes);
#pragma GCC unroll 8
    for (int i = 0; i < panel_rows; ++i) {
      const vec av(a[i]);
#pragma GCC unroll 8
      for (int v = 0; v < panel_vecs; ++v) acc[i][v] = op.add(acc[i][v], av - bv[v]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < panel_rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < panel_vecs; ++v) store(acc[i][v], s + i * panel_lanes + v * vec_lanes);
}

// The sums of a whole strip; a chunk of the lane panel stays in the second-level cache.
template <class Op>
void elementwise_sums(const Op& op, const cpu::strip& part, float* s) {
  const int64_t tiles = (part.rows + panel_rows - 1) / panel_rows;
  int64_t k0 = 0;
  do {
    const int64_t steps = part.depth - k0 < depth_chunk ? part.depth - k0 : depth_chunk;
    for (int64_t t = 0; t < tiles; ++t)
      elementwise_tile(op, part.a + (t * part.depth + k0) * panel_rows, part.b + k0 * panel_lanes, steps, k0 == 0, s + t * tile_size);
    k0 += depth_chunk;
  } while (k0 < part.depth);
}

// One register of lanes against a tile's rows. In: the largest |x_k − y_k| of each pair; out: the value.
HWY_NOINLINE inline void minkowski_unit(const minkowski& op, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t depth,
                                        float* HWY_RESTRICT s) {
  constexpr int rows = 4;
  static_assert(panel_rows % rows == 0, "rows are taken four at a time");
  for (int i0 = 0; i0 < panel_rows; i0 += rows, s += rows * panel_lanes) {
    vec sum[rows], r[rows];
    for (int i = 0; i < rows; ++i) {
      sum[i] = vec(0.0f);
      r[i] = reciprocal(load(s + i * panel_lanes));
    }
    for (int64_t k = 0; k < depth; ++k) {
      const vec bv = load(b + k * panel_lanes);
#pragma GCC unroll 4
      for (int i = 0; i < rows; ++i) sum[i] = op.add(sum[i], (vec(a[k * panel_rows + i0 + i]) - bv) * r[i]);
    }
    for (int i = 0; i < rows; ++i) store(op.done(sum[i], r[i]), s + i * panel_lanes);
  }
}

inline void minkowski_tile(const minkowski& op, const float* a, const float* b, int64_t depth, float* s) {
  for (int v = 0; v < panel_vecs; ++v) minkowski_unit(op, a, b + v * vec_lanes, depth, s + v * vec_lanes);
}

inline void make_minkowski(const minkowski& op, const cpu::strip& part) {
  elementwise_sums(chebyshev{}, part, part.s);
  for (int t = 0; t * panel_rows < part.rows; ++t)
    minkowski_tile(op, part.a + t * panel_rows * part.depth, part.b, part.depth, part.s + t * tile_size);
}

// Sums of whole powers are done at once where they are safe; a tile that has others is made again, and gives those.
template <int p>
void make_whole_minkowski(const minkowski& op, const cpu::strip& part) {
  const whole_minkowski<p> whole{};
  elementwise_sums(whole, part, part.s);
  const float count = static_cast<float>(part.depth);
  for (int t = 0; t * panel_rows < part.rows; ++t) {
    float* s = part.s + t * tile_size;
    HWY_ALIGN float again[tile_size];
    bool some = false;
    for (int i = 0; i < panel_rows && t * panel_rows + i < part.rows; ++i)
      for (int l = 0; l < part.lanes; l += vec_lanes) some |= any(!whole.is_safe(load(s + i * panel_lanes + l), count));
    if (some) {
      const float* a = part.a + t * panel_rows * part.depth;
      elementwise_tile(chebyshev{}, a, part.b, part.depth, true, again);
      minkowski_tile(op, a, part.b, part.depth, again);
    }
    for (int at = 0; at < tile_size; at += vec_lanes) {
      const vec sum = load(s + at), value = whole.done(sum);
      store(some ? select(whole.is_safe(sum, count), value, load(again + at)) : value, s + at);
    }
  }
}

template <class Op>
void make_values(const Op& op, const cpu::strip& part) {
  elementwise_sums(op, part, part.s);
}
inline void make_values(const minkowski& op, const cpu::strip& part) {
  if (op.given.p == 3) return make_whole_minkowski<3>(op, part);
  if (op.given.p == 4) return make_whole_minkowski<4>(op, part);
  make_minkowski(op, part);
}

// Makes a strip of values; the context is a score_context.
template <class Op>
void make_strip(const void* context, const cpu::strip& part) {
  make_values(make_op<Op>(static_cast<const score_context*>(context)->scalars), part);
}

}  // namespace warpweft::distance::WARPWEFT_ISA
