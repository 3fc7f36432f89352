// Rows taken apart into terms of a narrower type, or kept as codes.
#pragma once
#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"
#include "distance/launch.h"

namespace warpweft::distance::gpu {

constexpr float most_code = 127.0f, smallest_scale = 1e-37f;

struct largest {
  static __device__ __forceinline__ float join(float a, float b) { return a > b ? a : b; }
};
struct least {
  static __device__ __forceinline__ int64_t join(int64_t a, int64_t b) { return a < b ? a : b; }
};

// Terms of one element, the smallest of them first.
__device__ __forceinline__ void put_bfloat16(const terms_launch& p, int64_t at, float value) {
  for (int term = p.terms - 1; term >= 0; --term) {
    const __nv_bfloat16 part = __float2bfloat16_rn(value);
    static_cast<__nv_bfloat16*>(p.to)[at + term * p.apart] = part;
    value -= device::bfloat16::widen(part);
  }
}

__device__ __forceinline__ void put_digits(const terms_launch& p, int64_t at, float value, float scale) {
  double rest = p.terms == 1 ? static_cast<double>(value / scale) : static_cast<double>(value) / static_cast<double>(scale);
  for (int term = p.terms - 1; term >= 0; --term) {
    const double code = ::fmin(::fmax(::rint(rest), -static_cast<double>(most_code)), static_cast<double>(most_code));
    static_cast<int8_t*>(p.to)[at + term * p.apart] = static_cast<int8_t>(code);
    rest = (rest - code) * code_digits;
  }
}

// A warp a row.
struct terms_row {
  const terms_launch& p;
  int64_t row;
  __device__ __forceinline__ float operator[](int64_t k) const {
    return device::read_element(p.from, p.from_type, row * p.from_stride + k * p.from_step);
  }

  // The first element that is not finite; `columns` where all are.
  __device__ __forceinline__ int64_t first_refused() const {
    int64_t first = p.columns;
    for (int64_t k = device::lane_id(); k < p.columns && first == p.columns; k += 32)
      if (!(::fabsf((*this)[k]) < __builtin_inff())) first = k;
    return device::join_lanes<least>(first);
  }
  __device__ __forceinline__ float found_scale() const {
    float most = 0.0f;
    for (int64_t k = device::lane_id(); k < p.columns; k += 32) most = largest::join(::fabsf((*this)[k]), most);
    const float scale = device::join_lanes<largest>(most) / most_code;
    return scale > smallest_scale ? scale : smallest_scale;
  }
  __device__ __forceinline__ void refuse(float value) const {
    const int kind = value != value ? 0 : value > 0.0f ? 1 : 2;
    if (device::lane_id() == 0)
      atomicMax(reinterpret_cast<unsigned long long*>(p.refused), static_cast<unsigned long long>(refused_kinds * (p.rows - row) + kind));
  }

  __device__ __forceinline__ void keep_codes() const {
    const bool found = p.from_type != dtype::int8;
    const int64_t refused = found ? first_refused() : p.columns;
    float scale = p.given_scale ? p.given_scale[row] : found ? found_scale() : p.one_scale;
    if (refused < p.columns) {  // no codes: products are NaN, and pairs are evaluated again
      if (p.refused) refuse((*this)[refused]);
      scale = __int_as_float(0x7fc00000);
    }
    if (device::lane_id() == 0) p.scale[row] = scale;
    for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
      const int64_t at = row * p.to_stride + k;
      if (found)
        put_digits(p, at, refused < p.columns ? 0.0f : (*this)[k], refused < p.columns ? 1.0f : scale);
      else
        static_cast<int8_t*>(p.to)[at] = static_cast<const int8_t*>(p.from)[row * p.from_stride + k * p.from_step];
    }
  }
};

__device__ __forceinline__ void take_apart(const terms_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (row >= p.rows) return;
  const terms_row of{p, row};
  if (p.to_type == dtype::int8) return of.keep_codes();
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) put_bfloat16(p, row * p.to_stride + k, of[k]);
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_terms(const warpweft::distance::terms_launch p) { warpweft::distance::gpu::take_apart(p); }
