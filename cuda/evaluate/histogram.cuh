// Counting scores by value: each pair falls into a bin of its row's class. Counts are whole numbers, so that they may be added in whatever
// order blocks come along.
#pragma once
#include "cuda/distance/sweep.cuh"

namespace warpweft::evaluate::gpu {

using namespace distance;
using namespace distance::gpu;

__device__ __forceinline__ int64_t bin_of(const histogram_fold_params& to, float value) {
  const float at = (value - to.low) * to.scale;
  if (at != at) return to.bins;
  return static_cast<int64_t>(warpweft::min(static_cast<float>(to.bins - 1), warpweft::max(0.0f, at)));
}

__device__ __forceinline__ void count_values(const count_launch& p, int64_t row, int64_t column0, int columns,
                                             const device::score_tile& tile, int own) {
  const histogram_fold_params& to = p.histogram;
  const bool counts = p.rows.first + static_cast<int64_t>(blockIdx.x) * device::tile_rows + own < p.rows.last;
  const int32_t mine = to.row_classes[row];
#pragma unroll 1
  for (int c = 0; c < columns; ++c) {
    const int64_t column = column0 + c;
    if (counts && column != row) {
      const int64_t line = mine + (to.row_classes[column] == mine ? to.classes : 0);
      atomicAdd(reinterpret_cast<unsigned long long*>(to.counts) + line * (to.bins + 1) + bin_of(to, tile.at(own, c)), 1ull);
    }
    __syncwarp();  // rows go on together
  }
}

}  // namespace warpweft::evaluate::gpu
