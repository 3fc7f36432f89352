// What is done to whole rows before they meet: the weights of "structured", and the way into the Poincaré ball.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::distance {

// out = d∘row + W row, or with Wᵀ; W is diagonal blocks [columns/block, block, block].
struct structured_params {
  matrix rows;            // [n, d]
  const float* diagonal;  // [d] or null
  const float* blocks;    // [d/block, block, block] or null
  int64_t block;          // 1 without blocks
  bool transposed;
  float* out;  // [n, d]
};

// ∂/∂d_k = Σ_i g_ik y_ik, ∂/∂W_b = Σ_i g_ib y_ibᵀ
struct structured_gradient_params {
  matrix gradient;  // [n, d] of the weighted rows
  matrix rows;      // [n, d]
  int64_t block;
  float* diagonal;  // [d] or null
  float* blocks;    // [d/block, block, block] or null
};

// out = ρ(|x|) x/|x| with ρ = min(tanh(√c n)/√c, (1 − 1e-3)/√c) and n = |x| min(1, clip/(|x| + 1e-5))
struct exp_map_params {
  matrix rows;  // [n, d]
  double curvature;
  double clip;        // infinite: no clipping
  const float* grad;  // [n, d], or null for the forward pass
  float* out;         // [n, d] points, or the gradient of the rows
};

void structured_rows(const structured_params& p, const call_options& how);
void structured_gradient(const structured_gradient_params& p, const call_options& how);
void exp_map(const exp_map_params& p, const call_options& how);

}  // namespace warpweft::distance
