// The matrix product on tensor cores: 128×64 of the result a block, rows of both sides streamed through the loop of cuda/base. The grid's
// second dimension takes parts of the columns, the third pairs of matrices.
#pragma once
#include "algebra/params.h"
#include "cuda/base/tile.cuh"

namespace warpweft::algebra {

template <class T>
__device__ __forceinline__ void matmul(const matmul_params& p) {
  using namespace device;
  __shared__ __align__(128) char shared[tile_bytes];
  const int64_t down = blockIdx.x / p.column_tiles, row0 = down * tile_rows, column0 = (blockIdx.x - down * p.column_tiles) * tile_columns;
  const int64_t begin = blockIdx.y * p.part_bytes, bytes = min(p.part_bytes, p.row_bytes - begin);
  sums tile;
  const char *a = p.a + blockIdx.z * p.a_next + begin, *b = p.b + blockIdx.z * p.b_next + begin;
  multiply_tile<T>(tile, shared, {a, p.a_stride, p.m, bytes}, row0, {b, p.b_stride, p.n, bytes}, column0);
  float* out = p.out + blockIdx.z * p.out_next + blockIdx.y * p.m * p.n;
  const place here;
  const int64_t row = row0 + here.row + (here.lane >> 2), column = column0 + here.column + 2 * (here.lane & 3);
  // Two neighbours at a time fill whole sectors.
  const bool pairs = ((p.n | p.out_stride) & 1) == 0 && (reinterpret_cast<uintptr_t>(out) & 7) == 0;
#pragma unroll
  for (int m = 0; m < 4; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t r = row + m * 16 + half * 8;
      if (r >= p.m) continue;
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        const int64_t c = column + n * 8;
        const float first = tile.c[m][n][half * 2], second = tile.c[m][n][half * 2 + 1];
        float* to = out + r * p.out_stride + c;
        if (pairs) {
          if (c < p.n) __stcg(reinterpret_cast<float2*>(to), make_float2(first, second));
        } else {
          if (c < p.n) to[0] = first;
          if (c + 1 < p.n) to[1] = second;
        }
      }
    }
}

}  // namespace warpweft::algebra

extern "C" __global__ void __launch_bounds__(128) algebra_matmul_float32(const warpweft::algebra::matmul_params p) {
  warpweft::algebra::matmul<warpweft::device::float32>(p);
}

extern "C" __global__ void __launch_bounds__(128) algebra_matmul_float16(const warpweft::algebra::matmul_params p) {
  warpweft::algebra::matmul<warpweft::device::float16>(p);
}

extern "C" __global__ void __launch_bounds__(128) algebra_matmul_bfloat16(const warpweft::algebra::matmul_params p) {
  warpweft::algebra::matmul<warpweft::device::bfloat16>(p);
}
