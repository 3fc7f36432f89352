// Weights against rows: sums += W·Z for a panel W of float32 weights, or Wᵀ·Z, by tf32 tensor cores. The block tile is 128 rows of sums
// by 64 columns of Z; 16 of the inner index are a slice, in three stages.
//
// Weights are split in two tf32 numbers. 16-bit elements of Z are tf32 numbers as they are; float32 ones are split too. Rows of the
// slices that are read by single words are padded by 8 of them, so that 8t + g, a fragment's lanes, fall in 32 different banks.
#pragma once
#include "cuda/base/tile.cuh"

namespace warpweft::device {

// `count` rows of the slice that begins at row `first` of the inner index, columns from column_byte on, each row `chunks` 16-byte chunks.
template <int chunks>
__device__ __forceinline__ void load_inner(uint32_t to, int to_stride, const row_source& from, int64_t first, int64_t column_byte) {
#pragma unroll
  for (int i = 0; i < panel_depth * chunks / block_threads; ++i) {
    const int at = static_cast<int>(threadIdx.x) + i * block_threads, row = at / chunks, chunk = at % chunks;
    const int64_t begin = column_byte + chunk * 16, left = from.row_bytes - begin;
    const bool some = first + row < from.rows && left > 0;
    copy_async(to + row * to_stride + chunk * 16, some ? from.data + (first + row) * from.stride + begin : from.data,
               some ? left >= 16 ? 16 : static_cast<int>(left) : 0);
  }
}

// The 16×8 fragment of weights whose first row is `row`, at step `step` of the slice.
template <bool across>
__device__ __forceinline__ float32::fragment_a weights_fragment(const char* shared, uint32_t base, int lane, int row, int step) {
  uint32_t raw[4];
  if constexpr (across) {
    const int g = lane >> 2, t = lane & 3;
    const uint32_t* from = reinterpret_cast<const uint32_t*>(shared) + (step * 8 + t) * across_stride + row + g;
    raw[0] = from[0];
    raw[1] = from[8];
    raw[2] = from[4 * across_stride];
    raw[3] = from[4 * across_stride + 8];
  } else {
    load_matrices(base + swizzled(row + (lane & 15), step * 2 + (lane >> 4)), raw);
  }
  return float32::fragment_a(raw);
}

template <class T>
__device__ __forceinline__ void multiply_weights(float (&c)[4], const float32::fragment_a& a, float z0, float z1) {
  if constexpr (T::exact_in_tf32) {
    multiply_tf32(c, a.low, __float_as_uint(z0), __float_as_uint(z1));
    multiply_tf32(c, a.high, __float_as_uint(z0), __float_as_uint(z1));
  } else {
    float32::multiply(c, a, float32::fragment_b(__float_as_uint(z0), __float_as_uint(z1)));
  }
}

template <class T, bool across>
__device__ __forceinline__ void multiply_panel_slice(sums& into, const char* weights, uint32_t base, const typename T::element* other,
                                                     const place& at) {
  const int g = at.lane >> 2, t = at.lane & 3;
#pragma unroll
  for (int step = 0; step < 2; ++step) {
    float z[4][2];
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const typename T::element* from = other + (step * 8 + t) * other_stride + at.column + n * 8 + g;
      z[n][0] = T::widen(from[0]);
      z[n][1] = T::widen(from[4 * other_stride]);
    }
#pragma unroll
    for (int m = 0; m < 4; ++m) {
      const float32::fragment_a a = weights_fragment<across>(weights, base, at.lane, at.row + m * 16, step);
#pragma unroll
      for (int n = 0; n < 4; ++n) multiply_weights<T>(into.c[m][n], a, z[n][0], z[n][1]);
    }
  }
}

// Sums of rows row0 …, columns column0 … over the inner index from `first` on, a multiple of panel_depth. weights: the panel as it is
// stored. wanted(k) is the first slice from k on that is wanted. All threads have left the shared memory when it returns.
template <class T, bool across, class From>
__device__ __forceinline__ void multiply_panel(sums& into, char* shared, const row_source& weights, int64_t row0, const row_source& other,
                                               int64_t column0, int64_t first, const From& wanted) {
  constexpr int element = sizeof(typename T::element);
  const int64_t inner = across ? weights.rows : weights.row_bytes / 4, slices = (inner + panel_depth - 1) / panel_depth;
  const uint32_t base = shared_address(shared);
  constexpr int other_at = panel_depth * across_stride * 4;
  const place at;
  const auto load = [&](int stage, int64_t k) {
    if (k < slices) {
      const uint32_t to = base + stage * panel_stage_bytes;
      if constexpr (across)
        load_inner<tile_rows / 4>(to, across_stride * 4, weights, k * panel_depth, row0 * 4);
      else
        load_slice<tile_rows>(to, weights, row0, k);
      load_inner<tile_columns * element / 16>(to + other_at, other_stride * element, other, k * panel_depth, column0 * element);
    }
    commit_copies();
  };
  int64_t k = wanted(first / panel_depth), after = wanted(k + 1);
  load(0, k);
  load(1, after);
  int stage = 0, next = 2;
#pragma unroll 1
  while (k < slices) {
    wait_copies<stages - 2>();
    __syncthreads();
    k = after;
    after = wanted(after + 1);
    load(next, after);
    const char* from = shared + stage * panel_stage_bytes;
    multiply_panel_slice<T, across>(into, from, base + stage * panel_stage_bytes,
                                    reinterpret_cast<const typename T::element*>(from + other_at), at);
    stage = stage == stages - 1 ? 0 : stage + 1;
    next = next == stages - 1 ? 0 : next + 1;
  }
  wait_copies<0>();
  __syncthreads();
}

}  // namespace warpweft::device
