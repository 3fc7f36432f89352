// From the anchors' terms to the value, by one block in one order, and from the upstream gradient to what a pair of each anchor counts for.
#pragma once
#include "base/tile.h"
#include "cuda/base/warp.cuh"
#include "loss/launch.h"

namespace warpweft::loss::gpu {

struct side_total {
  double sum = 0.0, count = 0.0, non_zero = 0.0;
  __device__ __forceinline__ double factor(reduction_id reduction) const {
    const double divisor = reduction == reduction_id::mean ? count : reduction == reduction_id::mean_non_zero ? non_zero : 1.0;
    return divisor > 0.0 ? 1.0 / divisor : 0.0;
  }
};

// The mean of both directions, where the loss also looks from the candidates.
__device__ __forceinline__ float term_of(const total_launch& p, int side, int64_t row) {
  const float own = p.rows[3 * side * p.stride + row];
  if (!p.columns) return own;
  const int64_t target = row + p.shift;
  return 0.5f * (own + (target >= 0 && target < p.m ? p.columns[target] : 0.0f));
}

__device__ __forceinline__ void total(const total_launch& p) {
  __shared__ double room[device::rows_of_warps];
  side_total mine[2];
  for (int64_t row = threadIdx.x; row < p.n; row += blockDim.x) {
    float own = 0.0f;
#pragma unroll
    for (int side = 0; side < 2; ++side) {
      if (side == 1 && !p.two_parts) continue;
      const float sum = term_of(p, side, row), *of = p.rows + 3 * side * p.stride + row;
      side_total& t = mine[side];
      t.sum += sum;
      t.count += of[p.stride];
      t.non_zero += !p.columns ? of[2 * p.stride] : sum > 0.0f ? 1.0f : 0.0f;
      own = own + sum;
    }
    if (p.reduction == reduction_id::none) p.value[row] = own;
  }
  double value = 0.0;
#pragma unroll
  for (int side = 0; side < 2; ++side) {
    side_total t;
    t.sum = device::join_block<device::plus>(mine[side].sum, room);
    t.count = device::join_block<device::plus>(mine[side].count, room);
    t.non_zero = device::join_block<device::plus>(mine[side].non_zero, room);
    if (threadIdx.x == 0) p.state[side] = static_cast<float>(t.factor(p.reduction));
    if (t.count > 0.0) value += t.sum * t.factor(p.reduction);
  }
  if (threadIdx.x == 0 && p.reduction != reduction_id::none) p.value[0] = static_cast<float>(value);
}

// A thread to an anchor, then a thread to a candidate.
__device__ __forceinline__ void scale(const scale_launch& p) {
  const auto upstream = [&](int64_t row) { return (p.none ? p.grad[row] : p.grad[0]) * p.share; };
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, candidate = at - p.n;
  if (at < p.n) {
    p.x_positive[at] = upstream(at) * p.state[0];
    p.x_negative[at] = p.whole_negatives ? 1.0f : upstream(at) * p.state[p.two_parts ? 1 : 0];
  } else if (p.y_scale && candidate < p.m && p.whole_negatives) {
    p.y_scale[candidate] = 0.0f;
    p.y_scale[p.m + candidate] = 1.0f;
  } else if (p.y_scale && candidate < p.m) {
    const int64_t row = candidate - p.shift;
    p.y_scale[candidate] = row >= 0 && row < p.n ? upstream(row) * p.state[0] : 0.0f;
  }
}

__device__ __forceinline__ void add(const add_launch& p) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at < p.count) p.into[at] = p.into[at] + p.part[at];
}

}  // namespace warpweft::loss::gpu
