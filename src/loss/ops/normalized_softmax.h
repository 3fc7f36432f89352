// z_ic = s_ic/τ,  L_i = ln Σ_c e^(z_ic) − z_iy, y the row's class. ∂L_i/∂s_ic = p_ic/τ, −(1 − p_iy)/τ at y.
// Source: Zhai, Wu 2019 (arXiv 1811.12649) and pytorch-metric-learning 2.8.1 (NormalizedSoftmaxLoss).
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct normalized_softmax : scaled_softmax<normalized_softmax>, normalized_softmax_params {
  static constexpr int tensors = 1;  // temperature

  WARPWEFT_HD normalized_softmax(const normalized_softmax_params& p, bool)
      : scaled_softmax(1.0f / p.temperature), normalized_softmax_params(p) {}

  WARPWEFT_HD void tensor_gradients(double along, double, double* out) const { out[0] = -along / static_cast<double>(temperature); }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
