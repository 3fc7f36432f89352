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

inline bool reads_in_place(const rows_view& view) {
  return view.of.type == dtype::float32 && view.of.step == 1 && !view.shift && !view.scale && !view.offset && !view.panel;
}

// Columns [k0, k0 + count) of visited row r: where they are, or read into `room`.
inline const float* columns_at(const rows_view& view, bool in_place, int64_t r, int64_t k0, int64_t count, float* room) {
  if (in_place) return static_cast<const float*>(view.of.data) + view.row(r) * view.of.stride + k0;
  read_columns(view, r, k0, count, room);
  return room;
}

// Of rows that were computed, with what float32 left of them.
inline void exact_square_norms(const rows_view& view, int64_t first, int64_t count, double* out) {
  rows_view stored;
  stored.of = view.of;
  stored.panel = view.panel;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = view.row(first + i);
    const float* low = view.low + row * view.of.columns;
    double parts[4] = {};
    each_piece(stored, row, 1, [&](int64_t, int64_t k0, int64_t n, const float* values) {
      for (int64_t k = 0; k < n; ++k) {
        const double v = static_cast<double>(values[k]) + static_cast<double>(low[k0 + k]);
        parts[k % 4] += v * v;
      }
    });
    out[i] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  }
}

// Of rows without their means the norm is that of their elements in float64, as `read_exact` of the distances sees them: an angle near 0
// is the rest of a dot and two norms, and float32 rows would leave nothing of it.
inline void square_norms(const rows_view& view, int64_t first, int64_t count, double* out) {
  if (view.low && !view.scale && !view.shift) return exact_square_norms(view, first, count, out);
  constexpr int sums = 4;  // hide the latency of an addition
  const hn::Rebind<float, dtag> half;
  const bool centred = view.offset && !view.shift;
  rows_view stored = view;
  if (centred) {
    stored.offset = nullptr;
    stored.scale = nullptr;
  }
  const bool in_place = reads_in_place(stored);
  const int64_t columns = view.of.columns, chunk = in_place ? columns : read_chunk;
  float room[read_chunk];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = view.row(first + i);
    const double offset = centred ? view.offset[row] : 0.0, scale = centred && view.scale ? static_cast<double>(view.scale[row]) : 1.0;
    const auto offsets = hn::Set(dtag(), offset);
    hn::Vec<dtag> sum[sums];
    for (auto& s : sum) s = hn::Zero(dtag());
    double rest = 0;
    for (int64_t k0 = 0; k0 < columns; k0 += chunk) {
      const int64_t n = columns - k0 < chunk ? columns - k0 : chunk;
      const float* values = columns_at(stored, in_place, first + i, k0, n, room);
      int64_t k = 0;
      for (; k + sums * double_lanes <= n; k += sums * double_lanes)
#pragma GCC unroll 4
        for (int s = 0; s < sums; ++s) {
          const auto v = hn::Sub(hn::PromoteTo(dtag(), hn::LoadU(half, values + k + s * double_lanes)), offsets);
          sum[s] = hn::MulAdd(v, v, sum[s]);
        }
      for (; k + double_lanes <= n; k += double_lanes) {
        const auto v = hn::Sub(hn::PromoteTo(dtag(), hn::LoadU(half, values + k)), offsets);
        sum[0] = hn::MulAdd(v, v, sum[0]);
      }
      for (; k < n; ++k) rest += (values[k] - offset) * (values[k] - offset);
    }
    double parts[double_lanes];
    hn::StoreU(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), dtag(), parts);
    for (const double part : parts) rest += part;
    out[i] = rest * (scale * scale);
  }
}

inline void row_means(const rows_view& view, int64_t first, int64_t count, double* out) {
  constexpr int sums = 4;
  const hn::Rebind<float, dtag> half;
  const bool in_place = reads_in_place(view);
  const int64_t columns = view.of.columns, chunk = in_place ? columns : read_chunk;
  float room[read_chunk];
  for (int64_t i = 0; i < count; ++i) {
    hn::Vec<dtag> sum[sums];
    for (auto& s : sum) s = hn::Zero(dtag());
    double rest = 0;
    for (int64_t k0 = 0; k0 < columns; k0 += chunk) {
      const int64_t n = columns - k0 < chunk ? columns - k0 : chunk;
      const float* values = columns_at(view, in_place, first + i, k0, n, room);
      int64_t k = 0;
      for (; k + sums * double_lanes <= n; k += sums * double_lanes)
#pragma GCC unroll 4
        for (int s = 0; s < sums; ++s) sum[s] = hn::Add(sum[s], hn::PromoteTo(dtag(), hn::LoadU(half, values + k + s * double_lanes)));
      for (; k < n; ++k) rest += values[k];
    }
    double parts[double_lanes];
    hn::StoreU(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), dtag(), parts);
    for (const double part : parts) rest += part;
    out[i] = rest / static_cast<double>(columns);
  }
}

// A few rows at a time, so that sums stay in registers while rows pass.
inline void column_moments(const rows_view& view, int64_t first, int64_t count, double* HWY_RESTRICT sum, double* HWY_RESTRICT square) {
  constexpr int group = 8;
  const hn::Rebind<float, dtag> half;
  const bool in_place = reads_in_place(view);
  const int64_t columns = view.of.columns, chunk = in_place ? columns : read_chunk;
  float room[group * read_chunk];
  for (int64_t i0 = 0; i0 < count; i0 += group) {
    const int rows = static_cast<int>(count - i0 < group ? count - i0 : group);
    for (int64_t k0 = 0; k0 < columns; k0 += chunk) {
      const int64_t n = columns - k0 < chunk ? columns - k0 : chunk;
      const float* values[group];
      for (int r = 0; r < rows; ++r) values[r] = columns_at(view, in_place, first + i0 + r, k0, n, room + r * read_chunk);
      int64_t k = 0;
      for (; k + double_lanes <= n; k += double_lanes) {
        auto s = hn::LoadU(dtag(), sum + k0 + k), q = hn::LoadU(dtag(), square + k0 + k);
        for (int r = 0; r < rows; ++r) {
          const auto v = hn::PromoteTo(dtag(), hn::LoadU(half, values[r] + k));
          s = hn::Add(s, v);
          q = hn::MulAdd(v, v, q);
        }
        hn::StoreU(s, dtag(), sum + k0 + k);
        hn::StoreU(q, dtag(), square + k0 + k);
      }
      for (; k < n; ++k)
        for (int r = 0; r < rows; ++r) {
          const double v = values[r][k];
          sum[k0 + k] += v;
          square[k0 + k] += v * v;
        }
    }
  }
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
