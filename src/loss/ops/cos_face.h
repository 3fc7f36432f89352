// z_ic = s c_ic, z_iy = s (c_iy − m): a softmax whose target must lead by a margin of cosines.
// Source: Wang et al. 2018 (arXiv 1801.09414) and pytorch-metric-learning 2.8.1 (CosFaceLoss).
#pragma once
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct cos_face : scaled_softmax<cos_face>, cos_face_params {
  WARPWEFT_HD cos_face(const cos_face_params& p, bool) : scaled_softmax(p.scale), cos_face_params(p) {}

  template <class V>
  WARPWEFT_HD V moved(V c) const {
    return c - V(margin);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
