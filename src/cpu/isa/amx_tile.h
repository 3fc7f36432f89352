// Scores of bfloat16 rows on a matrix unit (AMX): sixteen rows by sixteen lanes, thirty-two columns an instruction.
#pragma once
#include <immintrin.h>

#include "cpu/isa/vec.h"

namespace warpweft {
namespace WARPWEFT_ISA {

constexpr int amx_side = 16;  // rows of a tile register, and words of its row

struct alignas(64) amx_shape {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

// Registers 0 to 5 hold scores, 6 holds rows, 7 holds lanes.
inline void set_amx_shape(int rows) {
  amx_shape shape;
  for (int t = 0; t < 8; ++t) {
    shape.row_bytes[t] = amx_side * 4;
    shape.rows[t] = static_cast<uint8_t>(t == 7 ? amx_side : rows);
  }
  _tile_loadconfig(&shape);
}

// s[32][lanes]; each register of lanes serves both halves of the rows.
inline void amx_scores_32(const float* a, const float* b, int64_t depth, float* s) {
  const int64_t a_bytes = depth * 4, b_bytes = panel_lanes * 4;
  const float* low = a + amx_side * depth;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  for (int64_t k = 0; k < depth; k += amx_side, b += amx_side * panel_lanes) {
    _tile_loadd(6, a + k, a_bytes);
    _tile_loadd(7, b, b_bytes);
    _tile_dpbf16ps(0, 6, 7);
    _tile_loadd(7, b + amx_side, b_bytes);
    _tile_dpbf16ps(1, 6, 7);
    _tile_loadd(7, b + 2 * amx_side, b_bytes);
    _tile_dpbf16ps(2, 6, 7);
    _tile_loadd(6, low + k, a_bytes);
    _tile_dpbf16ps(5, 6, 7);
    _tile_loadd(7, b + amx_side, b_bytes);
    _tile_dpbf16ps(4, 6, 7);
    _tile_loadd(7, b, b_bytes);
    _tile_dpbf16ps(3, 6, 7);
  }
  float* s_low = s + amx_side * panel_lanes;
  _tile_stored(0, s, b_bytes);
  _tile_stored(1, s + amx_side, b_bytes);
  _tile_stored(2, s + 2 * amx_side, b_bytes);
  _tile_stored(3, s_low, b_bytes);
  _tile_stored(4, s_low + amx_side, b_bytes);
  _tile_stored(5, s_low + 2 * amx_side, b_bytes);
}

// As many rows as the shape in force has.
inline void amx_scores(const float* a, const float* b, int64_t depth, float* s) {
  const int64_t a_bytes = depth * 4, b_bytes = panel_lanes * 4;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  for (int64_t k = 0; k < depth; k += amx_side, b += amx_side * panel_lanes) {
    _tile_loadd(6, a + k, a_bytes);
    _tile_loadd(7, b, b_bytes);
    _tile_dpbf16ps(0, 6, 7);
    _tile_loadd(7, b + amx_side, b_bytes);
    _tile_dpbf16ps(1, 6, 7);
    _tile_loadd(7, b + 2 * amx_side, b_bytes);
    _tile_dpbf16ps(2, 6, 7);
  }
  _tile_stored(0, s, b_bytes);
  _tile_stored(1, s + amx_side, b_bytes);
  _tile_stored(2, s + 2 * amx_side, b_bytes);
}

HWY_NOINLINE inline void scores_by_amx(const float* a, const float* b, int64_t depth, int64_t tiles, float* s) {
  static_assert(panel_rows == amx_side / 2 && panel_lanes == 3 * amx_side, "the shapes below are written out");
  constexpr int64_t tile_size = panel_rows * panel_lanes;
  const auto next = [&](int64_t passed) {
    a += passed * panel_rows * depth;
    s += passed * tile_size;
    tiles -= passed;
  };
  if (tiles >= 2) set_amx_shape(2 * panel_rows);
  for (; tiles >= 4; next(4)) amx_scores_32(a, b, depth, s);
  for (; tiles >= 2; next(2)) amx_scores(a, b, depth, s);
  if (tiles) {
    set_amx_shape(panel_rows);
    amx_scores(a, b, depth, s);
  }
  _tile_release();
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
