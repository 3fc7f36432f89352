// One pair of rows by a whole warp, without the expansion: for values that must not be given as the tile has them.
#pragma once
#include <type_traits>

#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"
#include "distance/ops.gen.h"
#include "distance/params.h"

// The metrics that a module's tiles know: those of a family that asks for no more are fewer.
#ifndef WARPWEFT_TILE_METRICS
#define WARPWEFT_TILE_METRICS(X) WARPWEFT_DISTANCE_LIST(X)
#endif

namespace warpweft::distance::gpu {

using device::lane_id;

// Element k of a row as the metric sees it.
template <class T>
struct row_reader {
  const typename T::element* data;
  float scale;
  __device__ __forceinline__ row_reader(const device_side& side, int64_t row)
      : data(static_cast<const typename T::element*>(side.data) + row * side.stride), scale(side.scale ? side.scale[row] : 1.0f) {}
  __device__ __forceinline__ float operator[](int64_t k) const { return T::widen(data[k]) * scale; }
};

// The same of a row of x before it was taken apart into terms, in float64: of a row that was computed both parts, or of codes the value.
// What a call is given must not be more than fits into registers.
template <class T>
struct given_row {
  static constexpr bool codes = sizeof(typename T::element) == 1;
  const void* data;
  std::conditional_t<codes, float, const float*> more;  // the scale, or the second parts
  dtype type;
  __device__ __forceinline__ given_row(const device_pair& p, int64_t row)
      : data(static_cast<const char*>(p.given.data) + row * p.given.stride * size_of(p.given.type)), type(p.given.type) {
    if constexpr (codes)
      more = type == dtype::int8 ? p.x.scale[row] : 1.0f;
    else
      more = p.given.low ? p.given.low + row * p.given.stride : nullptr;
  }
  __device__ __forceinline__ double operator[](int64_t k) const {
    const double value = static_cast<double>(device::read_element(data, type, k));
    if constexpr (codes)
      return value * static_cast<double>(more);
    else
      return more ? value + static_cast<double>(more[k]) : value;
  }
};

template <class T, class Op, metric_id id>
constexpr bool meets = Op::kind == form::dot && (!std::is_same_v<T, device::int8> || takes_codes(id));

// The metric is the same for all threads: one branch a tile. T: what its rows are made of, where that tells.
template <class T = void, class Body>
__device__ __forceinline__ void with_metric(metric_id metric, const double* scalars, const Body& body) {
  switch (metric) {
#define WARPWEFT_WITH(name) \
  case metric_id::name: \
    if constexpr (meets<T, name, metric_id::name>) body(make_op<name>(scalars)); \
    break;
    WARPWEFT_TILE_METRICS(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
}

// What a metric takes of a row or column beside the dot.
template <class Op>
__device__ __forceinline__ row_side<float> side_of(const device_side& side, int64_t row) {
  row_side<float> known{0.0f, 0.0f};
  if constexpr (Op::scalar != row_scalar::none) known.norm = side.scalar[row];
  if constexpr (Op::has_extra) known.extra = side.extra[row];
  return known;
}

// Sums over a pair of rows by a whole warp. Few pairs need them: as functions that are called, not inlined, they leave the registers of
// the product alone.
template <class T>
__device__ __noinline__ float sum_differences(row_reader<T> x, row_reader<T> y, int64_t columns) {
  float sum = 0.0f;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) {
    const float d = x[k] - y[k];
    sum = warpweft::fma(d, d, sum);
  }
  return device::join_lanes<device::plus>(sum);
}
template <class T>
__device__ __noinline__ double sum_products(row_reader<T> x, row_reader<T> y, int64_t columns) {
  double dot = 0.0;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) dot = ::fma(static_cast<double>(x[k]), static_cast<double>(y[k]), dot);
  return device::join_lanes<device::plus>(dot);
}

// Of rows of float32 that were computed, from both parts of each element; the second stand `apart` from the first.
template <bool differences>
__device__ __noinline__ double sum_exact(const float* x, const float* y, int64_t apart, int64_t columns) {
  double sum = 0.0;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) {
    double a = static_cast<double>(x[k]) + static_cast<double>(x[k + apart]);
    double b = static_cast<double>(y[k]) + static_cast<double>(y[k + apart]);
    if (differences) a = b = a - b;
    sum = ::fma(a, b, sum);
  }
  return device::join_lanes<device::plus>(sum);
}

