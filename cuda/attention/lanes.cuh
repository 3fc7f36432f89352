// Joining what a few lanes of a warp hold of a row.
#pragma once
#include "cuda/base/warp.cuh"

namespace warpweft::attention::gpu {

struct larger {
  static __device__ __forceinline__ float join(float a, float b) { return max(a, b); }
};

// Over `count` neighbouring lanes, a power of two; each of them gets the same bits.
template <int count, class Op>
__device__ __forceinline__ float join_neighbours(float value) {
#pragma unroll
  for (int apart = count / 2; apart > 0; apart >>= 1) value = Op::join(value, __shfl_xor_sync(device::all_lanes, value, apart));
  return value;
}

}  // namespace warpweft::attention::gpu
