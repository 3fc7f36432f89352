// Tiles of values that are accumulated over the coordinates of x − y, of float32 rows: the slices that tensor cores would multiply, by the
// cores for float32. A thread has the 8 rows and 8 columns of its places in the fragments and reads four elements of a row at a time; the
// eight rows, or four columns, that a warp reads together lie in different banks.
#pragma once
#include "cuda/base/score_tile.cuh"
#include "cuda/base/warp.cuh"
#include "distance/ops.gen.h"

namespace warpweft::distance::gpu {

__device__ __forceinline__ bool is_elementwise(metric_id metric) {
  switch (metric) {
#define WARPWEFT_FORM(name) \
  case metric_id::name: return name::kind == form::elementwise;
    WARPWEFT_DISTANCE_LIST(WARPWEFT_FORM)
#undef WARPWEFT_FORM
    default: return false;
  }
}

// The metric is the same for all threads: one branch a tile. False where it is not of this form.
template <class Body>
__device__ __forceinline__ bool with_elementwise(metric_id metric, const double* scalars, const Body& body) {
  switch (metric) {
#define WARPWEFT_WITH(name) \
  case metric_id::name: \
    if constexpr (name::kind == form::elementwise) { \
      body(make_op<name>(scalars)); \
      return true; \
    } \
    break;
    WARPWEFT_DISTANCE_LIST(WARPWEFT_WITH)
#undef WARPWEFT_WITH
    default: break;
  }
  return false;
}

__device__ __forceinline__ float4 read_quad(const char* slice, int row, int quad) {
  return *reinterpret_cast<const float4*>(slice + device::swizzled(row, quad));
}

template <class Op>
__device__ __forceinline__ float add_quad(const Op& op, float sum, const float4& a, const float4& b) {
  return op.add(op.add(op.add(op.add(sum, a.x - b.x), a.y - b.y), a.z - b.z), a.w - b.w);
}

template <class Op>
__device__ __forceinline__ void accumulate_slice(const Op& op, device::sums& into, const char* slice, const device::place& at) {
  const char* y = slice + device::tile_rows * device::slice_bytes;
  const int g = at.lane >> 2, t = at.lane & 3;
#pragma unroll 1
  for (int quad = 0; quad < device::slice_bytes / 16; ++quad) {
    float4 b[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) b[j] = read_quad(y, at.column + j / 2 * 8 + 2 * t + j % 2, quad);
#pragma unroll
    for (int r = 0; r < 8; ++r) {
      const float4 a = read_quad(slice, at.row + r * 8 + g, quad);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        float& sum = into.c[r / 2][j / 2][r % 2 * 2 + j % 2];
        sum = add_quad(op, sum, a, b[j]);
      }
    }
  }
}

template <class Op>
__device__ __forceinline__ void accumulate_tile(const Op& op, device::sums& into, char* shared, const device::row_source& x, int64_t x0,
                                                const device::row_source& y, int64_t y0) {
  const device::place at;
  device::stream_tile(shared, x, x0, y, y0, [&](int slice) { accumulate_slice(op, into, shared + slice, at); });
}

// One pair, whose largest |x_k − y_k| is known. Powers cost so much more than reading that rows are read where they stand; and this is
// called, not inlined, since all of it in an unrolled loop would be more code than the instruction cache holds.
__device__ __noinline__ float minkowski_value(minkowski op, const float* x, const float* y, int columns, float most) {
  const float r = reciprocal(most);
  float sum = 0.0f;
  int k = 0;
#pragma unroll 1
  for (; k + 4 <= columns; k += 4) {
    const float4 a = *reinterpret_cast<const float4*>(x + k), b = *reinterpret_cast<const float4*>(y + k);
    sum = op.add(op.add(op.add(op.add(sum, (a.x - b.x) * r), (a.y - b.y) * r), (a.z - b.z) * r), (a.w - b.w) * r);
  }
#pragma unroll 1
  for (; k < columns; ++k) sum = op.add(sum, (x[k] - y[k]) * r);
  return op.done(sum, r);
}

// The warp's rows of a tile of largest differences, in place.
__device__ __forceinline__ void minkowski_rows(const minkowski& op, const device::score_tile& tile, const device::row_source& x, int64_t x0,
                                               const device::row_source& y, int64_t y0) {
  const int first = device::warp_id() * 32, columns = static_cast<int>(x.row_bytes / 4);
#pragma unroll 1
  for (int at = 0; at < 64; ++at) {
    const int r = first + at / 2, c = device::lane_id() + at % 2 * 32;
    if (x0 + r >= x.rows || y0 + c >= y.rows) continue;
    const char *a = x.data + (x0 + r) * x.stride, *b = y.data + (y0 + c) * y.stride;
    float& value = tile.at(r, c);
    value = minkowski_value(op, reinterpret_cast<const float*>(a), reinterpret_cast<const float*>(b), columns, value);
  }
  __syncwarp();
}

// All of a tile of values.
__device__ __forceinline__ void value_tile(metric_id metric, const double* scalars, char* shared, const device::row_source& x, int64_t x0,
                                           const device::row_source& y, int64_t y0) {
  const device::score_tile tile(shared);
  device::sums sums;
  if (metric == metric_id::cityblock)
    accumulate_tile(cityblock{}, sums, shared, x, x0, y, y0);
  else
    accumulate_tile(chebyshev{}, sums, shared, x, x0, y, y0);
  tile.store(sums);
  __syncthreads();
  if (metric == metric_id::minkowski) minkowski_rows(make_op<minkowski>(scalars), tile, x, x0, y, y0);
}

}  // namespace warpweft::distance::gpu
