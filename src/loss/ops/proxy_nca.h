// z_ic = −scale · d_ic,  L_i = ln Σ_c e^(z_ic) − z_iy, y the row's class, its own proxy among the sum's.
// ∂L_i/∂d_ic = −scale · p_ic, scale · (1 − p_iy) at y.
// Source: Movshovitz-Attias et al. 2017 with the denominator of Teh et al. 2020 (arXiv 2004.01113), as pytorch-metric-learning 2.8.1 has
// it.
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct proxy_nca : scaled_softmax<proxy_nca>, proxy_nca_params {
  WARPWEFT_HD proxy_nca(const proxy_nca_params& p, bool) : scaled_softmax(-p.scale), proxy_nca_params(p) {}
};

}  // namespace warpweft::loss::WARPWEFT_ISA
