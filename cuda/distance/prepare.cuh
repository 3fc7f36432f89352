// What happens to rows before they meet: aligned copies, norms, a centre. One pass each; the element type is a uniform branch.
#pragma once
#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"
#include "distance/params.h"

namespace warpweft::distance::gpu {

constexpr double smallest_norm = 1e-12;
constexpr float clamped_scale = 1e12f;

// A warp a row. 16-bit rows that keep their type keep their bits, NaN apart.
__device__ __forceinline__ void pack(const pack_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (row >= p.rows) return;
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
  const float scale = p.scale ? p.scale[row] : 1.0f;
  double square = 0.0;
  for (int64_t k = device::lane_id(); k < p.columns; k += 32) {
    const double value = static_cast<double>(device::read_element(p.data, p.type, row * p.stride + k * p.step) * scale);
    square = ::fma(value, value, square);
  }
  square = device::join_lanes<device::plus>(square);
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
}

// A thread a column.
__device__ __forceinline__ void centre(const centre_launch& p) {
  constexpr int64_t samples = 512;
  const int64_t k = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, rows = p.x_rows + p.y_rows;
  if (k >= p.columns) return;
  const int64_t count = rows < samples ? rows : samples;
  double sum = 0.0;
  for (int64_t s = 0; s < count; ++s) {
    const int64_t row = s * rows / count;
    const bool own = row < p.x_rows;
    const int64_t of = own ? row : row - p.x_rows;
    const float value = own ? device::read_element(p.x, p.x_type, of * p.x_stride + k * p.x_step)
                            : device::read_element(p.y, p.y_type, of * p.y_stride + k * p.y_step);
    const float* scale = own ? p.x_scale : p.y_scale;
    sum += static_cast<double>(scale ? value * scale[of] : value);
  }
  p.centre[k] = static_cast<float>(sum / static_cast<double>(count));
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_pack(const warpweft::distance::pack_launch p) { warpweft::distance::gpu::pack(p); }
extern "C" __global__ void distance_measure(const warpweft::distance::measure_launch p) { warpweft::distance::gpu::measure(p); }
extern "C" __global__ void distance_centre(const warpweft::distance::centre_launch p) { warpweft::distance::gpu::centre(p); }
