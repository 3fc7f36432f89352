// The attention family's table for one instruction set. Included by src/attention/cpu_<isa>.cc.
#pragma once
#include "attention/backward.inl.h"
#include "attention/cache.inl.h"
#include "attention/join.inl.h"

namespace warpweft::attention::WARPWEFT_ISA {

constexpr units make_units() {
  units t{};
  t.lanes = vec_lanes;
  t.forward = forward;
  t.join = join;
  t.backward_queries = backward_queries;
  t.backward_keys = backward_keys;
  t.row_dots = row_dots;
  t.merge = merge;
  t.write_row = write_row;
  t.read_row = read_row;
  return t;
}

}  // namespace warpweft::attention::WARPWEFT_ISA
