// The row sweep: every row of X meets a split of the rows of Y, and its thread folds the scores into a state. pairs.cuh says how it is
// used.
#pragma once
#include <type_traits>

#include "cuda/distance/pairs.cuh"
#include "distance/launch.h"

namespace warpweft::distance::gpu {

// body(row, first column, columns, tile, row of the tile) for each tile of scores of a split, by whole warps. Threads past the last row
// walk along with the last row's number, so that functors may read by it; what they make is dropped.
// across(rows, first column, columns, tile), if there is one, then sees the same tile by the whole block.
struct no_across {};
template <class T, bool any_form = true, class Body, class Across = no_across>
__device__ __forceinline__ void sweep_tiles(const device_pair& p, char* shared, const row_span& span, const Body& body,
                                            const Across& across = {}) {
  const int64_t i0 = span.first + static_cast<int64_t>(blockIdx.x) * device::tile_rows;
  const int rows = at_most(span.last - i0, device::tile_rows), own = static_cast<int>(threadIdx.x);
  const int64_t first = blockIdx.y * p.split_columns;
  const int64_t last = p.y.rows - first < p.split_columns ? p.y.rows : first + p.split_columns;
#pragma unroll 1
  for (int64_t j0 = first; j0 < last; j0 += device::tile_columns) {
    const int columns = at_most(last - j0, device::tile_columns);
    dot_tile<T, any_form>(p, shared, i0, j0);
    const device::score_tile tile(shared);
    if (warp_id() * 32 < rows) {
      score_rows<T, any_form>(p, shared, i0, rows, j0, columns, [&](int r, int c, float value) { tile.at(r, c) = value; });
      __syncwarp();
      body(i0 + (own < rows ? own : rows - 1), j0, columns, tile, own);
    }
    __syncthreads();
    if constexpr (!std::is_same_v<Across, no_across>) {
      across(rows, j0, columns, tile);
      __syncthreads();
    }
  }
}
template <class T, bool any_form = true, class Body>
__device__ __forceinline__ void sweep_tiles(const device_pair& p, char* shared, const Body& body) {
  sweep_tiles<T, any_form>(p, shared, row_span{0, p.x.rows}, body);
}

// What this family's sweeps make of a type: a base that is kept in bfloat16 is met by other rows too.
template <class T>
using swept = std::conditional_t<std::is_same_v<T, device::bfloat16>, device::bfloat16_terms, T>;

// A fold's own state in the words of any.
template <class Fold>
__device__ __forceinline__ typename Fold::state state_in(const fold_state& words) {
  static_assert(sizeof(typename Fold::state) <= sizeof(fold_state), "launch.h says how large a state may be");
  typename Fold::state state;
  __builtin_memcpy(&state, words.word, sizeof(state));
  return state;
}
template <class State>
__device__ __forceinline__ void put_state(fold_state& words, const State& state) {
  __builtin_memcpy(words.word, &state, sizeof(state));
}

// Splits in index order. Without any, `done` sees a zero state.
template <class Fold>
__device__ __forceinline__ void row_join(const fold_launch& p, const Fold& fold) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, rows = p.rows.last - p.rows.first;
  if (at >= rows) return;
  typename Fold::state state = fold.zero();
  for (int64_t s = 0; s < p.splits; ++s) fold.join(state, state_in<Fold>(p.partial[s * rows + at]));
  fold.done(p.rows.first + at, state);
}

}  // namespace warpweft::distance::gpu
