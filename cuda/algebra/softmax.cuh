// Rows as probabilities, and the way back; a warp has a row. Sums are float64, as on the CPU.
#pragma once
#include "base/num.h"
#include "cuda/algebra/normalize.cuh"
#include "cuda/base/stored.cuh"

namespace warpweft::algebra {

struct larger_one {
  static __device__ __forceinline__ float join(float a, float b) { return a > b ? a : b; }
};

}  // namespace warpweft::algebra

// y = e^x / Σ e^x, by the row's maximum. −∞ gives 0, and a row of nothing else is all 0; a NaN or +∞ makes its row NaN.
extern "C" __global__ void __launch_bounds__(256) algebra_softmax(const warpweft::algebra::softmax_params p) {
  using namespace warpweft;
  algebra::each_row(p.x.rows, [&](int64_t row) {
    const auto x = [&](int64_t k) { return device::read_element(p.x.data, p.x.type, row * p.x.stride + k * p.x.step); };
    float* const y = p.y + row * p.x.columns;
    float top = -__builtin_inff();
#pragma unroll 1
    for (int64_t k = device::lane_id(); k < p.x.columns; k += 32) top = algebra::larger_one::join(x(k), top);
    top = device::join_lanes<algebra::larger_one>(top);
    if (top == -__builtin_inff()) top = 0.0f;
    double sum = 0;
#pragma unroll 1
    for (int64_t k = device::lane_id(); k < p.x.columns; k += 32) sum += static_cast<double>(warpweft::exp(x(k) - top));
    sum = device::join_lanes<device::plus>(sum);
    const float share = sum == 0 ? 0.0f : static_cast<float>(1 / sum);
#pragma unroll 1
    for (int64_t k = device::lane_id(); k < p.x.columns; k += 32) y[k] = warpweft::exp(x(k) - top) * share;
  });
}

// dx = y (g − Σ g·y)
extern "C" __global__ void __launch_bounds__(256) algebra_softmax_backward(const warpweft::algebra::softmax_params p) {
  using namespace warpweft;
  algebra::each_row(p.x.rows, [&](int64_t row) {
    const int64_t first = row * p.x.columns;
    const float *y = p.y + first, *g = p.g + first;
    double along = 0;
    for (int64_t k = device::lane_id(); k < p.x.columns; k += 32) along += static_cast<double>(g[k]) * y[k];
    const float mean = static_cast<float>(device::join_lanes<device::plus>(along));
    for (int64_t k = device::lane_id(); k < p.x.columns; k += 32) p.dx[first + k] = y[k] * (g[k] - mean);
  });
}
