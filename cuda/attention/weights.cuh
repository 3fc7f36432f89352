// Sums of rows by float32 weights on tensor cores: acc += W · Z for a warp's 16 rows of weights, which lie where a product of tiles left
// them, and 16 rows of Z in shared memory, 128 columns wide.
//
// Float32 rows are multiplied in three tf32 terms. For rows of 16 bits the weights are taken apart into numbers of that type: three of
// bfloat16 or two of float16 hold 24, or 22, of their bits, and every product is exact.
#pragma once
#include "cuda/attention/prefill_rows.cuh"

namespace warpweft::attention::gpu {

// 16×128 sums of a warp: [8 columns][a fragment].
struct warp_sums {
  float c[block_columns / 8][4];
  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int n = 0; n < block_columns / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) c[n][i] = 0.0f;
  }
  // Rows g and g + 8.
  __device__ __forceinline__ void scale(float upper, float lower) {
#pragma unroll
    for (int n = 0; n < block_columns / 8; ++n) {
      c[n][0] *= upper;
      c[n][1] *= upper;
      c[n][2] *= lower;
      c[n][3] *= lower;
    }
  }
};

// How weights are taken apart. Those of float16 are raised by a power of two, that those far below 1 keep their bits.
template <class T>
struct weight_form;
template <>
struct weight_form<device::float32> {
  static constexpr float raised = 1.0f;
};
template <>
struct weight_form<device::bfloat16> {
  static constexpr int terms = 3;
  static constexpr float raised = 1.0f;
};
template <>
struct weight_form<device::float16> {
  static constexpr int terms = 2;
  static constexpr float raised = 16384.0f;
};

// Takes the nearest pair of 16-bit numbers off two weights.
template <class T>
__device__ __forceinline__ uint32_t take_pair(float& first, float& second);
template <>
__device__ __forceinline__ uint32_t take_pair<device::bfloat16>(float& first, float& second) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(first, second);
  first -= __low2float(pair);
  second -= __high2float(pair);
  return *reinterpret_cast<const uint32_t*>(&pair);
}
template <>
__device__ __forceinline__ uint32_t take_pair<device::float16>(float& first, float& second) {
  const __half2 pair = __floats2half2_rn(first, second);
  first -= __low2float(pair);
  second -= __high2float(pair);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

// sums += raised · W · Z, columns 16·step … of a tile's weights with the rows at `from`; of sums from column `columns` on nothing is said.
template <class T>
struct weighted {
  static __device__ __forceinline__ void add(warp_sums& into, const warp_tile& weights, int step, const char* from, int64_t columns) {
    constexpr int terms = weight_form<T>::terms;
    uint32_t a[terms][4];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float w[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) w[i] = weights.c[2 * step + half][i] * weight_form<T>::raised;
#pragma unroll
      for (int term = terms - 1; term >= 0; --term) {  // the small terms are added first
        a[term][2 * half] = take_pair<T>(w[0], w[1]);
        a[term][2 * half + 1] = take_pair<T>(w[2], w[3]);
      }
    }
    const int lane = device::lane_id();
    const uint32_t rows = device::shared_address(from) + ((lane & 7) + (lane >> 3 & 1) * 8) * inner_stride(2) + (lane >> 4) * 16;
#pragma unroll
    for (int n = 0; n < block_columns / 8; n += 2) {
      if (n * 8 >= columns) continue;
      uint32_t b[4];
      device::load_matrices_across(rows + n * 16, b);
#pragma unroll
      for (int term = 0; term < terms; ++term) {
        const typename T::fragment_a part(a[term]);
        T::multiply(into.c[n], part, typename T::fragment_b(b[0], b[1]));
        T::multiply(into.c[n + 1], part, typename T::fragment_b(b[2], b[3]));
      }
    }
  }
};

// A fragment's columns 2t and 2t + 1 stand for t and t + 4 of the inner index, on both sides.
template <>
struct weighted<device::float32> {
  static __device__ __forceinline__ void add(warp_sums& into, const warp_tile& weights, int step, const char* from, int64_t columns) {
    constexpr int stride = inner_stride(4) / 4;
    const int lane = device::lane_id();
    const uint32_t* rows = reinterpret_cast<const uint32_t*>(from) + (lane & 3) * 2 * stride + (lane >> 2);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float(&w)[4] = weights.c[2 * step + half];
      const uint32_t raw[4] = {__float_as_uint(w[0]), __float_as_uint(w[2]), __float_as_uint(w[1]), __float_as_uint(w[3])};
      const device::float32::fragment_a a(raw);
#pragma unroll
      for (int n = 0; n < block_columns / 8; ++n) {
        if (n * 8 >= columns) continue;
        const uint32_t* at = rows + half * 8 * stride + n * 8;
        device::float32::multiply(into.c[n], a, device::float32::fragment_b(at[0], at[stride]));
      }
    }
  }
};

}  // namespace warpweft::attention::gpu
