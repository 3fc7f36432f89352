// Rows over their length, and back; a warp has a row. Sums are float64, as on the CPU.
#pragma once
#include "algebra/params.h"
#include "cuda/base/warp.cuh"

namespace warpweft::algebra {

constexpr double shortest = 1e-12;

// Calls body(row) for each row of this warp.
template <class Body>
__device__ __forceinline__ void each_row(int64_t rows, const Body& body) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x >> 5);
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id(); row < rows; row += warps) body(row);
}

}  // namespace warpweft::algebra

extern "C" __global__ void __launch_bounds__(256) algebra_normalize(const warpweft::algebra::normalize_params p) {
  using namespace warpweft;
  algebra::each_row(p.rows, [&](int64_t row) {
    const float* x = p.x + row * p.columns;
    float* y = p.y + row * p.columns;
    double squares = 0;
    for (int64_t k = device::lane_id(); k < p.columns; k += 32) squares += static_cast<double>(x[k]) * x[k];
    const double norm = sqrt(device::join_lanes<device::plus>(squares));
    const double scale = 1 / (norm < algebra::shortest ? algebra::shortest : norm);  // a NaN passes
    for (int64_t k = device::lane_id(); k < p.columns; k += 32) y[k] = static_cast<float>(x[k] * scale);
    if (device::lane_id() == 0) p.norms[row] = norm;
  });
}

// dx = (g − (g·y) y) / |x|, or g / 1e-12 for a row that short, or 0 for a row of zeros
extern "C" __global__ void __launch_bounds__(256) algebra_normalize_backward(const warpweft::algebra::normalize_params p) {
  using namespace warpweft;
  algebra::each_row(p.rows, [&](int64_t row) {
    const float *g = p.g + row * p.columns, *y = p.y + row * p.columns;
    float* dx = p.dx + row * p.columns;
    const double norm = p.norms[row];
    double along = 0;
    for (int64_t k = device::lane_id(); k < p.columns; k += 32) along += static_cast<double>(g[k]) * y[k];
    along = device::join_lanes<device::plus>(along);
    if (norm <= algebra::shortest) along = 0;
    const double scale = 1 / (norm < algebra::shortest ? algebra::shortest : norm);
    for (int64_t k = device::lane_id(); k < p.columns; k += 32)
      dx[k] = norm == 0 ? 0.0f : static_cast<float>((g[k] - along * y[k]) * scale);
  });
}
