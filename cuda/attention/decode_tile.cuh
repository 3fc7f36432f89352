// Keys in shared memory, and what tensor cores make of them: scores with the queries, and sums of the values inside them.
//
// Every row of shared memory is made of 16-byte chunks, which are exchanged in pairs by bit 2 of the row's number; rows are 32 bytes beyond
// a multiple of 128 apart, or before. So eight rows of ldmatrix, and words of four rows beside each other, lie in different banks.
//
// Columns of a float32 row that meet 16-bit ones stand in another order within each eight, 2t at t and 2t + 1 at t + 4: a lane's two
// elements of a 16-bit fragment are then a fragment of tf32, in which they are exact.
#pragma once
#include "attention/launch.h"
#include "attention/ops/e4m3.h"
#include "cuda/base/panel.cuh"
#include "cuda/base/stored.cuh"

namespace warpweft::attention::gpu {

using device::bfloat16;
using device::float16;
using device::float32;

__device__ __forceinline__ int chunk_at(int row, int chunk) { return (chunk ^ (row >> 2 & 1)) << 4; }
__device__ __forceinline__ uint32_t chunk_at(uint32_t base, int stride, int row, int chunk) {
  return base + row * stride + chunk_at(row, chunk);
}
__device__ __forceinline__ char* byte_at(char* base, int stride, int row, int byte) {
  return base + row * stride + chunk_at(row, byte >> 4) + (byte & 15);
}

// Where column k stands.
__device__ __forceinline__ int exchanged(int k) { return (k & ~7) | (k & 7) >> 1 | (k & 1) << 2; }

struct two {
  float first, second;
};
__device__ __forceinline__ two widened(bfloat16, uint32_t raw) { return {__uint_as_float(raw << 16), __uint_as_float(raw & 0xffff0000u)}; }
__device__ __forceinline__ two widened(float16, uint32_t raw) {
  return {float16::widen(__ushort_as_half(static_cast<unsigned short>(raw))),
          float16::widen(__ushort_as_half(static_cast<unsigned short>(raw >> 16)))};
}

// Starts copying keys [t0, t0 + keys of a stage) that are before `last`; zeros stand for the others. Eight threads copy a row.
template <bool coded>
__device__ __forceinline__ void load_keys(const decode_launch& p, uint32_t to, const int32_t* pages, int t0, int last) {
  const int chunks = coded ? static_cast<int>(p.cache.row_bytes >> 4) : 2 * static_cast<int>(p.layout.steps);
  for (int row = threadIdx.x >> 3; row < p.layout.keys; row += blockDim.x >> 3) {
    const int t = t0 + row;
    const char* from = p.cache.data;
    if (t < last) {
      const int64_t slot = (static_cast<int64_t>(pages[t >> p.page_shift]) << p.page_shift) + (t & ((1 << p.page_shift) - 1));
      from += slot * p.cache.row_bytes;
    }
    for (int chunk = threadIdx.x & 7; chunk < chunks; chunk += 8) {
      const bool some = t < last && chunk * 16 < p.cache.row_bytes;
      device::copy_async(coded ? to + row * p.layout.raw_stride + chunk * 16 : chunk_at(to, p.layout.key_stride, row, chunk),
                         some ? from + chunk * 16 : p.cache.data, some ? 16 : 0);
    }
  }
  device::commit_copies();
}

// An e4m3 number is one of float32 whose exponent is off by 120; a code times its factor is exact in bfloat16.
__device__ __forceinline__ uint32_t widened_code(uint32_t code, float factor) {
  const uint32_t magnitude = code & 0x7f;
  const float size = magnitude == 0x7f ? __uint_as_float(0x7fffffffu) : __uint_as_float(magnitude << 20) * 0x1p120f;
  return (__float_as_uint(size * factor) | (code & 0x80) << 24) >> 16;
}

// Coded rows as rows of bfloat16, eight threads each; a warp's four take rows of one parity first, so that they write to different banks.
__device__ __forceinline__ void widen_keys(const decode_launch& p, const char* raw, char* to) {
  const decode_layout& l = p.layout;
  const int latent = static_cast<int>(p.cache.latent_columns), columns = latent + static_cast<int>(p.cache.rope_columns);
  const int own = threadIdx.x & 7, four = threadIdx.x >> 3;
  for (int group = four; group < l.keys; group += blockDim.x >> 3) {
    const int row = (group & ~3) | (group & 1) << 1 | (group >> 1 & 1);
    const char* const from = raw + row * l.raw_stride;
    const float* const factors = reinterpret_cast<const float*>(from + factors_at(latent));
    for (int k = own * 4; k + 4 <= latent; k += 32) {
      const uint32_t codes = *reinterpret_cast<const uint32_t*>(from + k);
      const float factor = factors[k / code_columns];
      uint2 both;
      both.x = widened_code(codes & 0xff, factor) | widened_code(codes >> 8 & 0xff, factor) << 16;
      both.y = widened_code(codes >> 16 & 0xff, factor) | widened_code(codes >> 24, factor) << 16;
      *reinterpret_cast<uint2*>(byte_at(to, l.key_stride, row, k * 2)) = both;
    }
    const auto element = [&](int k) -> uint32_t {
      if (k < latent) return widened_code(static_cast<uint8_t>(from[k]), factors[k / code_columns]);
      return k < columns ? reinterpret_cast<const uint16_t*>(from + rope_at(latent))[k - latent] : 0;
    };
    for (int k = (latent & ~3) + own * 2; k < l.steps * 16; k += 16)
      *reinterpret_cast<uint32_t*>(byte_at(to, l.key_stride, row, k * 2)) = element(k) | element(k + 1) << 16;
  }
}

// Inner products of 16 rows of queries with a stage of keys, over every fourth step of 32 bytes from `share` on, as partial scores.
template <class T, bool same>
__device__ __forceinline__ void multiply_keys(const decode_layout& l, uint32_t queries, uint32_t keys, int half, int share,
                                              uint32_t partial) {
  constexpr int tiles = 8 / sizeof(typename T::element);
  const int lane = device::lane_id(), row_a = half * 16 + (lane & 15), row_b = (lane & 7) + (lane >> 4) * 8;
  float c[tiles][4] = {};
#pragma unroll 2
  for (int step = share; step < l.steps; step += column_shares) {
    uint32_t b[tiles / 2][4], a[4];
#pragma unroll
    for (int m = 0; m < tiles / 2; ++m)
      device::load_matrices(chunk_at(keys, l.key_stride, m * 16 + row_b, step * 2 + (lane >> 3 & 1)), b[m]);
    if constexpr (same) {
      device::load_matrices(chunk_at(queries, l.query_stride, row_a, step * 2 + (lane >> 4)), a);
      const typename T::fragment_a left(a);
#pragma unroll
      for (int m = 0; m < tiles; ++m) T::multiply(c[m], left, typename T::fragment_b(b[m / 2][m % 2 * 2], b[m / 2][m % 2 * 2 + 1]));
    } else {
#pragma unroll
      for (int eight = 0; eight < 2; ++eight) {
        device::load_matrices(chunk_at(queries, l.query_stride, row_a, step * 4 + eight * 2 + (lane >> 4)), a);
        const float32::fragment_a left(a);
#pragma unroll
        for (int m = 0; m < tiles; ++m) {
          const two z = widened(T(), b[m / 2][m % 2 * 2 + eight]);
          device::multiply_weights<T>(c[m], left, z.first, z.second);
        }
      }
    }
  }
  const int g = lane >> 2, t = lane & 3;
  const uint32_t upper = partial + (g * l.partial_stride + 2 * t) * 4, lower = upper + 8 * l.partial_stride * 4;
#pragma unroll
  for (int m = 0; m < tiles; ++m) {
    device::store_two(upper + m * 32, c[m][0], c[m][1]);
    device::store_two(lower + m * 32, c[m][2], c[m][3]);
  }
}

// Eight keys' values of four tiles of eight columns from `column` on; tiles past the last one repeat it.
template <class T>
__device__ __forceinline__ void load_values(const char* keys, uint32_t base, const decode_layout& l, int eight, int column, int last_tile,
                                            two (&z)[4]) {
  const int lane = device::lane_id();
  const auto tile_of = [&](int m) { return min(column / 8 + m, last_tile); };
  if constexpr (sizeof(typename T::element) == 2) {
    uint32_t raw[4];
    device::load_matrices_across(chunk_at(base, l.key_stride, eight * 8 + (lane & 7), tile_of(lane >> 3)), raw);
#pragma unroll
    for (int m = 0; m < 4; ++m) z[m] = widened(T(), raw[m]);
  } else {
    const int g = lane >> 2, t = lane & 3, row = eight * 8 + t;
#pragma unroll
    for (int m = 0; m < 4; ++m) {
      const int k = tile_of(m) * 8 + g;
      const auto value = [&](int at) {
        return *reinterpret_cast<const float*>(keys + at * l.key_stride + chunk_at(at, k >> 2) + (k & 3) * 4);
      };
      z[m] = {value(row), value(row + 4)};
    }
  }
}

}  // namespace warpweft::attention::gpu
