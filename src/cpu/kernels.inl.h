// The table of building blocks of one instruction set and packed format. Included by src/cpu/kernels_<isa>.cc.
#pragma once
#include "cpu/kernels.h"
#include "cpu/pack.inl.h"
#include "cpu/tile.inl.h"
#include "cpu/rows.inl.h"
#include "cpu/softmax.inl.h"
#include "cpu/multiply.inl.h"
#include "cpu/sums.inl.h"

namespace warpweft {
namespace WARPWEFT_ISA {

template <class F>
constexpr cpu::kernels make_kernels() {
  cpu::kernels t{};
  t.rows = panel_rows;
  t.lanes = panel_lanes;
  t.columns = F::columns;
  t.rows_a_pass = panel_rows;
  t.depth_unit = 1;
  t.rows_as_they_stand = false;
  t.rows_a_word = F::columns;
  t.pack_lanes = F::columns == 1 ? pack_float32<panel_lanes> : pack_bf16_pairs<panel_lanes>;
  t.pack_rows = F::columns == 1 ? pack_float32<panel_rows> : pack_bf16_pairs<panel_rows>;
  t.scores = scores<F>;
  t.pack_columns = pack_columns<F>;
  t.accumulate = accumulate<F>;
  t.turn = turn;
  t.difference = difference<F>;
  t.dot64 = dot64<F>;
  t.square_norms = square_norms;
  t.row_means = row_means;
  t.multiply_rows = multiply_rows;
  t.column_moments = column_moments;
  t.inexact_shift = inexact_shift;
  t.read_row = read_row;
  t.row_sums = row_sums;
  t.packed_sums = packed_sums;
  t.padded = padded;
  t.spread_words = spread_words;
  t.spread = spread;
  t.softmax_row = softmax_row;
  t.softmax_back = softmax_back;
  t.convert = convert;
  return t;
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
