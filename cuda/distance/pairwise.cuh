// The matrix itself: each score is rounded once to the type of the result.
#pragma once
#include "cuda/base/stored.cuh"
#include "cuda/distance/pairs.cuh"

namespace warpweft::distance::gpu {

template <class T>
__device__ __forceinline__ void pairwise(const pairwise_launch& p) {
  map_tile<T>(p.pair, p.range, [&](int64_t i, int64_t j, float value) {
    device::write_element(p.out, static_cast<dtype>(p.out_type), i * p.out_stride + j, value);
  });
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_PAIRWISE(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::least_blocks) \
      distance_pairwise_##type(const warpweft::distance::pairwise_launch p) { \
    warpweft::distance::gpu::pairwise<warpweft::device::type>(p); \
  }
WARPWEFT_PAIRWISE(float32)
WARPWEFT_PAIRWISE(float16)
WARPWEFT_PAIRWISE(bfloat16)
#undef WARPWEFT_PAIRWISE
