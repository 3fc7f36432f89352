// Elements of arrays whose dtype is known at run time only. All threads take the same branch.
#pragma once
#include "base/matrix.h"
#include "cuda/base/element.cuh"

namespace warpweft::device {

__device__ __forceinline__ float read_element(const void* data, dtype type, int64_t at) {
  switch (type) {
    case dtype::float16: return float16::widen(static_cast<const __half*>(data)[at]);
    case dtype::bfloat16: return bfloat16::widen(static_cast<const __nv_bfloat16*>(data)[at]);
    case dtype::int32: return static_cast<float>(static_cast<const int32_t*>(data)[at]);
    case dtype::int8: return static_cast<float>(static_cast<const int8_t*>(data)[at]);
    case dtype::uint8: return static_cast<float>(static_cast<const uint8_t*>(data)[at]);
    default: return static_cast<const float*>(data)[at];
  }
}

// Into a float dtype, to nearest even.
__device__ __forceinline__ void write_element(void* data, dtype type, int64_t at, float value) {
  switch (type) {
    case dtype::float16: static_cast<__half*>(data)[at] = __float2half_rn(value); break;
    case dtype::bfloat16: static_cast<__nv_bfloat16*>(data)[at] = __float2bfloat16_rn(value); break;
    default: static_cast<float*>(data)[at] = value;
  }
}

}  // namespace warpweft::device
