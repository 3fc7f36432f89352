// Gradients from panels of pair weights, in any family: a panel is filled, its sums are added, and after the last panel each row goes
// through the metric and the normalisation.
#pragma once
#include "cuda/base/panel.cuh"
#include "cuda/distance/pairs.cuh"
#include "cuda/distance/prepare.cuh"

namespace warpweft::distance::gpu {

// c_ij of a stored result. A thread a pair, a block within one row.
__device__ __forceinline__ void stored_weights(const weights_launch& p) {
  const int64_t across = (p.range.columns + blockDim.x - 1) / blockDim.x, row = blockIdx.x / across;
  const int64_t column = blockIdx.x % across * blockDim.x + threadIdx.x;
  if (column >= p.range.columns) return;
  const int64_t at = (p.range.row + row) * p.stride + p.range.column + column;
  const float value = p.value[at];
  float slope = 1.0f;
  row_side<float> x{0.0f, 0.0f}, y{0.0f, 0.0f};
  if (p.x_scalar) {
    x = {p.x_scalar[p.range.row + row], p.x_extra[p.range.row + row]};
    y = {p.y_scalar[p.range.column + column], p.y_extra[p.range.column + column]};
  }
  with_metric(p.metric, p.scalars, [&](auto op) { slope = op.cross(value, x, y); });
  p.panel[row * p.panel_stride + column] = p.grad[at] * slope;
}

// The slices of weights that a block of sums adds up, of those tiles alone that have one that counts. Across, a block is two tiles wide.
template <bool across>
struct hot_slices {
  const panel_launch& p;
  __device__ __forceinline__ bool is_hot(int64_t tile) const {
    if constexpr (!across) return p.hot[blockIdx.x * p.hot_stride + tile] != 0;
    const uint8_t* row = p.hot + tile * p.hot_stride + 2 * blockIdx.x;
    return row[0] != 0 || (2 * blockIdx.x + 1 < p.hot_stride && row[1] != 0);
  }
  __device__ __forceinline__ int64_t operator()(int64_t k) const {
    constexpr int slices = (across ? device::tile_rows : device::tile_columns) / device::panel_depth;
    if (!p.hot) return k;
    const int64_t tiles = across ? (p.rows + device::tile_rows - 1) / device::tile_rows : p.hot_stride;
#pragma unroll 1
    while (k / slices < tiles && !is_hot(k / slices)) k = (k / slices + 1) * slices;
    return k;
  }
};

// A block's tile of sums over one split of the inner index. Four lanes fill a sector.
template <class T, bool across>
__device__ __forceinline__ void add_panel(const panel_launch& p) {
  extern __shared__ __align__(128) char shared[];
  constexpr int64_t size = sizeof(typename T::element);
  const int64_t first = blockIdx.z * p.split_inner, inner = across ? p.rows : p.columns;
  const int64_t last = inner - first < p.split_inner ? inner : first + p.split_inner;
  const device::row_source weights{reinterpret_cast<const char*>(p.panel), p.panel_stride * 4, across ? last : p.rows,
                                   (across ? p.columns : last) * 4};
  const device::row_source other{static_cast<const char*>(p.other), p.other_stride * size, last, p.width * size};
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * device::tile_rows,
                column0 = static_cast<int64_t>(blockIdx.y) * device::tile_columns;
  device::sums sums;
  device::multiply_panel<T, across>(sums, shared, weights, row0, other, column0, first, hot_slices<across>{p});
  const device::place at;
  const int64_t rows = across ? p.columns : p.rows, row = row0 + at.row + (at.lane >> 2), column = column0 + at.column + 2 * (at.lane & 3);
  float* to = p.splits == 1 ? p.sums : p.partial + blockIdx.z * rows * p.width;
#pragma unroll
  for (int m = 0; m < 4; ++m)
#pragma unroll
    for (int n = 0; n < 4; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int64_t r = row + m * 16 + (i >> 1) * 8, c = column + n * 8 + (i & 1);
        if (r >= rows || c >= p.width) continue;
        const float before = p.splits == 1 ? to[r * p.width + c] : 0.0f;
        to[r * p.width + c] = before + sums.c[m][n][i];
      }
}

// Splits in order, a thread a sum.
template <bool across>
__device__ __forceinline__ void join_panel(const panel_launch& p) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, count = (across ? p.columns : p.rows) * p.width;
  if (at >= count) return;
  float sum = p.sums[at];
  for (int64_t s = 0; s < p.splits; ++s) sum = sum + p.partial[s * count + at];
  p.sums[at] = sum;
}

// Σ_j c_ij: a warp a row of the panel, or a thread a column.
__device__ __forceinline__ void total_rows(const panel_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= p.rows) return;
  double sum = 0.0;
  for (int64_t k = lane_id(); k < p.columns; k += 32) sum += static_cast<double>(p.panel[row * p.panel_stride + k]);
  sum = device::join_lanes<device::plus>(sum);
  if (lane_id() == 0) p.total[row] += sum;
}

