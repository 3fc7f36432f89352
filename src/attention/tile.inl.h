// The register tiles: rows stand where they are, their elements are broadcast, lanes fill registers.
#pragma once
#include <cstdint>

#include "attention/cpu.h"
#include "cpu/tile.inl.h"
#include "cpu/rows.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

using namespace warpweft::WARPWEFT_ISA;

constexpr int64_t tile_rows = 64;  // that pass together
constexpr int most_vecs = 3;       // registers of a panel
constexpr int block_rows = 8;      // of a register tile

// Rows that will be read next, as they are stored; they are asked for while these ones are worked on.
struct rows_ahead {
  const char* const* at;  // [tile_rows]
  int64_t bytes;          // of each; 0: none
};

constexpr int64_t cache_line = 64, line_columns = cache_line / 4;

// s[i][lane] (+)= Σ_k row_i[k] · lanes[k][lane] for `rows` rows, k from `first` on. One sum for each, in order of k.
template <int rows, int vecs, bool add>
HWY_NOINLINE void score_block(const float* const* at, int64_t first, const float* HWY_RESTRICT lanes, int64_t depth, float* HWY_RESTRICT s,
                              const rows_ahead& next) {
  constexpr int width = vecs * vec_lanes;
  const float* row[rows];
  raw acc[rows][vecs];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) {
    row[i] = at[i] + first;
#pragma GCC unroll 8
    for (int v = 0; v < vecs; ++v) acc[i][v] = add ? hn::LoadU(tag(), s + i * width + v * vec_lanes) : hn::Zero(tag());
  }
  for (int64_t k0 = 0; k0 < depth; k0 += line_columns) {
    if ((first + k0) * 4 < next.bytes)
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) __builtin_prefetch(next.at[i] + (first + k0) * 4, 0, 2);
    const int64_t stop = depth - k0 < line_columns ? depth : k0 + line_columns;
    for (int64_t k = k0; k < stop; ++k, lanes += width) {
      raw b[vecs];
#pragma GCC unroll 8
      for (int v = 0; v < vecs; ++v) b[v] = hn::LoadU(tag(), lanes + v * vec_lanes);
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
        const raw a = hn::Set(tag(), row[i][k]);
#pragma GCC unroll 8
        for (int v = 0; v < vecs; ++v) acc[i][v] = hn::MulAdd(a, b[v], acc[i][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vecs; ++v) hn::StoreU(acc[i][v], tag(), s + i * width + v * vec_lanes);
}

// The scores of `count` rows; pointers beyond them repeat a row, and scores are written up to the end of a block. A part of the lanes
// that stays in the first-level cache passes all rows before the next one does; sums go on where they were, so their bits are the same.
template <int vecs>
void scores(const float* const* at, int64_t count, const float* lanes, int64_t depth, float* s, const rows_ahead& next = {}) {
  constexpr int64_t width = vecs * vec_lanes, part_bytes = 24 << 10;
  const int64_t most = part_bytes / (4 * width), parts = (depth + most - 1) / most;
  const int64_t part = ((depth + parts - 1) / parts + line_columns - 1) / line_columns * line_columns;
  for (int64_t k = 0; k < depth; k += part) {
    const int64_t columns = depth - k < part ? depth - k : part;
    const auto block = k == 0 ? score_block<block_rows, vecs, false> : score_block<block_rows, vecs, true>;
    for (int64_t i = 0; i < count; i += block_rows)
      block(at + i, k, lanes + k * width, columns, s + i * width, {next.at + (next.bytes ? i : 0), next.bytes});
  }
}

// acc[c][lane] = acc[c][lane] · factor[lane] + Σ_q row_q[column + c] · w[q][lane] for c < columns. The sum is added last.
template <int columns, int vecs>
HWY_NOINLINE void value_block(const float* const* at, int64_t column, const float* HWY_RESTRICT w, int64_t count, const float* factor,
                              float* HWY_RESTRICT acc) {
  constexpr int width = vecs * vec_lanes;
  raw sum[columns][vecs];
#pragma GCC unroll 16
  for (int c = 0; c < columns; ++c)
#pragma GCC unroll 8
    for (int v = 0; v < vecs; ++v) sum[c][v] = hn::Zero(tag());
  for (int64_t q = 0; q < count; ++q, w += width) {
    // Said to be aligned as it is: the compiler then takes it for one pointer, and not for sums with each column in registers it has not.
    const float* row = static_cast<const float*>(__builtin_assume_aligned(at[q] + column, alignof(float)));
    raw b[vecs];
#pragma GCC unroll 8
    for (int v = 0; v < vecs; ++v) b[v] = hn::LoadU(tag(), w + v * vec_lanes);
#pragma GCC unroll 16
    for (int c = 0; c < columns; ++c) {
      const raw a = hn::Set(tag(), row[c]);
#pragma GCC unroll 8
      for (int v = 0; v < vecs; ++v) sum[c][v] = hn::MulAdd(a, b[v], sum[c][v]);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < vecs; ++v) {
    const raw f = hn::LoadU(tag(), factor + v * vec_lanes);
#pragma GCC unroll 16
    for (int c = 0; c < columns; ++c) {
      float* out = acc + c * width + v * vec_lanes;
      hn::StoreU(hn::MulAdd(hn::LoadU(tag(), out), f, sum[c][v]), tag(), out);
    }
  }
}

// The same for all `columns` columns. acc: [columns][lanes]
template <int vecs>
void add_values(const float* const* at, int64_t columns, const float* w, int64_t count, const float* factor, float* acc) {
  constexpr int block = vecs == 1 ? 16 : 8, width = vecs * vec_lanes;
  int64_t c = 0;
  for (; c + block <= columns; c += block) value_block<block, vecs>(at, c, w, count, factor, acc + c * width);
  for (; c + 4 <= columns; c += 4) value_block<4, vecs>(at, c, w, count, factor, acc + c * width);
  for (; c < columns; ++c) value_block<1, vecs>(at, c, w, count, factor, acc + c * width);
}

// Lanes of a unit, cut into panels: 3 registers, or 2, or 1 where there is no more.
inline int panel_vecs_of(int64_t lanes) {
  const int64_t vecs = (lanes + vec_lanes - 1) / vec_lanes;
  return vecs == 4 ? 2 : vecs < most_vecs ? static_cast<int>(vecs) : most_vecs;
}

// Calls body(std::integral number of registers, first lane, lanes) panel by panel.
template <int n>
struct constant {
  static constexpr int value = n;
};
template <class Body>
void each_panel(int64_t lanes, const Body& body) {
  for (int64_t lane = 0; lane < lanes;) {
    const int vecs = panel_vecs_of(lanes - lane);
    const int64_t left = lanes - lane, count = left < vecs * vec_lanes ? left : vecs * vec_lanes;
    if (vecs == 3)
      body(constant<3>(), lane, count);
    else if (vecs == 2)
      body(constant<2>(), lane, count);
    else
      body(constant<1>(), lane, count);
    lane += vecs * vec_lanes;
  }
}

inline int64_t padded_lanes(int64_t lanes) { return (lanes + vec_lanes - 1) / vec_lanes * vec_lanes; }

}  // namespace warpweft::attention::WARPWEFT_ISA
