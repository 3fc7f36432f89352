// The building blocks that are compiled once per instruction set: packing, the register tile, its exact re-evaluations.
// One table per instruction set and packed format; loops reach them through these pointers.
#pragma once
#include <cstdint>

#include "base/matrix.h"

namespace warpweft::cpu {

// A panel of the lane side is [k][lanes], of the row side [k][rows]; words are 32 bits whatever the format.
struct kernels {
  int rows;     // rows of a register tile
  int lanes;    // lanes of a register tile
  int columns;  // matrix columns per packed word

  int64_t depth(int64_t d) const { return (d + columns - 1) / columns; }

  // Packs `rows` or `lanes` rows from `first`; rows beyond the end are zeros. out: [depth][rows | lanes]
  void (*pack_lanes)(const rows_view& view, int64_t first, float* out);
  void (*pack_rows)(const rows_view& view, int64_t first, float* out);
  // Packs the transpose as float32: rows [first, first + count) become the depth.
  // Panel p, columns [p·rows, (p + 1)·rows), is [count][rows] at out + p·panel_stride.
  void (*pack_columns)(const rows_view& view, int64_t first, int64_t count, float* out, int64_t panel_stride);

  // s[t·rows + i][j] = Σ_k a[t][k][i] · b[k][j] for t < tiles. s: [tiles · rows][lanes]
  void (*scores)(const float* a, const float* b, int64_t depth, int64_t tiles, float* s);
  // acc[p·rows + i][j] += Σ_q a[p][q][i] · w[q][j] for p < panels, where panel p starts at a + p · a_stride.
  void (*accumulate)(const float* a, int64_t a_stride, int64_t panels, const float* w, int64_t count, float* acc);

  // Exact re-evaluation of one register tile. Bit (i · lanes/unit + u) of `units` asks for row i, u-th register of lanes;
  // others may be left untouched. difference: Σ_k (a − b)². dot64: Σ_k a·b in float64. out: [rows][lanes]
  void (*difference)(const float* a, const float* b, int64_t depth, uint32_t units, float* out);
  void (*dot64)(const float* a, const float* b, int64_t depth, uint32_t units, double* out);

  // Per row of view (in visiting order, [first, first + count)): Σ_k v² in float64.
  void (*square_norms)(const rows_view& view, int64_t first, int64_t count, double* out);
  // sum[k] += Σ_i v_ik, square[k] += Σ_i v_ik², over rows [first, first + count). Both [columns], float64.
  void (*column_moments)(const rows_view& view, int64_t first, int64_t count, double* sum, double* square);
  // inexact[k] |= 1 where v_ik − shift[k] is rounded for some row of [first, first + count).
  void (*inexact_shift)(const rows_view& view, int64_t first, int64_t count, const float* shift, uint8_t* inexact);
  // One row's values as float32, shift and scale applied. out: [columns]
  void (*read_row)(const rows_view& view, int64_t r, float* out);
  // Float32 to or from a 16-bit type, to nearest even. One of the two types is float32.
  void (*convert)(const void* from, dtype from_type, void* to, dtype to_type, int64_t count);
};

// Declared by src/cpu/kernels_<isa>.cc.
namespace isa {
extern const kernels scalar, avx2, avx512, neon;
extern const kernels avx512_bf16;  // packed bf16 pairs; everything else is avx512's
}  // namespace isa

}  // namespace warpweft::cpu
