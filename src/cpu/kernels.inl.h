// The table of building blocks of one instruction set and packed format. Included by src/cpu/kernels_<isa>.cc.
#pragma once
#include "cpu/kernels.h"
#include "cpu/pack.inl.h"
#include "cpu/tile.inl.h"
#include "cpu/rows.inl.h"

namespace warpweft {
namespace WARPWEFT_ISA {

template <class F>
constexpr cpu::kernels make_kernels() {
  cpu::kernels t{};
  t.rows = panel_rows;
  t.lanes = panel_lanes;
  t.columns = F::columns;
  t.pack_lanes = F::columns == 1 ? pack_float32<panel_lanes> : pack_bf16_pairs<panel_lanes>;
  t.pack_rows = F::columns == 1 ? pack_float32<panel_rows> : pack_bf16_pairs<panel_rows>;
  t.pack_columns = pack_columns;
  t.scores = scores<F>;
  t.accumulate = accumulate;
  t.difference = difference<F>;
  t.dot64 = dot64<F>;
  t.square_norms = square_norms;
  t.column_moments = column_moments;
  t.inexact_shift = inexact_shift;
  t.read_row = read_row;
  t.convert = convert;
  return t;
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
