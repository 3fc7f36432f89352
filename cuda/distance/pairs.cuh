// A tile of pairs: their dots by tensor cores, then their scores, in place.
//
// How a kernel of this family or of the losses is made:
//
//   template <class T>                                    T: device::float32, float16 or bfloat16
//   each pair of a rectangle, without a state:            map_tile<T>(pair, range, sink)             pairs.cuh
//     sink(row, column, score)                            by lanes whose columns follow one another
//   each row of X against a split of the rows of Y:       row_sweep<T>(pair, fold, partial)          sweep.cuh
//     fold.zero(), fold.step(state, row, column, score)   a thread owns a row and meets the columns in ascending order
//     fold.carry(state)                                   after each tile of columns: nothing, or a short sum goes into a long one
//   and the splits of a row, in index order:              row_join(fold, partial, splits, rows)      sweep.cuh
//     fold.join(state, other), fold.done(row, state)
//
// Launch: block_threads threads, tile_bytes of dynamic shared memory; tiles of map_tile in a line (tiles_of(range) blocks), for
// row_sweep a grid of (row tiles, splits), for row_join a thread a row. Near pairs are evaluated again here, for every kernel: a sink gets
// them a second time.
#pragma once
#include "cuda/base/score_tile.cuh"
#include "cuda/base/warp.cuh"
#include "distance/ops.gen.h"
#include "distance/params.h"

namespace warpweft::distance::gpu {

using device::lane_id;
using device::warp_id;

template <class T>
__device__ __forceinline__ device::row_source rows_of(const device_side& side, int64_t columns) {
  constexpr int64_t size = sizeof(typename T::element);
  return {static_cast<const char*>(side.data), side.stride * size, side.rows, columns * size};
}

// Element k of a row as the metric sees it.
template <class T>
struct row_reader {
  const typename T::element* data;
  float scale;
  __device__ __forceinline__ row_reader(const device_side& side, int64_t row)
      : data(static_cast<const typename T::element*>(side.data) + row * side.stride), scale(side.scale ? side.scale[row] : 1.0f) {}
  __device__ __forceinline__ float operator[](int64_t k) const { return T::widen(data[k]) * scale; }
};

// The metric is the same for all threads: one branch a tile.
template <class Body>
__device__ __forceinline__ void with_metric(metric_id metric, const Body& body) {
  switch (metric) {
#define WARPWEFT_WITH(name) \
  case metric_id::name: body(name{}); break;
    WARPWEFT_DISTANCE_LIST(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
}

// Sums over a pair of rows by a whole warp. Few pairs need them: as functions that are called, not inlined, they leave the registers of
// the product alone.
template <class T>
__device__ __noinline__ float sum_differences(row_reader<T> x, row_reader<T> y, int64_t columns) {
  float sum = 0.0f;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) {
    const float d = x[k] - y[k];
    sum = warpweft::fma(d, d, sum);
  }
  return device::join_lanes<device::plus>(sum);
}
template <class T>
__device__ __noinline__ double sum_products(row_reader<T> x, row_reader<T> y, int64_t columns) {
  double dot = 0.0;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) dot = ::fma(static_cast<double>(x[k]), static_cast<double>(y[k]), dot);
  return device::join_lanes<device::plus>(dot);
}

// One pair by the whole warp, without the expansion: from its differences, or from a float64 dot. A dot that float32 could not
// split (infinite, or near the largest number) goes through the same formula as the tile's.
template <class T>
__device__ __forceinline__ float evaluate_again(const device_pair& p, int64_t i, int64_t j) {
  const row_reader<T> x(p.x, i), y(p.y, j);
  bool from_difference = false;
  float value = 0.0f;
  with_metric(p.metric, [&](auto op) { from_difference = decltype(op)::safety == exact::difference; });
  if (from_difference) {
    const float sum = sum_differences<T>(x, y, p.columns);
    with_metric(p.metric, [&](auto op) {
      using Op = decltype(op);
      if constexpr (Op::safety == exact::difference) value = Op::from_difference(sum);
    });
    return value;
  }
  const double dot = sum_products<T>(x, y, p.columns);
  with_metric(p.metric, [&](auto op) {
    using Op = decltype(op);
    if constexpr (Op::safety == exact::dot64)
      value = static_cast<float>(Op::from_dot64(dot, p.x.norm[i] * p.y.norm[j]));
    else if constexpr (Op::safety == exact::none && Op::scalar == row_scalar::none)
      value = static_cast<float>(dot);
    else if constexpr (Op::safety == exact::none)
      value = Op::score(static_cast<float>(dot), p.x.scalar[i], p.y.scalar[j]);
  });
  return value;
}

// Whether a value must not be given as it is.
template <class Op>
__device__ __forceinline__ bool is_near(float share, float value, float a, float b) {
  if constexpr (Op::safety == exact::none)
    return !(value == value);
  else
    return Op::within(share, value, a, b);
}

// What a metric takes of a row or column beside the dot.
template <class Op>
__device__ __forceinline__ float scalar_of(const device_side& side, int64_t row) {
  if constexpr (Op::scalar == row_scalar::none)
    return 0.0f;
  else
    return side.scalar[row];
}

// A lane's pairs that must not be given as they are: bit r of low is (r, lane), of high (r, lane + 32), r from the warp's first row.
struct near_pairs {
  unsigned low = 0, high = 0;
};

// Walks the warp's 32 rows of a tile of dots: sink(row of the tile, column of the tile, score) for the pairs inside `rows` and `columns`.
// i0, j0: the tile's first row and column.
template <class Op, class Sink>
__device__ __forceinline__ near_pairs score_expanded(const device_pair& p, const device::score_tile& tile, int64_t i0, int rows, int64_t j0,
                                                     int columns, const Sink& sink) {
  constexpr bool is_distance = Op::safety != exact::none;
  float b[2], scale[2];
  bool inside[2];
  unsigned near[2] = {0, 0};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int c = lane_id() + half * 32;
    inside[half] = c < columns;
    b[half] = inside[half] ? scalar_of<Op>(p.y, j0 + c) : 0.0f;
    scale[half] = inside[half] && p.y.scale ? p.y.scale[j0 + c] : 1.0f;
  }
  const int first = warp_id() * 32, last = rows < first + 32 ? rows : first + 32;
  // Lane l keeps what belongs to row first + l.
  const bool kept = first + lane_id() < last;
  const float kept_scalar = kept ? scalar_of<Op>(p.x, i0 + first + lane_id()) : 0.0f;
  const float kept_scale = kept && p.x.scale ? p.x.scale[i0 + first + lane_id()] : 1.0f;
#pragma unroll 1
  for (int r = first; r < last; ++r) {
    const float a = __shfl_sync(device::all_lanes, kept_scalar, r - first);
    const float own_scale = __shfl_sync(device::all_lanes, kept_scale, r - first);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int c = lane_id() + half * 32;
      const bool own = is_distance && p.self && i0 + r == j0 + c;
      float value = Op::score(tile.at(r, c) * own_scale * scale[half], a, b[half]);
      if (own && value == value) value = 0.0f;
      const bool is_exact = own && value == value;
      if (inside[half] && !is_exact && is_near<Op>(near_share, value, a, b[half])) near[half] |= 1u << (r - first);
      if (inside[half]) sink(r, c, value);
    }
  }
  return {near[0], near[1]};
}

