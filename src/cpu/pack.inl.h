// Reading rows of any storage type and packing them for the register tile.
#pragma once
#include <cstdint>
#include <cstring>

#include "base/matrix.h"

namespace warpweft {
namespace WARPWEFT_ISA {

constexpr int64_t read_chunk = 64;  // columns of a row that are converted at a time

WARPWEFT_HD float from_bits(uint32_t w) {
  float f;
  std::memcpy(&f, &w, 4);
  return f;
}
WARPWEFT_HD float bf16_to_float(uint16_t h) { return from_bits(static_cast<uint32_t>(h) << 16); }
WARPWEFT_HD float f16_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, magnitude = h & 0x7fffu;
  if (magnitude >= 0x7c00u) return from_bits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // 2⁻²⁴ scales subnormals and normals alike once the exponent is rebased.
  return magnitude < 0x400u ? from_bits(sign | 0x3f800000u) * static_cast<float>(magnitude) * 5.9604644775390625e-8f
                            : from_bits(sign | (magnitude + 0x1c000u) << 13);
}

// `count` elements from p as float32.
inline void widen(const void* p, dtype type, int64_t at, int64_t count, float* HWY_RESTRICT out) {
  const hn::Rebind<uint16_t, tag> half;
  int64_t k = 0;
  if (type == dtype::float32) {
    std::memcpy(out, static_cast<const float*>(p) + at, static_cast<size_t>(count) * 4);
  } else if (type == dtype::bfloat16) {
    const uint16_t* h = static_cast<const uint16_t*>(p) + at;
    for (; k + vec_lanes <= count; k += vec_lanes)
      hn::StoreU(hn::BitCast(tag(), hn::ShiftLeft<16>(hn::PromoteTo(utag(), hn::LoadU(half, h + k)))), tag(), out + k);
    for (; k < count; ++k) out[k] = bf16_to_float(h[k]);
  } else if (type == dtype::int8) {
    const int8_t* codes = static_cast<const int8_t*>(p) + at;
    for (; k < count; ++k) out[k] = static_cast<float>(codes[k]);
  } else {
    const uint16_t* h = static_cast<const uint16_t*>(p) + at;
    if constexpr (vec_lanes > 1) {  // Highway's scalar promotion takes infinities and NaN for numbers
      const hn::Rebind<hwy::float16_t, tag> f16;
      for (; k + vec_lanes <= count; k += vec_lanes)
        hn::StoreU(hn::PromoteTo(tag(), hn::LoadU(f16, reinterpret_cast<const hwy::float16_t*>(h + k))), tag(), out + k);
    }
    for (; k < count; ++k) out[k] = f16_to_float(h[k]);
  }
}

// Columns of a row that is stored packed.
inline void read_packed(const rows_view& view, int64_t row, int64_t k0, int64_t count, float* HWY_RESTRICT out) {
  const matrix& m = view.of;
  const int64_t each = columns_a_word(m.type), panel = view.panel;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t at = packed_at(m.type, m.columns, view.panel, row, k0 + k);
    if (m.type == dtype::float32) {
      const float* p = static_cast<const float*>(m.data) + at;
      for (; k < count; ++k, p += panel * each) out[k] = *p;
    } else if (m.type == dtype::bfloat16) {
      out[k] = bf16_to_float(static_cast<const uint16_t*>(m.data)[at]);
    } else {
      out[k] = static_cast<float>(static_cast<const uint8_t*>(m.data)[at]) - static_cast<float>(int8_words::bias);
    }
  }
}

// Columns [k0, k0 + count) of visited row r, offset, scale and shift applied.
inline void read_columns(const rows_view& view, int64_t r, int64_t k0, int64_t count, float* HWY_RESTRICT out) {
  const matrix& m = view.of;
  const int64_t row = view.row(r), at = row * m.stride + k0 * m.step;
  if (view.panel) {
    read_packed(view, row, k0, count, out);
  } else if (m.step == 1) {
    widen(m.data, m.type, at, count, out);
  } else {
    const float* p = static_cast<const float*>(m.data) + at;  // only float32 comes transposed
    for (int64_t k = 0; k < count; ++k) out[k] = p[k * m.step];
  }
  if (view.offset) {
    const double offset = view.offset[row];
    for (int64_t k = 0; k < count; ++k) out[k] = static_cast<float>(static_cast<double>(out[k]) - offset);
  }
  if (view.scale) {
    const float scale = view.scale[row];
    for (int64_t k = 0; k < count; ++k) out[k] *= scale;
  }
  if (view.shift)
    for (int64_t k = 0; k < count; ++k) out[k] -= view.shift[k0 + k];
}

