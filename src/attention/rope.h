// Pairs of columns turned by an angle that grows with the position.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::attention {

// (a, b) → (a cos φ − b sin φ, a sin φ + b cos φ), φ = position · frequency[m] for pair m, or by −φ with `back`. Pair m is columns
// (2m, 2m + 1) when interleaved, else (m, m + pairs), counted from `skip`; the columns before are copied.
struct rope_params {
  matrix x;                   // [n, skip + 2 · pairs]
  const int32_t* positions;   // [tokens]; row i has position number i / heads mod tokens
  const double* frequencies;  // [pairs]
  int64_t tokens, heads, pairs, skip;
  bool interleaved, back;
  float* out;  // [n, skip + 2 · pairs]
};

void rope(const rope_params& p, const call_options& how);

}  // namespace warpweft::attention
