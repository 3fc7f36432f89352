// The building blocks that are compiled once per instruction set: packing, the register tile, its exact re-evaluations.
// One table per instruction set and packed format; loops reach them through these pointers.
#pragma once
#include <cstdint>

#include "base/matrix.h"

namespace warpweft::cpu {

constexpr int64_t up_to_multiple(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// What a scan adds up over the columns of a query x and a row y.
enum class sum_of { dot, difference, dot_and_square };  // Σ xy; Σ (x − y)²; Σ xy and Σ y²

// A panel of the lane side is [k][lanes], of the row side [k][rows]; words are 32 bits whatever the format.
struct kernels {
  int rows;                 // rows of a register tile
  int lanes;                // lanes of a register tile
  int columns;              // matrix columns per packed word
  int rows_a_pass;          // rows that are best scored together, a multiple of `rows`
  int depth_unit;           // a panel's depth is a multiple of this
  bool rows_as_they_stand;  // a panel of the row side is [rows][k] instead
  int rows_a_word;          // rows per word of a transpose

  int64_t depth(int64_t d) const { return up_to_multiple((d + columns - 1) / columns, depth_unit); }

  // Packs `rows` or `lanes` rows from `first`; rows beyond the end are zeros. out: [depth][rows | lanes]
  void (*pack_lanes)(const rows_view& view, int64_t first, float* out);
  void (*pack_rows)(const rows_view& view, int64_t first, float* out);
  // Packs the transpose: rows [first, first + count) become the depth, as float32 or rounded to pairs of bfloat16.
  // Panel p, columns [p·rows, (p + 1)·rows), is [count / rows_a_word, rounded up][rows] words at out + p·panel_stride.
  void (*pack_columns)(const rows_view& view, int64_t first, int64_t count, float* out, int64_t panel_stride);

  // s[t·rows + i][j] = Σ_k a[t][k][i] · b[k][j] for t < tiles. s: [tiles · rows][lanes]
  void (*scores)(const float* a, const float* b, int64_t depth, int64_t tiles, float* s);
  // acc[p·rows + i][j] += Σ_q a[p][q][i] · w[q][j] for p < panels and q < count, where panel p starts at a + p · a_stride. a is a transpose
  // of pack_columns; w: [count][lanes] float32, rounded like a.
  void (*accumulate)(const float* a, int64_t a_stride, int64_t panels, const float* w, int64_t count, float* acc);

  // A strip with rows and lanes changed over: out[l][r] = s[r][l], zeros from r = rows on. s: [rows][lanes], out: [lanes][stride]
  void (*turn)(const float* s, int64_t rows, float* out, int64_t stride);

  // Exact re-evaluation of one register tile. Bit (i · lanes/unit + u) of `units` asks for row i, u-th register of lanes;
  // others may be left untouched. difference: Σ_k (a − b)². dot64: Σ_k a·b in float64. out: [rows][lanes]
  void (*difference)(const float* a, const float* b, int64_t depth, uint32_t units, float* out);
  void (*dot64)(const float* a, const float* b, int64_t depth, uint32_t units, double* out);

  // Per row of view (in visiting order, [first, first + count)): Σ_k v² in float64.
  void (*square_norms)(const rows_view& view, int64_t first, int64_t count, double* out);
  // Per row likewise: its mean.
  void (*row_means)(const rows_view& view, int64_t first, int64_t count, double* out);
  // (row − origin) · by in float64, split into high + low. origin: [columns], by: [columns, columns], high and low: [count, columns]
  void (*multiply_rows)(const rows_view& view, int64_t first, int64_t count, const double* origin, const double* by, float* high,
                        float* low);
  // sum[k] += Σ_i v_ik, square[k] += Σ_i v_ik², over rows [first, first + count). Both [columns], float64.
  void (*column_moments)(const rows_view& view, int64_t first, int64_t count, double* sum, double* square);
  // inexact[k] |= 1 where v_ik − shift[k] is rounded for some row of [first, first + count).
  void (*inexact_shift)(const rows_view& view, int64_t first, int64_t count, const float* shift, uint8_t* inexact);
  // One row's values as float32, shift and scale applied. out: [columns]
  void (*read_row)(const rows_view& view, int64_t r, float* out);
  // A few queries against rows, which are read once. sums[q · stride + i] for rows first + i, i < count; squares[i] likewise.
  // queries: [few][padded(columns)], zeros at the end of each. Rows of any float type, without scale, shift or offset.
  void (*row_sums)(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, sum_of what, float* sums,
                   int64_t stride, float* squares);
  // The same against packed rows of `type`; first is a multiple of `rows`, and sums are written up to the end of a panel.
  // queries: as `spread` makes them, spread_words each. With int8 sums are int32: Σ (code + 128) · query code.
  void (*packed_sums)(const rows_view& view, int64_t first, int64_t count, const float* queries, int64_t few, sum_of what, float* sums,
                      int64_t stride);
  int64_t (*padded)(int64_t columns);
  int64_t (*spread_words)(dtype type, int64_t columns);
  // row: [columns] float32, or with int8 codes as bytes.
  void (*spread)(dtype type, const void* row, int64_t columns, float* out);
  // One row's softmax, rows of −∞ all 0. out: [columns]
  void (*softmax_row)(const rows_view& view, int64_t r, float* out);
  // dx = y (g − Σ g·y) of one row. All [columns].
  void (*softmax_back)(const float* y, const float* g, int64_t columns, float* dx);
  // Float32 to or from a 16-bit type, to nearest even. One of the two types is float32.
  void (*convert)(const void* from, dtype from_type, void* to, dtype to_type, int64_t count);
};

// Declared by src/cpu/kernels_<isa>.cc.
namespace isa {
extern const kernels scalar, avx2, avx512, neon;
extern const kernels avx512_bf16, avx512_amx;  // packed bf16 pairs; everything else is avx512's
}  // namespace isa

}  // namespace warpweft::cpu
