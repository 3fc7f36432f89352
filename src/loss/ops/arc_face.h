// z_ic = s c_ic, z_iy = s cos(θ_iy + m) with c = cos θ; where θ > π − m, so that the angle would turn back, s (c − m sin m).
// ∂ as scaled_softmax.h with t'(c) = cos m + sin m · c/sin θ, 1 beyond π − m; 1 everywhere where the gradient passes straight through.
// Source: Deng et al. 2019 (arXiv 1801.07698) and pytorch-metric-learning 2.8.1 (ArcFaceLoss), whose rule beyond π − m this is.
#pragma once
#include "loss/ops/angle.h"
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct arc_face : scaled_softmax<arc_face>, arc_face_params {
  static constexpr bool has_centers = true;  // a class's score is that of its closest centre

  WARPWEFT_HD arc_face(const arc_face_params& p, bool)
      : scaled_softmax(p.scale), arc_face_params(p), cos_m(::cosf(p.margin)), sin_m(::sinf(p.margin)) {}
  float cos_m, sin_m;
  WARPWEFT_HD float center_softness() const { return 0.0f; }

  template <class V>
  WARPWEFT_HD V moved(V c) const {
    return select(beyond(c), c - V(margin * sin_m), opened(c, V(cos_m), V(sin_m)));
  }
  template <class V>
  WARPWEFT_HD V moved_slope(V c) const {
    if (margin_gradient == 1) return V(1.0f);
    return select(beyond(c), V(1.0f), opened_slope(c, V(cos_m), V(sin_m)));
  }

 private:
  // θ > π − m
  template <class V>
  WARPWEFT_HD mask_of<V> beyond(V c) const {
    return c < V(-cos_m);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
