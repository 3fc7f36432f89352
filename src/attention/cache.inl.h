// A cache's row, [latent | rope], from float32 numbers and back.
#pragma once
#include "attention/rows.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

inline void write_codes(const float* HWY_RESTRICT latent, int64_t columns, char* row) {
  uint8_t* codes = reinterpret_cast<uint8_t*>(row);
  for (int64_t k0 = 0; k0 < columns; k0 += code_columns) {
    const int64_t stop = columns - k0 < code_columns ? columns : k0 + code_columns;
    float largest = 0.0f;
    for (int64_t k = k0; k < stop; ++k) largest = warpweft::max(warpweft::abs(latent[k]), largest);
    const float factor = factor_of(largest), inverse = 1.0f / factor;  // a power of two
    for (int64_t k = k0; k < stop; ++k) codes[k] = e4m3_of(latent[k] * inverse);
    std::memcpy(row + factors_at(columns) + k0 / code_columns * 4, &factor, 4);
  }
}

inline void write_row(const cache_params& cache, int64_t slot, const float* latent, const float* rope) {
  char* row = cache.data + slot * cache.row_bytes;
  if (cache.type == storage::e4m3) {
    write_codes(latent, cache.latent_columns, row);
    convert(rope, dtype::float32, row + rope_at(cache.latent_columns), dtype::bfloat16, cache.rope_columns);
    return;
  }
  const dtype type = static_cast<dtype>(cache.type);
  char* after = row + cache.latent_columns * size_of(type);
  if (type == dtype::float32) {
    std::memcpy(row, latent, static_cast<size_t>(cache.latent_columns) * 4);
    std::memcpy(after, rope, static_cast<size_t>(cache.rope_columns) * 4);
  } else {
    convert(latent, dtype::float32, row, type, cache.latent_columns);
    convert(rope, dtype::float32, after, type, cache.rope_columns);
  }
}

inline void read_row(const cache_params& cache, int64_t slot, float* row) {
  widen_row(cache.data + slot * cache.row_bytes, cache.type, cache.latent_columns, cache.latent_columns + cache.rope_columns, row);
}

}  // namespace warpweft::attention::WARPWEFT_ISA
