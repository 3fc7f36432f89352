// What is done to whole rows before they meet: the weights of "structured", and the way into the Poincaré ball.
#pragma once
#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"
#include "distance/launch.h"
#include "distance/ops/exp_map_radius.h"

namespace warpweft::distance::gpu {

// A thread a column of several rows.
__device__ __forceinline__ void structured_rows(const structured_launch& p) {
  constexpr int rows = device::multiplied_rows;
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * rows, column = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x;
  if (column >= p.columns) return;
  const auto element = [&](int r, int64_t k) {
    return row0 + r < p.count ? device::read_element(p.rows, p.type, (row0 + r) * p.stride + k * p.step) : 0.0f;
  };
  float sum[rows];
#pragma unroll
  for (int r = 0; r < rows; ++r) sum[r] = p.diagonal ? p.diagonal[column] * element(r, column) : 0.0f;
  if (p.blocks) {
    const int64_t first = column / p.block * p.block, own = column - first;
    const float* weights = p.blocks + first * p.block;
    for (int64_t j = 0; j < p.block; ++j) {
      const float weight = p.transposed ? weights[j * p.block + own] : weights[own * p.block + j];
#pragma unroll
      for (int r = 0; r < rows; ++r) sum[r] = warpweft::fma(weight, element(r, first + j), sum[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < rows; ++r)
    if (row0 + r < p.count) p.out[(row0 + r) * p.columns + column] = sum[r];
}

// Threads [y][x]: x is one of 32 weights that follow one another, of which y takes every so manieth row.
__device__ __forceinline__ void structured_gradient(const structured_gradient_launch& p) {
  __shared__ double parts[device::rows_side_by_side][32];
  const int64_t weight = static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x;
  const int64_t block = p.diagonal ? 1 : p.block, count = p.columns * block;
  double sum = 0.0;
  if (weight < count) {
    const int64_t own = weight / block, other = own / block * block + weight % block;
    for (int64_t r = threadIdx.y; r < p.count; r += device::rows_side_by_side) {
      const float slope = device::read_element(p.gradient, p.gradient_type, r * p.gradient_stride + own * p.gradient_step);
      const float value = device::read_element(p.rows, p.type, r * p.stride + other * p.step);
      sum = ::fma(static_cast<double>(slope), static_cast<double>(value), sum);
    }
  }
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || weight >= count) return;
  for (int y = 1; y < device::rows_side_by_side; ++y) sum += parts[y][threadIdx.x];
  (p.diagonal ? p.diagonal : p.blocks)[weight] = static_cast<float>(sum);
}

// A warp a row.
__device__ __forceinline__ void exp_map(const exp_map_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (row >= p.count) return;
  const auto element = [&](int64_t k) {
    return static_cast<double>(device::read_element(p.rows, static_cast<dtype>(p.type), row * p.stride + k * p.step));
  };
  double square = 0.0, along = 0.0;
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    const double value = element(k);
    square = ::fma(value, value, square);
    if (p.grad) along = ::fma(value, static_cast<double>(p.grad[row * p.columns + k]), along);
  }
  square = device::join_lanes<device::plus>(square);
  along = device::join_lanes<device::plus>(along);
  const radial map = exp_map_radius(::sqrt(square), p.curvature, p.clip);
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    const int64_t at = row * p.columns + k;
    const double value = element(k);
    p.out[at] = static_cast<float>(p.grad ? map.factor * static_cast<double>(p.grad[at]) + map.bend * along * value : map.factor * value);
  }
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_structured_rows(const warpweft::distance::structured_launch p) {
  warpweft::distance::gpu::structured_rows(p);
}
extern "C" __global__ void distance_structured_gradient(const warpweft::distance::structured_gradient_launch p) {
  warpweft::distance::gpu::structured_gradient(p);
}
extern "C" __global__ void distance_exp_map(const warpweft::distance::exp_map_launch p) { warpweft::distance::gpu::exp_map(p); }
