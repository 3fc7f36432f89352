// Joining what the lanes of a warp hold, in one fixed order.
#pragma once
#include <cstdint>

namespace warpweft::device {

constexpr unsigned all_lanes = 0xffffffffu;

__device__ __forceinline__ int lane_id() { return static_cast<int>(threadIdx.x & 31); }
__device__ __forceinline__ int warp_id() { return static_cast<int>(threadIdx.x >> 5); }

struct plus {
  template <class V>
  static __device__ __forceinline__ V join(V a, V b) {
    return a + b;
  }
};

// A butterfly: every lane ends with the same bits, since join is commutative.
template <class Op, class V>
__device__ __forceinline__ V join_lanes(V value) {
#pragma unroll
  for (int apart = 16; apart > 0; apart >>= 1) value = Op::join(value, __shfl_xor_sync(all_lanes, value, apart));
  return value;
}

// Over a block of whole warps, in the order of the warps; `room` has a place for each. Every thread gets the result.
template <class Op, class V>
__device__ __forceinline__ V join_block(V value, V* room) {
  value = join_lanes<Op>(value);
  __syncthreads();
  if (lane_id() == 0) room[warp_id()] = value;
  __syncthreads();
  value = room[0];
  for (int w = 1; w < static_cast<int>(blockDim.x >> 5); ++w) value = Op::join(value, room[w]);
  return value;
}

}  // namespace warpweft::device
