// A cache's rows, [latent | rope | zeros up to a multiple of 32 bytes], from tensors and back: a warp a row.
#pragma once
#include "attention/launch.h"
#include "attention/ops/e4m3.h"
#include "cuda/base/stored.cuh"
#include "cuda/base/warp.cuh"

namespace warpweft::attention::gpu {

struct largest {
  static __device__ __forceinline__ float join(float a, float b) { return max(a, b); }
};

__device__ __forceinline__ float element_of(const matrix& of, int64_t row, int64_t column) {
  return device::read_element(of.data, of.type, row * of.stride + column * of.step);
}

__device__ __forceinline__ void write_codes(const cache_launch& p, int64_t t, char* row) {
  const int64_t columns = p.cache.latent_columns;
  for (int64_t k0 = 0; k0 < columns; k0 += code_columns) {
    const int64_t stop = columns - k0 < code_columns ? columns : k0 + code_columns;
    float most = 0.0f;
    for (int64_t k = k0 + device::lane_id(); k < stop; k += 32) most = max(abs(element_of(p.latent, t, k)), most);
    const float factor = factor_of(device::join_lanes<largest>(most)), inverse = 1.0f / factor;  // a power of two
    for (int64_t k = k0 + device::lane_id(); k < stop; k += 32) row[k] = static_cast<char>(e4m3_of(element_of(p.latent, t, k) * inverse));
    if (device::lane_id() == 0) *reinterpret_cast<float*>(row + factors_at(columns) + k0 / code_columns * 4) = factor;
  }
  for (int64_t k = columns + device::lane_id(); k < factors_at(columns); k += 32) row[k] = 0;
}

__device__ __forceinline__ void append(const cache_launch& p) {
  const int64_t t = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (t >= p.count) return;
  const cache_params& cache = p.cache;
  char* const row = cache.data + p.slots[t] * cache.row_bytes;
  const bool coded = cache.type == storage::e4m3;
  const dtype type = coded ? dtype::bfloat16 : static_cast<dtype>(cache.type);
  if (coded) write_codes(p, t, row);
  for (int64_t k = device::lane_id(); !coded && k < cache.latent_columns; k += 32)
    device::write_element(row, type, k, element_of(p.latent, t, k));
  const int64_t before = coded ? rope_at(cache.latent_columns) : cache.latent_columns * size_of(type);
  for (int64_t k = device::lane_id(); k < cache.rope_columns; k += 32)
    device::write_element(row + before, type, k, element_of(p.rope, t, k));
  for (int64_t at = before + cache.rope_columns * size_of(type) + device::lane_id(); at < cache.row_bytes; at += 32) row[at] = 0;
}

__device__ __forceinline__ float code_value(const char* row, int64_t columns, int64_t k) {
  return e4m3_value(static_cast<uint8_t>(row[k])) * reinterpret_cast<const float*>(row + factors_at(columns))[k / code_columns];
}

__device__ __forceinline__ void read(const cache_launch& p) {
  const int64_t t = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + device::warp_id();
  if (t >= p.count) return;
  const cache_params& cache = p.cache;
  const char* const row = cache.data + p.slots[t] * cache.row_bytes;
  const bool coded = cache.type == storage::e4m3;
  const dtype type = coded ? dtype::bfloat16 : static_cast<dtype>(cache.type);
  for (int64_t k = device::lane_id(); k < cache.latent_columns; k += 32)
    p.latent_out[t * cache.latent_columns + k] = coded ? code_value(row, cache.latent_columns, k) : device::read_element(row, type, k);
  const char* const rope = row + (coded ? rope_at(cache.latent_columns) : cache.latent_columns * size_of(type));
  for (int64_t k = device::lane_id(); k < cache.rope_columns; k += 32)
    p.rope_out[t * cache.rope_columns + k] = device::read_element(rope, type, k);
}

}  // namespace warpweft::attention::gpu

extern "C" __global__ void __launch_bounds__(128, 8) attention_append(const warpweft::attention::cache_launch p) {
  warpweft::attention::gpu::append(p);
}
extern "C" __global__ void __launch_bounds__(128, 8) attention_read(const warpweft::attention::cache_launch p) {
  warpweft::attention::gpu::read(p);
}
