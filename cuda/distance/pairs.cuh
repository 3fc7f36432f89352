// A tile of pairs: their dots by tensor cores, then their scores, in place.
//
// How a kernel of this family or of the losses is made:
//
//   template <class T>                                    T: device::float32, float16 or bfloat16
//   each pair of a rectangle, without a state:            map_tile<T>(pair, range, sink)             pairs.cuh
//     sink(row, column, score)                            by lanes whose columns follow one another
//   each row of X against a split of the rows of Y:       sweep_tiles<T>(pair, shared, body)         sweep.cuh
//     body(row, column0, columns, tile, own)              a thread owns a row and meets the columns in ascending order
//     tile.at(own, c)                                     is its score with column0 + c
//
// Launch: block_threads threads, tile_bytes of dynamic shared memory; tiles of map_tile in a line (tiles_of(range) blocks), for
// sweep_tiles a grid of (row tiles, splits). Near pairs are evaluated again here, for every kernel: a sink gets
// them a second time.
#pragma once
#include <type_traits>

#include "cuda/distance/again.cuh"
#include "cuda/distance/elementwise.cuh"
#include "distance/launch.h"

namespace warpweft::distance::gpu {

using device::warp_id;

template <class T>
__device__ __forceinline__ device::row_source rows_of(const device_side& side, int64_t columns) {
  constexpr int64_t size = sizeof(typename T::element);
  return {static_cast<const char*>(side.data), side.stride * size, side.rows, columns * size};
}

// Whether a pair with this gap must not be given as it is.
template <class Op>
__device__ __forceinline__ bool is_near(const Op& op, float share, float gap, const row_side<float>& a, const row_side<float>& b) {
  if constexpr (Op::safety == exact::none)
    return !(gap == gap);
  else
    return op.within(share, gap, a, b);
}

// A lane's pairs that must not be given as they are: bit r of low is (r, lane), of high (r, lane + 32), r from the warp's first row.
struct near_pairs {
  unsigned low = 0, high = 0;
};

// Walks the warp's 32 rows of a tile of dots: sink(row of the tile, column of the tile, score) for the pairs inside `rows` and `columns`.
// i0, j0: the tile's first row and column.
template <class Op, class Sink>
__device__ __forceinline__ near_pairs score_expanded(const Op& op, const device_pair& p, const device::score_tile& tile, int64_t i0,
                                                     int rows, int64_t j0, int columns, const Sink& sink) {
  constexpr bool is_distance = Op::safety != exact::none;
  row_side<float> b[2];
  float scale[2];
  bool inside[2];
  unsigned near[2] = {0, 0};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int c = lane_id() + half * 32;
    inside[half] = c < columns;
    b[half] = inside[half] ? side_of<Op>(p.y, j0 + c) : row_side<float>{0.0f, 0.0f};
    scale[half] = inside[half] && p.y.scale ? p.y.scale[j0 + c] : 1.0f;
  }
  const int first = warp_id() * 32, last = rows < first + 32 ? rows : first + 32;
  // Lane l keeps what belongs to row first + l.
  const bool kept = first + lane_id() < last;
  const row_side<float> kept_side = kept ? side_of<Op>(p.x, i0 + first + lane_id()) : row_side<float>{0.0f, 0.0f};
  const float kept_scale = kept && p.x.scale ? p.x.scale[i0 + first + lane_id()] : 1.0f;
#pragma unroll 1
  for (int r = first; r < last; ++r) {
    row_side<float> a{__shfl_sync(device::all_lanes, kept_side.norm, r - first), 0.0f};
    if constexpr (Op::has_extra) a.extra = __shfl_sync(device::all_lanes, kept_side.extra, r - first);
    const float own_scale = __shfl_sync(device::all_lanes, kept_scale, r - first);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int c = lane_id() + half * 32;
      const bool own = is_distance && p.self && i0 + r == j0 + c;
      const float gap = op.gap(tile.at(r, c) * own_scale * scale[half], a, b[half]);
      float value = op.value(gap, a, b[half]);
      if (own && value == value) value = Op::at_itself;
      const bool is_exact = own && value == value;
      if (inside[half] && !is_exact && is_near(op, near_share, gap, a, b[half])) near[half] |= 1u << (r - first);
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
  float at_itself = 0.0f;
  with_metric<T>(p.metric, p.scalars, [&](auto op) {
    is_distance = decltype(op)::safety != exact::none;
    at_itself = decltype(op)::at_itself;
  });
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
        if (lane == lane_id()) sink(r, c, own && better == better ? at_itself : better);
      }
    }
  }
}