__device__ __forceinline__ void total_columns(const panel_launch& p) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= p.columns) return;
  double sum = 0.0;
  for (int64_t row = 0; row < p.rows; ++row) sum += static_cast<double>(p.panel[row * p.panel_stride + column]);
  p.total[column] += sum;
}

// −grad · o of one pair of a stored result.
template <bool across>
__device__ __forceinline__ double own_weight(const own_launch& p, int64_t i, int64_t j) {
  const int64_t at = i * p.pair.y.rows + j;
  double weight = 0.0;
  with_metric(p.pair.metric, p.pair.scalars, [&](auto op) {
    using Op = decltype(op);
    if constexpr (Op::own == own_part::separate) {
      const row_side<float> a = side_of<Op>(p.pair.x, i), b = side_of<Op>(p.pair.y, j);
      const float slope = across ? op.own_y(p.value[at], a, b) : op.own_x(p.value[at], a, b);
      weight = -static_cast<double>(p.grad[at]) * static_cast<double>(slope);
    }
  });
  return weight;
}

// A warp a row of the result, or a thread a column.
__device__ __forceinline__ void own_rows(const own_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= p.pair.x.rows) return;
  double sum = 0.0;
  for (int64_t j = lane_id(); j < p.pair.y.rows; j += 32) sum += own_weight<false>(p, row, j);
  sum = device::join_lanes<device::plus>(sum);
  if (lane_id() == 0) p.total[row] += sum;
}

__device__ __forceinline__ void own_columns(const own_launch& p) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= p.pair.y.rows) return;
  double sum = 0.0;
  for (int64_t i = 0; i < p.pair.x.rows; ++i) sum += own_weight<true>(p, i, column);
  p.total[column] += sum;
}

// A warp a row. x̂ = x · scale with scale = 1/max(|x|, 1e-12); where the clamp holds, scale is a constant. A row of zeros gets no gradient.
__device__ __forceinline__ void finish(const finish_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= p.rows) return;
  float* g = p.sums + row * p.columns;
  const float* x = p.data + row * p.stride;
  if (p.own) {
    const float total = static_cast<float>(p.total[row]);
    for (int64_t k = lane_id(); k < p.columns; k += 32) g[k] = g[k] - total * x[k];
  }
  if (!p.project) return;
  const auto unit = [&](int64_t k) { return p.shift ? x[k] + p.shift[k] : x[k]; };
  double along = 0.0, square = 0.0;
  for (int64_t k = lane_id(); k < p.columns; k += 32) {
    const double value = static_cast<double>(unit(k));
    along += static_cast<double>(g[k]) * value;
    square += value * value;
  }
  along = device::join_lanes<device::plus>(along);
  square = device::join_lanes<device::plus>(square);
  const float scale = p.scale[row], dot = scale < clamped_scale ? static_cast<float>(along) : 0.0f, factor = square == 0.0 ? 0.0f : scale;
  for (int64_t k = lane_id(); k < p.columns; k += 32) g[k] = (g[k] - dot * unit(k)) * factor;
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_weights(const warpweft::distance::weights_launch p) { warpweft::distance::gpu::stored_weights(p); }
extern "C" __global__ void distance_own_rows(const warpweft::distance::own_launch p) { warpweft::distance::gpu::own_rows(p); }
extern "C" __global__ void distance_own_columns(const warpweft::distance::own_launch p) { warpweft::distance::gpu::own_columns(p); }
extern "C" __global__ void distance_total_rows(const warpweft::distance::panel_launch p) { warpweft::distance::gpu::total_rows(p); }
extern "C" __global__ void distance_total_columns(const warpweft::distance::panel_launch p) { warpweft::distance::gpu::total_columns(p); }
extern "C" __global__ void distance_panel_join(const warpweft::distance::panel_launch p) { warpweft::distance::gpu::join_panel<false>(p); }
extern "C" __global__ void distance_panel_join_across(const warpweft::distance::panel_launch p) {
  warpweft::distance::gpu::join_panel<true>(p);
}
extern "C" __global__ void distance_finish(const warpweft::distance::finish_launch p) { warpweft::distance::gpu::finish(p); }

#define WARPWEFT_PANEL(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::least_blocks) \
      distance_panel_##type(const warpweft::distance::panel_launch p) { \
    warpweft::distance::gpu::add_panel<warpweft::device::type, false>(p); \
  } \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::least_blocks) \
      distance_panel_across_##type(const warpweft::distance::panel_launch p) { \
    warpweft::distance::gpu::add_panel<warpweft::device::type, true>(p); \
  }
WARPWEFT_PANEL(float32)
WARPWEFT_PANEL(float16)
WARPWEFT_PANEL(bfloat16)
#undef WARPWEFT_PANEL
