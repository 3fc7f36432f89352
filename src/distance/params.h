// What distance kernels are told. binding.cc alone fills these; fixed-width fields and plain pointers only.
#pragma once
#include <cstdint>

#include "base/matrix.h"
#include "distance/table.gen.h"

namespace warpweft::distance {

struct pair_params {
  metric_id metric;
  matrix x;   // [n, d]
  matrix y;   // [m, d]
  bool self;  // y is x
};

struct pairwise_params {
  pair_params pair;
  void* out;       // [n, m], rows out_stride elements apart
  dtype out_type;  // float32, float16 or bfloat16
  int64_t out_stride;
};

struct pairwise_backward_params {
  pair_params pair;
  const float* value;  // [n, m], the forward result
  const float* grad;   // [n, m]
  float* dx;           // [n, d] or null; with self, both sides
  float* dy;           // [m, d] or null
};

struct top_k_params {
  pair_params pair;
  int64_t k;
  bool exclude_self;
  float* values;     // [n, k], closest first
  int32_t* indices;  // [n, k]
};

struct reduce_params {
  pair_params pair;
  row_reduction_id reduction;
  float scale;  // logSumExp: ln Σ exp(scale · value)
  float* out;   // [n]
};

struct rank_params {
  pair_params pair;
  const int32_t* query_labels;      // [n]
  const int32_t* reference_labels;  // [m]
  int32_t* relevant;                // [n] R: references of the query's label, itself left out
  int32_t* first_rank;              // [n] rank of the best of them, 0 where R = 0
  double* r_precision;              // [n]
  double* map_at_r;                 // [n]
};

}  // namespace warpweft::distance
