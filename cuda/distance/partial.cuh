// Gradients where the value is accumulated over the coordinates of x − y: sums_i += Σ_q w_iq ∂value_iq/∂x_i for 64 rows of one side and
// 64 columns a block, over a split of the other side's rows. The other side has the opposite sign, so it is the same sum with the sides
// exchanged. A thread has 4 rows and 8 columns; splits are joined in index order by panel_join's loop.
#pragma once
#include "cuda/distance/elementwise.cuh"
#include "distance/params.h"

namespace warpweft::distance::gpu {

using device::partial_depth;
using device::partial_side;
constexpr int pair_stride = partial_side + 2;  // 16 of one row and 16 of the next are written to 32 different banks

struct partial_slice {
  float weight[partial_depth][pair_stride], value[partial_depth][pair_stride];
  alignas(16) float other[partial_depth][partial_side];
};

// Pairs of rows [row0, row0 + 64) with others [first, first + 16), and those others' columns from column0 on. What lies outside is 0.
template <bool across>
__device__ __forceinline__ void load_pairs(partial_slice& to, const partial_launch& p, int64_t row0, int64_t column0, int64_t first,
                                           int64_t last) {
#pragma unroll
  for (int i = 0; i < partial_depth * partial_side / device::block_threads; ++i) {
    const int at = static_cast<int>(threadIdx.x) + i * device::block_threads;
    const int q = across ? at / partial_side : at % partial_depth, r = across ? at % partial_side : at / partial_depth;
    const bool some = row0 + r < p.rows && first + q < last;
    const int64_t from = across ? (first + q) * p.stride + row0 + r : (row0 + r) * p.stride + first + q;
    to.weight[q][r] = some ? p.grad[from] : 0.0f;
    to.value[q][r] = some ? p.value[from] : 0.0f;
    const int other = at / partial_side, k = at % partial_side;
    const bool inside = first + other < last && column0 + k < p.width;
    to.other[other][k] = inside ? p.other[(first + other) * p.other_stride + column0 + k] : 0.0f;
  }
}

template <class Op>
__device__ __forceinline__ float partial_of(const Op& op, float diff, float value) {
  return op.partial(diff, value);
}
__device__ __noinline__ float partial_of(minkowski op, float diff, float value) { return op.partial(diff, value); }

template <class Op>
__device__ __forceinline__ void add_slice(const Op& op, const partial_slice& from, const float (&own)[4][8], float (&sum)[4][8], int row,
                                          int column) {
#pragma unroll 1
  for (int q = 0; q < partial_depth; ++q) {
    float other[8];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float4 four = *reinterpret_cast<const float4*>(&from.other[q][column + half * 32]);
      other[half * 4] = four.x;
      other[half * 4 + 1] = four.y;
      other[half * 4 + 2] = four.z;
      other[half * 4 + 3] = four.w;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float weight = from.weight[q][row + i * 16], value = from.value[q][row + i * 16];
#pragma unroll
      for (int k = 0; k < 8; ++k) sum[i][k] = warpweft::fma(weight, partial_of(op, own[i][k] - other[k], value), sum[i][k]);
    }
  }
}

template <bool across>
__device__ __forceinline__ void add_partials(const partial_launch& p) {
  __shared__ partial_slice slice;
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * partial_side, column0 = static_cast<int64_t>(blockIdx.y) * partial_side;
  const int row = static_cast<int>(threadIdx.x) / 8, column = threadIdx.x % 8 * 4;
  const auto each = [&](const auto& body) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        const int64_t r = row0 + row + i * 16, c = column0 + column + k / 4 * 32 + k % 4;
        body(i, k, r, c, r < p.rows && c < p.width);
      }
  };
  float own[4][8], sum[4][8];
  each([&](int i, int k, int64_t r, int64_t c, bool inside) {
    own[i][k] = inside ? p.own[r * p.own_stride + c] : 0.0f;
    sum[i][k] = 0.0f;
  });
  const int64_t first = blockIdx.z * p.split_inner, last = p.inner - first < p.split_inner ? p.inner : first + p.split_inner;
  with_elementwise(p.metric, p.scalars, [&](const auto& op) {
#pragma unroll 1
    for (int64_t q = first; q < last; q += partial_depth) {
      __syncthreads();
      load_pairs<across>(slice, p, row0, column0, q, last);
      __syncthreads();
      add_slice(op, slice, own, sum, row, column);
    }
  });
  float* to = p.splits == 1 ? p.sums : p.partial + blockIdx.z * p.rows * p.width;
  each([&](int i, int k, int64_t r, int64_t c, bool inside) {
    if (!inside) return;
    const float before = p.splits == 1 ? to[r * p.width + c] : 0.0f;
    to[r * p.width + c] = before + sum[i][k];
  });
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_PARTIALS(name, across) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::least_blocks) \
      name(const warpweft::distance::partial_launch p) { \
    warpweft::distance::gpu::add_partials<across>(p); \
  }
WARPWEFT_PARTIALS(distance_partials, false)
WARPWEFT_PARTIALS(distance_partials_across, true)
#undef WARPWEFT_PARTIALS
