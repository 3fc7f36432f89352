// A margin m_i of each row's own: z_iy = s cos(θ_iy + m_i), or s (c_iy − m_i). No margin is clamped and no angle held back.
// The row is given tan(m_i/2), from which cos m = (1 − t²)/(1 + t²) and sin m = 2t/(1 + t²); or m_i itself.
// Source: Boutros et al. 2022 (arXiv 2109.09416), fdbtrs/ElasticFace.
#pragma once
#include "loss/ops/angle.h"
#include "loss/ops/scaled_softmax.h"
#include "loss/table.gen.h"

namespace warpweft::loss::WARPWEFT_ISA {

struct elastic_face : scaled_softmax<elastic_face, 1>, elastic_face_params {
  static constexpr int given = 1;  // saved[0]

  WARPWEFT_HD elastic_face(const elastic_face_params& p, bool) : scaled_softmax(p.scale), elastic_face_params(p) {}

  template <class V>
  struct state : one_target<V> {
    V own = V(0.0f);
  };
  template <class V>
  WARPWEFT_HD void resume(state<V>& t, const V* saved) const {
    t.own = saved[0];
  }
  template <class V>
  WARPWEFT_HD void positive(state<V>& t, V c, mask_of<V> counted) const {
    t.set_target(logit(kind == 1 ? c - t.own : opened(c, cosine(t.own), sine(t.own))), counted);
  }
  template <class V>
  WARPWEFT_HD V positive_weight(const V* saved, V c) const {
    return -saved[3] * (kind == 1 ? V(1.0f) : opened_slope(c, cosine(saved[0]), sine(saved[0])));
  }

 private:
  template <class V>
  static WARPWEFT_HD V cosine(V t) {
    return (V(1.0f) - t * t) / (V(1.0f) + t * t);
  }
  template <class V>
  static WARPWEFT_HD V sine(V t) {
    return (t + t) / (V(1.0f) + t * t);
  }
};

}  // namespace warpweft::loss::WARPWEFT_ISA
