// Passes over rows before the tile loop: norms and column moments in float64, and storage conversion.
#pragma once
#include "cpu/pack.inl.h"

namespace warpweft {
namespace WARPWEFT_ISA {

// Calls body(row of the range, first column, columns, their values) piece by piece.
template <class Body>
WARPWEFT_HD void each_piece(const rows_view& view, int64_t first, int64_t count, const Body& body) {
  const int64_t columns = view.of.columns;
  float piece[read_chunk];
  for (int64_t i = 0; i < count; ++i)
    for (int64_t k0 = 0; k0 < columns; k0 += read_chunk) {
      const int64_t n = columns - k0 < read_chunk ? columns - k0 : read_chunk;
      read_columns(view, first + i, k0, n, piece);
      body(i, k0, n, piece);
    }
}

inline double square_sum(const float* values, int64_t n) {
  const hn::Rebind<float, dtag> half;
  auto sum = hn::Zero(dtag());
  int64_t k = 0;
  for (; k + double_lanes <= n; k += double_lanes) {
    const auto v = hn::PromoteTo(dtag(), hn::LoadU(half, values + k));
    sum = hn::MulAdd(v, v, sum);
  }
  double parts[double_lanes], total = 0;
  hn::StoreU(sum, dtag(), parts);
  for (int l = 0; l < double_lanes; ++l) total += parts[l];
  for (; k < n; ++k) total += static_cast<double>(values[k]) * values[k];
  return total;
}

inline void square_norms(const rows_view& view, int64_t first, int64_t count, double* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = 0;
  each_piece(view, first, count, [&](int64_t i, int64_t, int64_t n, const float* values) { out[i] += square_sum(values, n); });
}

inline void column_moments(const rows_view& view, int64_t first, int64_t count, double* HWY_RESTRICT sum, double* HWY_RESTRICT square) {
  each_piece(view, first, count, [&](int64_t, int64_t k0, int64_t n, const float* values) {
    for (int64_t k = 0; k < n; ++k) {
      const double v = values[k];
      sum[k0 + k] += v;
      square[k0 + k] += v * v;
    }
  });
}

inline void inexact_shift(const rows_view& view, int64_t first, int64_t count, const float* shift, uint8_t* inexact) {
  each_piece(view, first, count, [&](int64_t, int64_t k0, int64_t n, const float* values) {
    for (int64_t k = 0; k < n; ++k) {
      const double exact = static_cast<double>(values[k]) - shift[k0 + k];
      inexact[k0 + k] |= static_cast<uint8_t>(static_cast<double>(values[k] - shift[k0 + k]) != exact);
    }
  });
}

inline uint16_t float_to_bf16(float f) {
  uint32_t w;
  std::memcpy(&w, &f, 4);
  if ((w & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(w >> 16 | 0x40u);  // stay a NaN
  return static_cast<uint16_t>((w + 0x7fffu + (w >> 16 & 1)) >> 16);
}

inline uint16_t float_to_f16(float f) {
  uint32_t w;
  std::memcpy(&w, &f, 4);
  const uint32_t sign = w >> 16 & 0x8000u, magnitude = w & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // rounds to 65536 or beyond
  if (magnitude < 0x38800000u) {
    // Subnormal: adding ½ aligns the value to 2⁻²⁴ and rounds it to nearest even.
    const float aligned = from_bits(magnitude) + 0.5f;
    uint32_t bits;
    std::memcpy(&bits, &aligned, 4);
    return static_cast<uint16_t>(sign | (bits - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13);
}

inline void convert(const void* from, dtype from_type, void* to, dtype to_type, int64_t count) {
  if (to_type == dtype::float32) return widen(from, from_type, 0, count, static_cast<float*>(to));
  const float* f = static_cast<const float*>(from);
  uint16_t* out = static_cast<uint16_t*>(to);
  if (to_type == dtype::bfloat16)
    for (int64_t i = 0; i < count; ++i) out[i] = float_to_bf16(f[i]);
  else
    for (int64_t i = 0; i < count; ++i) out[i] = float_to_f16(f[i]);
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