inline void read_row(const rows_view& view, int64_t r, float* out) { read_columns(view, r, 0, view.of.columns, out); }

// out[k][rows] from rows that are `stride` apart. Written plainly: the compiler makes shuffles of it, and gathers are twice as slow.
template <int rows>
void transpose_rows(const float* HWY_RESTRICT from, int64_t stride, int64_t count, float* HWY_RESTRICT out) {
  for (int64_t k = 0; k < count; ++k)
    for (int r = 0; r < rows; ++r) out[k * rows + r] = from[r * stride + k];
}

// The same for a wide panel, eight rows at a time.
template <int width>
void transpose_chunk(const float* HWY_RESTRICT from, int64_t stride, int64_t count, float* HWY_RESTRICT out) {
  constexpr int block = 8;
  if constexpr (width <= block || width % block != 0) {
    transpose_rows<width>(from, stride, count, out);
  } else {
    HWY_ALIGN float narrow[read_chunk * block];
    for (int first = 0; first < width; first += block) {
      transpose_rows<block>(from + first * stride, stride, count, narrow);
      for (int64_t k = 0; k < count; ++k) std::memcpy(out + k * width + first, narrow + k * block, block * 4);
    }
  }
}

// A panel of packed rows of another type as float32.
template <int width>
void unpack_panel(const rows_view& view, int64_t first, float* HWY_RESTRICT out) {
  const matrix& m = view.of;
  const int64_t each = columns_a_word(m.type), depth = (m.columns + each - 1) / each;
  const uint32_t* words = static_cast<const uint32_t*>(m.data) + first * depth;
  float scale[width];
  for (int r = 0; r < width; ++r) scale[r] = view.scale && first + r < m.rows ? view.scale[first + r] : 1.0f;
  for (int64_t k = 0; k < m.columns; ++k, out += width) {
    const uint32_t* word = words + k / each * width;
    const int bits = static_cast<int>(32 / each), from = static_cast<int>(k % each) * bits;
    if (m.type == dtype::bfloat16)
      for (int r = 0; r < width; ++r) out[r] = from_bits(word[r] >> from << 16) * scale[r];
    else
      for (int r = 0; r < width; ++r) out[r] = static_cast<float>(static_cast<int>(word[r] >> from & 0xffu) - int8_words::bias) * scale[r];
  }
}

template <int width>
void pack_float32(const rows_view& view, int64_t first, float* HWY_RESTRICT out) {
  const matrix& m = view.of;
  if (view.panel == width && m.type != dtype::float32 && !view.shift && !view.offset && !view.order)
    return unpack_panel<width>(view, first, out);
  const int64_t valid = m.rows - first < width ? m.rows - first : width;
  const bool plain = !view.shift && !view.scale && !view.offset && !view.order && !view.panel && m.type == dtype::float32;
  if (plain && m.stride == 1) {  // a transposed view: lanes are contiguous already
    const float* p = static_cast<const float*>(m.data) + first;
    if (valid == width) {
      for (int64_t k = 0; k < m.columns; ++k) std::memcpy(out + k * width, p + k * m.step, width * 4);
      return;
    }
    for (int64_t k = 0; k < m.columns; ++k, out += width) {
      std::memcpy(out, p + k * m.step, static_cast<size_t>(valid) * 4);
      for (int64_t r = valid; r < width; ++r) out[r] = 0.0f;
    }
    return;
  }
  if (plain && m.step == 1 && valid == width) {
    const float* rows = static_cast<const float*>(m.data) + first * m.stride;
    for (int64_t k0 = 0; k0 < m.columns; k0 += read_chunk)
      transpose_chunk<width>(rows + k0, m.stride, m.columns - k0 < read_chunk ? m.columns - k0 : read_chunk, out + k0 * width);
    return;
  }
  HWY_ALIGN float buffer[width * read_chunk];
  if (valid < width) std::memset(buffer, 0, sizeof(buffer));
  for (int64_t k0 = 0; k0 < m.columns; k0 += read_chunk) {
    const int64_t count = m.columns - k0 < read_chunk ? m.columns - k0 : read_chunk;
    for (int64_t r = 0; r < valid; ++r) read_columns(view, first + r, k0, count, buffer + r * read_chunk);
    transpose_chunk<width>(buffer, read_chunk, count, out + k0 * width);
  }
}

