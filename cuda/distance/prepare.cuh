// What happens to rows before they meet: aligned copies, norms, a centre. One pass each; the element type is a uniform branch.
#pragma once
#include "cuda/base/stored.cuh"
#include "cuda/distance/pairs.cuh"
#include "distance/launch.h"

namespace warpweft::distance::gpu {

constexpr double smallest_norm = 1e-12;
constexpr float clamped_scale = 1e12f;

// One element less the row's mean, in two parts.
struct split {
  float high, low;
  __device__ __forceinline__ explicit split(double value)
      : high(static_cast<float>(value)), low(static_cast<float>(value - static_cast<double>(high))) {}
};

__device__ __forceinline__ void pack_centred(const pack_launch& p, int64_t row) {
  double mean = 0.0;
  for (int64_t k = device::lane_id(); k < p.columns; k += 32)
    mean += static_cast<double>(device::read_element(p.from, p.from_type, row * p.from_stride + k * p.from_step));
  mean = device::join_lanes<device::plus>(mean) / static_cast<double>(p.columns);
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    const float value = device::read_element(p.from, p.from_type, row * p.from_stride + k * p.from_step);
    const split parts(static_cast<double>(value) - mean);
    static_cast<float*>(p.to)[row * p.to_stride + k] = parts.high;
    p.low[row * p.to_stride + k] = parts.low;
  }
}

// A warp a row. 16-bit rows that keep their type keep their bits, NaN apart.
__device__ __forceinline__ void pack(const pack_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (row >= p.rows) return;
  if (p.low) return pack_centred(p, row);
  const float scale = p.scale ? p.scale[row] : 1.0f;
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    const float value = device::read_element(p.from, p.from_type, row * p.from_stride + k * p.from_step) * scale;
    device::write_element(p.to, p.to_type, row * p.to_stride + k, p.shift ? value - p.shift[k] : value);
  }
}

// A warp a row; norms are summed in float64.
__device__ __forceinline__ void measure(const measure_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (row >= p.rows) return;
  const bool codes = p.type == dtype::int8;  // whose sums are exact before they are scaled
  const float factor = p.scale ? p.scale[row] : 1.0f, scale = codes ? 1.0f : factor;
  double square = 0.0;
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    double value = static_cast<double>(device::read_element(p.data, p.type, row * p.stride + k * p.step) * scale);
    if (p.low) value += static_cast<double>(p.low[row * p.stride + k]);
    square = ::fma(value, value, square);
  }
  square = device::join_lanes<device::plus>(square);
  if (codes) square *= static_cast<double>(factor) * static_cast<double>(factor);
  if (device::lane_id() != 0) return;
  double norm = square;
  if (p.inverse) {
    norm = ::sqrt(square);
    // A row too short to become a unit row was divided by the smallest norm, and is not divided again.
    if (p.scale && scale >= clamped_scale) norm = 1.0;
    if (norm < smallest_norm) norm = smallest_norm;
  }
  p.scalar[row] = static_cast<float>(p.inverse ? 1.0 / norm : norm);
  if (p.norm) p.norm[row] = norm;
  if (p.extra)
    with_metric(p.metric, p.scalars, [&](auto op) {
      if constexpr (decltype(op)::has_extra) p.extra[row] = static_cast<float>(op.extra(square));
    });
  // A NaN is no place outside.
  using row_number = unsigned long long;
  if (p.outside && p.scalars[0] * square >= 1.0) atomicMax(reinterpret_cast<row_number*>(p.outside), static_cast<row_number>(p.rows - row));
}

// A thread a column.
__device__ __forceinline__ void centre(const centre_launch& p) {
  constexpr int64_t samples = 512;
  const int64_t k = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, rows = p.x_rows + p.y_rows;
  if (k >= p.columns) return;
  const int64_t count = rows < samples ? rows : samples;
  double sum = 0.0, sum_of_squares = 0.0;
  for (int64_t s = 0; s < count; ++s) {
    const int64_t row = s * rows / count;
    const bool own = row < p.x_rows;
    const int64_t of = own ? row : row - p.x_rows;
    const float value = own ? device::read_element(p.x, p.x_type, of * p.x_stride + k * p.x_step)
                            : device::read_element(p.y, p.y_type, of * p.y_stride + k * p.y_step);
    const float* scale = own ? p.x_scale : p.y_scale;
    const double term = static_cast<double>(scale ? value * scale[of] : value);
    sum += term;
    sum_of_squares += term * term;
  }
  const double mean = sum / static_cast<double>(count);
  p.centre[k] = mean * mean > p.share * sum_of_squares / static_cast<double>(count) ? static_cast<float>(mean) : 0.0f;
}

// A thread a column of several rows; the rows pass through shared memory.
__device__ __forceinline__ void whiten(const whiten_launch& p) {
  constexpr int rows = device::multiplied_rows, depth = 64;
  __shared__ double held[rows][depth];
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * rows, column = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x;
  double sum[rows] = {};
  for (int64_t k0 = 0; k0 < p.columns; k0 += depth) {
    __syncthreads();
    for (int at = static_cast<int>(threadIdx.x); at < rows * depth; at += static_cast<int>(blockDim.x)) {
      const int64_t row = row0 + at / depth, k = k0 + at % depth;
      double value = 0.0;
      if (row < p.rows && k < p.columns)
        value = static_cast<double>(device::read_element(p.from, static_cast<dtype>(p.from_type), row * p.from_stride + k * p.from_step)) -
                static_cast<double>(p.origin[k]);
      held[at / depth][at % depth] = value;
    }
    __syncthreads();
    if (column >= p.columns) continue;
    const int last = at_most(p.columns - k0, depth);
    for (int k = 0; k < last; ++k) {
      const double weight = p.whitener[(k0 + k) * p.columns + column];
#pragma unroll
      for (int r = 0; r < rows; ++r) sum[r] = ::fma(held[r][k], weight, sum[r]);
    }
  }
  if (column >= p.columns) return;
#pragma unroll
  for (int r = 0; r < rows; ++r) {
    if (row0 + r >= p.rows) break;
    const split parts(sum[r]);
    p.high[(row0 + r) * p.to_stride + column] = parts.high;
    p.low[(row0 + r) * p.to_stride + column] = parts.low;
  }
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_pack(const warpweft::distance::pack_launch p) { warpweft::distance::gpu::pack(p); }
extern "C" __global__ void distance_measure(const warpweft::distance::measure_launch p) { warpweft::distance::gpu::measure(p); }
extern "C" __global__ void distance_centre(const warpweft::distance::centre_launch p) { warpweft::distance::gpu::centre(p); }
extern "C" __global__ void distance_whiten(const warpweft::distance::whiten_launch p) { warpweft::distance::gpu::whiten(p); }
