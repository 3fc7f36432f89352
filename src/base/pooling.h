// Several numbers pooled to one, as the scores of a class's centres: S = Σ_k q_k s_k with q the softmax of s/γ; the largest s where γ is 0,
// and the first of equals. ∂S/∂s_k = q_k (1 + (s_k − S)/γ). A NaN stays.
#pragma once
#include "base/num.h"

namespace warpweft {

struct pooling {
  int64_t count;
  float softness;  // γ

  WARPWEFT_HD float value(const float* s) const {
    const float top = s[closest(s)];
    if (softness == 0 || !(abs(top) < __builtin_inff())) return top;
    float sum = 0, along = 0;
    for (int64_t k = 0; k < count; ++k) {
      const float e = exp((s[k] - top) / softness);
      sum += e;
      along += e * (s[k] - top);
    }
    return top + along / sum;
  }

  // out[k] = w ∂S/∂s_k
  WARPWEFT_HD void share(const float* s, float w, float* out) const {
    const int64_t first = closest(s);
    if (softness == 0) {
      for (int64_t k = 0; k < count; ++k) out[k] = k == first ? w : 0.0f;
      return;
    }
    const float whole = value(s);
    float sum = 0;
    for (int64_t k = 0; k < count; ++k) sum += out[k] = exp((s[k] - s[first]) / softness);
    for (int64_t k = 0; k < count; ++k) out[k] *= w / sum * (1 + (s[k] - whole) / softness);
  }

 private:
  WARPWEFT_HD int64_t closest(const float* s) const {
    int64_t at = 0;
    for (int64_t k = 1; k < count; ++k)
      if (s[k] > s[at] || (s[k] != s[k] && s[at] == s[at])) at = k;
    return at;
  }
};

}  // namespace warpweft