// bfloat16 rows as 32-bit words of two columns; no shift or scale, since neither would stay a bfloat16.
template <int width>
void pack_bf16_pairs(const rows_view& view, int64_t first, float* HWY_RESTRICT out) {
  const matrix& m = view.of;
  const int64_t valid = m.rows - first < width ? m.rows - first : width, depth = (m.columns + 1) / 2;
  HWY_ALIGN float buffer[width * read_chunk];
  std::memset(buffer, 0, sizeof(buffer));
  for (int64_t k0 = 0; k0 < depth; k0 += read_chunk) {
    const int64_t count = depth - k0 < read_chunk ? depth - k0 : read_chunk;
    const int64_t columns = m.columns - 2 * k0 < 2 * count ? m.columns - 2 * k0 : 2 * count;
    for (int64_t r = 0; r < valid; ++r) {
      const uint16_t* p = static_cast<const uint16_t*>(m.data) + view.row(first + r) * m.stride + 2 * k0;
      if (columns < 2 * count) buffer[r * read_chunk + count - 1] = 0.0f;
      std::memcpy(buffer + r * read_chunk, p, static_cast<size_t>(columns) * 2);
    }
    transpose_chunk<width>(buffer, read_chunk, count, out + k0 * width);
  }
}

// The transpose of rows [first, first + count): panel p holds columns [p·rows, (p + 1)·rows) as [count][rows], panels panel_stride apart.
template <class F>
void pack_columns(const rows_view& view, int64_t first, int64_t count, float* HWY_RESTRICT out, int64_t panel_stride) {
  const int64_t columns = view.of.columns;
  float buffer[read_chunk];
  for (int64_t q = 0; q < count; ++q)
    for (int64_t k0 = 0; k0 < columns; k0 += read_chunk) {
      const int64_t n = columns - k0 < read_chunk ? columns - k0 : read_chunk;
      read_columns(view, first + q, k0, n, buffer);
      for (int64_t k = n; k < read_chunk; ++k) buffer[k] = 0.0f;
      for (int64_t k = 0; k < n; k += panel_rows)
        std::memcpy(out + (k0 + k) / panel_rows * panel_stride + q * panel_rows, buffer + k, panel_rows * 4);
    }
}

#if defined(WARPWEFT_BF16_DOT)
// The same in words of two rows.
template <>
inline void pack_columns<bf16_format>(const rows_view& view, int64_t first, int64_t count, float* HWY_RESTRICT out, int64_t panel_stride) {
  const int64_t columns = view.of.columns;
  HWY_ALIGN float even[read_chunk], odd[read_chunk];
  for (int64_t q = 0; q < count; q += 2)
    for (int64_t k0 = 0; k0 < columns; k0 += read_chunk) {
      const int64_t n = columns - k0 < read_chunk ? columns - k0 : read_chunk;
      std::memset(even, 0, sizeof(even));
      std::memset(odd, 0, sizeof(odd));
      read_columns(view, first + q, k0, n, even);
      if (q + 1 < count) read_columns(view, first + q + 1, k0, n, odd);
      for (int64_t k = 0; k < n; k += vec_lanes)
        hn::Store(bf16_format::pair(hn::Load(tag(), even + k), hn::Load(tag(), odd + k)), tag(), even + k);
      for (int64_t k = 0; k < n; k += panel_rows)
        std::memcpy(out + (k0 + k) / panel_rows * panel_stride + q / 2 * panel_rows, even + k, panel_rows * 4);
    }
}
#endif

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
