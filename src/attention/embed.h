// Rows of a table by their numbers, on a GPU.
#pragma once
#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::attention {

// out[i] = table[rows[i]]
struct embed_params {
  matrix table;         // [V, D]
  const int32_t* rows;  // [count], in host memory
  int64_t count;
  float* out;  // [count, D]
};

// out[v] = Σ grad[i] over the i with rows[i] = v, in ascending order
struct embed_backward_params {
  const float* grad;    // [count, D]
  const int32_t* rows;  // [count], in host memory
  int64_t count, table_rows, columns;
  float* out;  // [V, D]
};

void embed(const embed_params& p, const call_options& how);
void embed_backward(const embed_backward_params& p, const call_options& how);

}  // namespace warpweft::attention