// Gives near pairs to the sink once more, one after another.
template <class T, class Sink>
__device__ __forceinline__ void score_again(const device_pair& p, const near_pairs& near, int64_t i0, int64_t j0, const Sink& sink) {
  const int first = warp_id() * 32;
  bool is_distance = false;
  with_metric(p.metric, [&](auto op) { is_distance = decltype(op)::safety != exact::none; });
#pragma unroll 1
  for (int half = 0; half < 2; ++half) {
    const unsigned held = half == 0 ? near.low : near.high;
#pragma unroll 1
    for (unsigned lanes = __ballot_sync(device::all_lanes, held != 0); lanes; lanes &= lanes - 1) {
      const int lane = __ffs(static_cast<int>(lanes)) - 1, c = lane + half * 32;
#pragma unroll 1
      for (unsigned left = __shfl_sync(device::all_lanes, held, lane); left; left &= left - 1) {
        const int r = first + __ffs(static_cast<int>(left)) - 1;
        const float better = evaluate_again<T>(p, i0 + r, j0 + c);
        const bool own = is_distance && p.self && i0 + r == j0 + c;
        if (lane == lane_id()) sink(r, c, own && better == better ? 0.0f : better);
      }
    }
  }
}

// Scores of the warp's rows: sink sees a near pair twice, first as the expansion has it.
template <class T, class Sink>
__device__ __forceinline__ void score_rows(const device_pair& p, char* shared, int64_t i0, int rows, int64_t j0, int columns,
                                           const Sink& sink) {
  const device::score_tile tile(shared);
  near_pairs near;
  with_metric(p.metric, [&](auto op) { near = score_expanded<decltype(op)>(p, tile, i0, rows, j0, columns, sink); });
  score_again<T>(p, near, i0, j0, sink);
}

// Dots of a tile, as score_rows walks them. Rows and columns past the end are dots of zeros.
template <class T>
__device__ __forceinline__ void dot_tile(const device_pair& p, char* shared, int64_t i0, int64_t j0) {
  device::sums dots;
  device::multiply_tile<T>(dots, shared, rows_of<T>(p.x, p.columns), i0, rows_of<T>(p.y, p.columns), j0);
  device::score_tile(shared).store(dots);
  __syncthreads();
}

__device__ __forceinline__ int at_most(int64_t count, int limit) { return count < limit ? static_cast<int>(count) : limit; }

// The block's tile of a range. Eight row tiles go down together before the next column, so that both sides stay in the L2 cache.
struct tile_of_range {
  int64_t row, column;
  __device__ __forceinline__ explicit tile_of_range(const pair_range& range) {
    constexpr int64_t band = 8;
    const int64_t down = (range.rows + device::tile_rows - 1) / device::tile_rows;
    const int64_t across = (range.columns + device::tile_columns - 1) / device::tile_columns;
    const int64_t before = blockIdx.x / (band * across) * band, height = down - before < band ? down - before : band;
    const int64_t within = blockIdx.x % (band * across);
    row = range.row + (before + within % height) * device::tile_rows;
    column = range.column + within / height * device::tile_columns;
  }
};

template <class T, class Sink>
__device__ __forceinline__ void map_tile(const device_pair& p, const pair_range& range, const Sink& sink) {
  extern __shared__ __align__(128) char shared[];
  const tile_of_range at(range);
  dot_tile<T>(p, shared, at.row, at.column);
  score_rows<T>(p, shared, at.row, at_most(range.row + range.rows - at.row, device::tile_rows), at.column,
                at_most(range.column + range.columns - at.column, device::tile_columns),
                [&](int r, int c, float value) { sink(at.row + r, at.column + c, value); });
}

}  // namespace warpweft::distance::gpu
