// A matrix product of each head by itself.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::attention {

// out[i, h, :] = x[i, h, :] · w_h
struct heads_params {
  matrix x;        // of head 0: [n, a], float32
  int64_t x_head;  // elements from a head's to the next one's
  matrix w;        // of head 0: [a, b], float32, any strides
  int64_t w_head;
  int64_t heads;
  float* out;  // [n, heads, b]
};

void head_products(const heads_params& p, const call_options& how);

}  // namespace warpweft::attention
