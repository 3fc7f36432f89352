// A tile of scores in shared memory, 128 rows of 64, where a warp may walk along a row or down a column, and store fragments,
// without two lanes meeting in a bank: column c of row r stands at c ^ spread(r).
#pragma once
#include "cuda/base/tile.cuh"

namespace warpweft::device {

// The five low bits of a row, permuted: a fragment's eight rows move the bits that its four columns 0, 2, 4, 6 leave alone.
__device__ __forceinline__ int spread(int row) { return (row & 1) | (row & 2) << 2 | (row & 4) << 2 | (row & 8) >> 2 | (row & 16) >> 2; }

struct score_tile {
  float* scores;
  __device__ __forceinline__ explicit score_tile(char* shared) : scores(reinterpret_cast<float*>(shared)) {}
  __device__ __forceinline__ float& at(int row, int column) const { return scores[row * tile_columns + (column ^ spread(row))]; }

  // Each thread puts its sums where they belong.
  __device__ __forceinline__ void store(const sums& from) const {
    const place here;
    const int g = here.lane >> 2, t = here.lane & 3, column = (here.column + 2 * t) ^ spread(g);
    float* to = scores + (here.row + g) * tile_columns;
#pragma unroll
    for (int m = 0; m < 4; ++m)
#pragma unroll
      for (int n = 0; n < 4; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int below = m * 16 + (i >> 1) * 8, right = n * 8 + (i & 1);  // bits that the lane's own row and column leave at 0
          to[below * tile_columns + (column ^ right ^ spread(below))] = from.c[m][n][i];
        }
  }
};

}  // namespace warpweft::device
