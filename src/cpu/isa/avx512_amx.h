// Names the instruction set and its register tile: panel_rows × (panel_vecs registers).
#pragma once
#define WARPWEFT_ISA avx512_amx
#include "cpu/isa/vec.h"
#include "cpu/isa/format.h"

namespace warpweft {
namespace WARPWEFT_ISA {
constexpr int panel_rows = 8;
constexpr int panel_vecs = 3;
constexpr int panel_lanes = panel_vecs * vec_lanes;
static_assert(vec_lanes == 16, "the compile flags do not open the whole avx512_amx target");
}  // namespace WARPWEFT_ISA
}  // namespace warpweft