// Dots of rows of x that are sums of terms, the smallest first: bfloat16 numbers, or digits of codes. Sums of codes are exact.
template <class T>
__device__ __forceinline__ void multiply_terms(device::sums& dots, const device_pair& p, char* shared, device::row_source x, int64_t i0,
                                               const device::row_source& y, int64_t j0) {
  const int64_t apart = x.stride / p.given.terms;
#pragma unroll 1
  for (int term = 0; term < p.given.terms; ++term, x.data += apart) {
    if constexpr (std::is_same_v<typename T::sum, float>) {
      device::multiply_tile<T>(dots, shared, x, i0, y, j0);
    } else {
      device::sums_of<typename T::sum> part;
      device::multiply_tile<T>(part, shared, x, i0, y, j0);
#pragma unroll
      for (int m = 0; m < 4; ++m)
#pragma unroll
        for (int n = 0; n < 4; ++n)
#pragma unroll
          for (int i = 0; i < 4; ++i)
            dots.c[m][n][i] = warpweft::fma(dots.c[m][n][i], 1.0f / code_digits, static_cast<float>(part.c[m][n][i]));
    }
  }
}

// Kernels for any metric have those that are accumulated over x − y where rows are float32; the others do with dots.
template <class T, bool any_form>
constexpr bool has_elementwise = any_form && sizeof(typename T::element) == 4;

// The warp's rows of a tile that holds values.
template <class Sink>
__device__ __forceinline__ void walk_values(const device::score_tile& tile, int rows, int columns, const Sink& sink) {
  const int first = warp_id() * 32, last = rows < first + 32 ? rows : first + 32;
#pragma unroll 1
  for (int r = first; r < last; ++r)
    for (int c = lane_id(); c < columns; c += 32) sink(r, c, tile.at(r, c));
}

// Scores of the warp's rows: sink sees a near pair twice, first as the expansion has it.
template <class T, bool any_form = true, class Sink>
__device__ __forceinline__ void score_rows(const device_pair& p, char* shared, int64_t i0, int rows, int64_t j0, int columns,
                                           const Sink& sink) {
  const device::score_tile tile(shared);
  if constexpr (has_elementwise<T, any_form>)
    if (is_elementwise(p.metric)) return walk_values(tile, rows, columns, sink);
  near_pairs near;
  with_metric<T>(p.metric, p.scalars, [&](auto op) { near = score_expanded(op, p, tile, i0, rows, j0, columns, sink); });
  score_again<T>(p, near, i0, j0, sink);
}

// A tile as score_rows walks it: dots, or values. Rows and columns past the end are zeros.
template <class T, bool any_form = true>
__device__ __forceinline__ void dot_tile(const device_pair& p, char* shared, int64_t i0, int64_t j0) {
  const device::row_source x = rows_of<T>(p.x, p.columns), y = rows_of<T>(p.y, p.columns);
  if constexpr (has_elementwise<T, any_form>)
    if (is_elementwise(p.metric)) return value_tile(p.metric, p.scalars, shared, x, i0, y, j0);
  device::sums dots;
  if constexpr (T::holds_terms)
    multiply_terms<T>(dots, p, shared, x, i0, y, j0);
  else
    device::multiply_tile<T>(dots, shared, x, i0, y, j0);
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
