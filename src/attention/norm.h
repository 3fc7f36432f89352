// Rows over their root mean square.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::attention {

// y = x / ρ ∘ gain with ρ = √(mean x² + eps). With grad, the way back, r = 1/ρ:
// dx = r (g ∘ gain) − r³ x · mean(g ∘ gain ∘ x), dgain = Σ_rows r g ∘ x.
struct norm_params {
  matrix x;           // [n, d]
  const float* gain;  // [d]
  double eps;
  const float* grad;  // [n, d]; null on the way forward
  float* out;         // [n, d]: y, or dx; null where dx is not asked for
  float* gain_grad;   // [d] or null
};

void rms_norm(const norm_params& p, const call_options& how);

}  // namespace warpweft::attention
