// Arithmetic on whole tensors that lie on a device: each call enqueues. The CPU's is in lib/algebra and src/cpu.
#pragma once
#include "algebra/params.h"
#include "base/job.h"

namespace warpweft::algebra {

// out = a · b; float16 with float16 and bfloat16 with bfloat16 are multiplied as they are, all else as float32.
struct product_params {
  matrix a;    // [m, k]
  matrix b;    // [k, n]
  float* out;  // [m, n]
};

// The same of `count` pairs of matrices, each side's evenly apart; rows of a result, too, lie apart. Nothing is cut into parts.
struct products_params {
  product_params first;
  int64_t count;
  int64_t a_next, b_next, out_stride, out_next;  // elements
};

void elementwise(const elementwise_params& p, const call_options& how);
// Chooses the parts and the room for them itself.
void sum(const sum_params& p, const call_options& how);
void normalize(const normalize_params& p, const call_options& how);
void normalize_backward(const normalize_params& p, const call_options& how);
void softmax(const softmax_params& p, const call_options& how);
void softmax_backward(const softmax_params& p, const call_options& how);
void matmul(const product_params& p, const call_options& how);
void products(const products_params& p, const call_options& how);
void sgd(const sgd_params& p, const call_options& how);
void adamw(const adamw_params& p, const call_options& how);

}  // namespace warpweft::algebra
