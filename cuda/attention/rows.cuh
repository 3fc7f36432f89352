// Whole rows: a warp has a row, or a thread an element. Sums and angles are float64, as on the CPU.
#pragma once
#include "attention/launch_rows.h"
#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"

namespace warpweft::attention::gpu {

using device::read_element;

// Calls body(row) for each row of this warp.
template <class Body>
__device__ __forceinline__ void each_row(int64_t rows, const Body& body) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x >> 5);
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id(); row < rows; row += warps) body(row);
}

__device__ __forceinline__ float element(const matrix& x, int64_t row, int64_t k) {
  return read_element(x.data, x.type, row * x.stride + k);
}

// 1/ρ of a row.
__device__ __forceinline__ double inverse_root(const matrix& x, int64_t row, double eps) {
  double squares = 0;
  for (int64_t k = device::lane_id(); k < x.columns; k += 32) {
    const double value = element(x, row, k);
    squares += value * value;
  }
  return 1.0 / ::sqrt(device::join_lanes<device::plus>(squares) / static_cast<double>(x.columns) + eps);
}

}  // namespace warpweft::attention::gpu

extern "C" __global__ void __launch_bounds__(128) attention_pack(const warpweft::attention::pack_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.rows, [&](int64_t row) {
    for (int64_t k = warpweft::device::lane_id(); k < p.columns; k += 32)
      warpweft::device::write_element(p.to, p.to_type, row * p.to_stride + k, read_element(p.from, p.from_type, row * p.columns + k));
  });
}

extern "C" __global__ void __launch_bounds__(128) attention_dots(const warpweft::attention::dots_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.rows, [&](int64_t row) {
    const float *a = p.a + row * p.columns, *b = p.b + row * p.columns;
    float sum = 0;
    for (int64_t k = warpweft::device::lane_id(); k < p.columns; k += 32) sum = warpweft::fma(a[k], b[k], sum);
    sum = warpweft::device::join_lanes<warpweft::device::plus>(sum);
    if (warpweft::device::lane_id() == 0) p.out[row] = sum;
  });
}

extern "C" __global__ void __launch_bounds__(128) attention_norm(const warpweft::attention::norm_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.x.rows, [&](int64_t row) {
    const double r = inverse_root(p.x, row, p.eps);
    for (int64_t k = warpweft::device::lane_id(); k < p.x.columns; k += 32)
      p.out[row * p.x.columns + k] = static_cast<float>(element(p.x, row, k) * r * p.gain[k]);
  });
}

// dx, and 1/ρ for the gain's gradient
extern "C" __global__ void __launch_bounds__(128) attention_norm_backward(const warpweft::attention::norm_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.x.rows, [&](int64_t row) {
    const int64_t d = p.x.columns;
    const float* g = p.grad + row * d;
    const double r = inverse_root(p.x, row, p.eps);
    if (p.roots && warpweft::device::lane_id() == 0) p.roots[row] = r;
    if (!p.out) return;
    double along = 0;
    for (int64_t k = warpweft::device::lane_id(); k < d; k += 32) along += static_cast<double>(g[k]) * p.gain[k] * element(p.x, row, k);
    const double bend = warpweft::device::join_lanes<warpweft::device::plus>(along) / static_cast<double>(d) * r * r;
    for (int64_t k = warpweft::device::lane_id(); k < d; k += 32)
      p.out[row * d + k] = static_cast<float>(r * (static_cast<double>(g[k]) * p.gain[k] - bend * element(p.x, row, k)));
  });
}

// Of a run of rows, a column a thread; the runs are joined in order.
extern "C" __global__ void __launch_bounds__(128) attention_norm_gain(const warpweft::attention::norm_launch p) {
  using namespace warpweft::attention::gpu;
  const int64_t d = p.x.columns, k = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k >= d) return;
  const int64_t first = blockIdx.y * p.run, last = ::min(first + p.run, p.x.rows);
  double sum = 0;
  for (int64_t row = first; row < last; ++row) sum += p.roots[row] * p.grad[row * d + k] * element(p.x, row, k);
  p.sums[blockIdx.y * d + k] = sum;
}

extern "C" __global__ void __launch_bounds__(128) attention_norm_gain_join(const warpweft::attention::norm_launch p) {
  const int64_t k = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k >= p.x.columns) return;
  double sum = 0;
  for (int64_t run = 0; run < p.runs; ++run) sum += p.sums[run * p.x.columns + k];
  p.gain_grad[k] = static_cast<float>(sum);
}

// Columns before the pairs are copied. sinpi and cospi, of the angle in units of π, bring any angle near 0 without a table.
extern "C" __global__ void __launch_bounds__(128) attention_rope(const warpweft::attention::rope_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.x.rows, [&](int64_t row) {
    float* out = p.out + row * p.x.columns;
    for (int64_t k = warpweft::device::lane_id(); k < p.skip; k += 32) out[k] = element(p.x, row, k);
    const int64_t step = p.interleaved ? 2 : 1, apart = p.interleaved ? 1 : p.pairs;
    const double position = p.positions[row / p.heads % p.tokens];
    for (int64_t m = warpweft::device::lane_id(); m < p.pairs; m += 32) {
      double sine, cosine;
      ::sincospi(position * p.turns[m], &sine, &cosine);
      const int64_t at = p.skip + m * step;
      const double a = element(p.x, row, at), b = element(p.x, row, at + apart);
      out[at] = static_cast<float>(a * cosine - b * sine);
      out[at + apart] = static_cast<float>(a * sine + b * cosine);
    }
  });
}

extern "C" __global__ void __launch_bounds__(128) attention_embed(const warpweft::attention::embed_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.count, [&](int64_t i) {
    for (int64_t k = warpweft::device::lane_id(); k < p.table.columns; k += 32)
      p.out[i * p.table.columns + k] = element(p.table, p.rows[i], k);
  });
}

// A warp has a row of the table that somebody asked for, and adds up the gradients of those who did, in their order.
extern "C" __global__ void __launch_bounds__(128) attention_embed_backward(const warpweft::attention::embed_backward_launch p) {
  using namespace warpweft::attention::gpu;
  each_row(p.distinct, [&](int64_t n) {
    for (int64_t k = warpweft::device::lane_id(); k < p.columns; k += 32) {
      float sum = 0;
      for (int32_t i = p.begin[n]; i < p.begin[n + 1]; ++i) sum += p.grad[p.order[i] * p.columns + k];
      p.out[p.rows[p.order[p.begin[n]]] * p.columns + k] = sum;
    }
  });
}
