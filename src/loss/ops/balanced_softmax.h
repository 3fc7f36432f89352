// z_ic = s x_i·w_c + ln n_c, n_c how often class c occurs:  L_i = ln Σ_c e^(z_ic) − z_iy.  ∂L_i/∂z_ic = p_ic − [c = y].
// Source: Ren et al. 2020 (arXiv 2007.10740).
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct balanced_softmax : scaled_softmax<balanced_softmax>, balanced_softmax_params {
  static constexpr bool has_beside = true;

  WARPWEFT_HD balanced_softmax(const balanced_softmax_params& p, bool) : scaled_softmax(p.scale), balanced_softmax_params(p) {}
};

}  // namespace warpweft::loss::WARPWEFT_ISA
