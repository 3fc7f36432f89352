// The row sweep: every row of X meets a split of the rows of Y, and its thread folds the scores into a state. pairs.cuh says how it is
// used.
#pragma once
#include "cuda/distance/pairs.cuh"

namespace warpweft::distance::gpu {

// body(row, first column, columns, tile, row of the tile) for each tile of scores of a split, by whole warps. Threads past the last row
// walk along with the last row's number, so that functors may read by it; what they make is dropped.
template <class T, class Body>
__device__ __forceinline__ void sweep_tiles(const device_pair& p, char* shared, const Body& body) {
  const int64_t i0 = static_cast<int64_t>(blockIdx.x) * device::tile_rows;
  const int rows = at_most(p.x.rows - i0, device::tile_rows), own = static_cast<int>(threadIdx.x);
  const int64_t first = blockIdx.y * p.split_columns;
  const int64_t last = p.y.rows - first < p.split_columns ? p.y.rows : first + p.split_columns;
#pragma unroll 1
  for (int64_t j0 = first; j0 < last; j0 += device::tile_columns) {
    const int columns = at_most(last - j0, device::tile_columns);
    dot_tile<T>(p, shared, i0, j0);
    if (warp_id() * 32 < rows) {
      const device::score_tile tile(shared);
      score_rows<T>(p, shared, i0, rows, j0, columns, [&](int r, int c, float value) { tile.at(r, c) = value; });
      __syncwarp();
      body(i0 + (own < rows ? own : rows - 1), j0, columns, tile, own);
    }
    __syncthreads();
  }
}

// A state holds 4-byte and 8-byte numbers without gaps: partial states go through memory as they are. partial: [splits, rows].
template <class T, class Fold>
__device__ __forceinline__ void row_sweep(const device_pair& p, const Fold& fold, typename Fold::state* partial) {
  extern __shared__ __align__(128) char shared[];
  typename Fold::state state = fold.zero();
  sweep_tiles<T>(p, shared, [&](int64_t row, int64_t column, int columns, const device::score_tile& tile, int own) {
#pragma unroll 1
    for (int c = 0; c < columns; ++c) fold.step(state, row, column + c, tile.at(own, c));
    fold.carry(state);
  });
  const int64_t row = static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x;
  if (row < p.x.rows) partial[blockIdx.y * p.x.rows + row] = state;
}

// Splits in index order. Without any, `done` sees a zero state.
template <class Fold>
__device__ __forceinline__ void row_join(const Fold& fold, const typename Fold::state* partial, int64_t splits, int64_t rows) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  typename Fold::state state = fold.zero();
  for (int64_t s = 0; s < splits; ++s) fold.join(state, partial[s * rows + row]);
  fold.done(row, state);
}

}  // namespace warpweft::distance::gpu