template <class T, bool differences>
__device__ __forceinline__ double exact_of_parts(const device_pair& p, int64_t i, int64_t j) {
  const row_reader<T> x(p.x, i), y(p.y, j);
  return sum_exact<differences>(x.data, y.data, p.x.low - static_cast<const float*>(p.x.data), p.columns);
}

// Of a row of x as it was given, and one of y as it is kept, in float64.
template <class T, bool differences>
__device__ __noinline__ double sum_given(given_row<T> x, row_reader<T> y, int64_t columns) {
  double sum = 0.0;
#pragma unroll 1
  for (int64_t k = lane_id(); k < columns; k += 32) {
    double a = x[k], b = static_cast<double>(T::widen(y.data[k])) * static_cast<double>(y.scale);
    if (differences) a = b = a - b;
    sum = ::fma(a, b, sum);
  }
  return device::join_lanes<device::plus>(sum);
}

// Rows that were computed are rows of float32; codes are always met by rows as they were given.
template <class T>
__device__ __forceinline__ float squared_difference(const device_pair& p, int64_t i, int64_t j) {
  if constexpr (sizeof(typename T::element) == 4)
    if (p.x.low) return static_cast<float>(exact_of_parts<T, true>(p, i, j));
  if constexpr (T::holds_terms)
    if (sizeof(typename T::element) == 1 || p.given.data)
      return static_cast<float>(sum_given<T, true>(given_row<T>(p, i), row_reader<T>(p.y, j), p.columns));
  return sum_differences<T>(row_reader<T>(p.x, i), row_reader<T>(p.y, j), p.columns);
}
template <class T>
__device__ __forceinline__ double exact_product(const device_pair& p, int64_t i, int64_t j) {
  if constexpr (sizeof(typename T::element) == 4)
    if (p.x.low) return exact_of_parts<T, false>(p, i, j);
  if constexpr (T::holds_terms)
    if (sizeof(typename T::element) == 1 || p.given.data) return sum_given<T, false>(given_row<T>(p, i), row_reader<T>(p.y, j), p.columns);
  return sum_products<T>(row_reader<T>(p.x, i), row_reader<T>(p.y, j), p.columns);
}

// One pair by the whole warp, without the expansion: from its differences, or from a float64 dot. A dot that float32 could not
// split (infinite, or near the largest number) goes through the same formula as the tile's.
template <class T>
__device__ __forceinline__ float evaluate_again(const device_pair& p, int64_t i, int64_t j) {
  bool from_difference = false;
  float value = 0.0f;
  with_metric<T>(p.metric, p.scalars, [&](auto op) { from_difference = decltype(op)::safety == exact::difference; });
  if (from_difference) {
    const float sum = squared_difference<T>(p, i, j);
    with_metric<T>(p.metric, p.scalars, [&](auto op) {
      using Op = decltype(op);
      if constexpr (Op::safety == exact::difference) value = op.value(sum, side_of<Op>(p.x, i), side_of<Op>(p.y, j));
    });
    return value;
  }
  const double dot = exact_product<T>(p, i, j);
  with_metric<T>(p.metric, p.scalars, [&](auto op) {
    using Op = decltype(op);
    const row_side<float> a = side_of<Op>(p.x, i), b = side_of<Op>(p.y, j);
    if constexpr (Op::safety == exact::dot64)
      value = op.value(static_cast<float>(op.from_dot64(dot, p.x.norm[i] * p.y.norm[j])), a, b);
    else if constexpr (Op::safety == exact::none)
      value = op.value(op.gap(static_cast<float>(dot), a, b), a, b);
  });
  return value;
}

}  // namespace warpweft::distance::gpu
