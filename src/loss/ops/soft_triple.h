// Each class has several centres: S_ic = Σ_k q_ick s_ick, q the softmax over a class's centres of s/γ; grouped.h makes S of them.
// z_ic = λ S_ic, z_iy = λ (S_iy − δ): what is left is a softmax whose target must lead by a margin.
// Source: Qian et al. 2019 (arXiv 1909.05235) and pytorch-metric-learning 2.8.1 (SoftTripleLoss).
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct soft_triple : scaled_softmax<soft_triple>, soft_triple_params {
  static constexpr bool has_centers = true;

  WARPWEFT_HD soft_triple(const soft_triple_params& p, bool) : scaled_softmax(p.lambda), soft_triple_params(p) {}
  // Of the softmax over the centres of a class; the closest alone counts at 0.
  WARPWEFT_HD float center_softness() const { return gamma; }

  template <class V>
  WARPWEFT_HD V moved(V c) const {
    return c - V(margin);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
