// The kernels of a matrix unit (AMX) for bfloat16. Lanes are packed as everywhere, [k][lanes] words of two columns; rows are packed
// as they stand, [row][depth], the depth a multiple of sixteen words.
#pragma once
#include "cpu/isa/amx_tile.h"
#include "cpu/kernels.inl.h"
#include "cpu/scratch.h"

namespace warpweft {
namespace WARPWEFT_ISA {

// A panel of rows that are packed otherwise, word by word.
inline void turn_panel(const rows_view& view, int64_t first, int64_t depth, float* out) {
  const int64_t words = (view.of.columns + 1) / 2;
  const float* from = static_cast<const float*>(view.of.data) + first * words;
  std::memset(out, 0, static_cast<size_t>(panel_rows * depth) * 4);
  for (int64_t k = 0; k < words; ++k)
    for (int i = 0; i < panel_rows; ++i) std::memcpy(out + i * depth + k, from + k * panel_rows + i, 4);
}

inline void pack_bf16_rows(const rows_view& view, int64_t first, float* out) {
  const matrix& m = view.of;
  const int64_t columns = m.columns, depth = cpu::up_to_multiple((columns + 1) / 2, amx_side);
  if (view.panel) return turn_panel(view, first, depth, out);
  uint16_t* to = reinterpret_cast<uint16_t*>(out);
  for (int64_t r = first; r < first + panel_rows; ++r, to += 2 * depth) {
    const int64_t valid = r < m.rows ? columns : 0;
    if (valid) std::memcpy(to, static_cast<const uint16_t*>(m.data) + view.row(r) * m.stride, static_cast<size_t>(valid) * 2);
    std::memset(to + valid, 0, static_cast<size_t>(2 * depth - valid) * 2);
  }
}

inline void pack_bf16_lanes(const rows_view& view, int64_t first, float* out) {
  const int64_t words = (view.of.columns + 1) / 2, depth = cpu::up_to_multiple(words, amx_side);
  pack_bf16_pairs<panel_lanes>(view, first, out);
  std::memset(out + words * panel_lanes, 0, static_cast<size_t>((depth - words) * panel_lanes) * 4);
}

// Exact re-evaluations are seldom, so one tile of rows is turned into the layout that they read.
inline const float* turned(const float* a, int64_t depth) {
  float* out = cpu::thread_scratch(panel_rows * depth);
  for (int64_t k = 0; k < depth; ++k)
    for (int i = 0; i < panel_rows; ++i) std::memcpy(out + k * panel_rows + i, a + i * depth + k, 4);
  return out;
}
inline void difference_of_rows(const float* a, const float* b, int64_t depth, uint32_t units, float* out) {
  difference<bf16_format>(turned(a, depth), b, depth, units, out);
}
inline void dot64_of_rows(const float* a, const float* b, int64_t depth, uint32_t units, double* out) {
  dot64<bf16_format>(turned(a, depth), b, depth, units, out);
}

constexpr cpu::kernels make_amx_kernels() {
  cpu::kernels t = make_kernels<bf16_format>();
  t.depth_unit = amx_side;
  t.rows_a_pass = 2 * amx_side;
  t.rows_as_they_stand = true;
  t.pack_lanes = pack_bf16_lanes;
  t.pack_rows = pack_bf16_rows;
  t.scores = scores_by_amx;
  t.difference = difference_of_rows;
  t.dot64 = dot64_of_rows;
  return t;
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
