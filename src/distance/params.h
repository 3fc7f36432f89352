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

// What device code is told: one struct by value for each kernel, in which every pointer is an address on the device.

// One side of a sweep: rows whose address and stride are multiples of 16 bytes.
struct device_side {
  const void* data;  // [rows, columns], rows stride elements apart
  int64_t rows;
  int64_t stride;
  const float* scalar;  // [rows] the metric's row scalar, or null
  const double* norm;   // [rows] where pairs are evaluated again in float64, or null
  const float* scale;   // [rows] what each row is multiplied by before the metric sees it, or null
};

struct device_pair {
  device_side x;  // [n, columns]
  device_side y;  // [m, columns]
  int64_t columns;
  int64_t split_columns;  // rows of y that one block of a row sweep meets, a multiple of 64
  metric_id metric;
  int32_t self;
};

// A rectangle of the n×m pairs.
struct pair_range {
  int64_t row, rows;
  int64_t column, columns;
};

struct pairwise_launch {
  device_pair pair;
  pair_range range;
  void* out;  // [n, m], rows out_stride elements apart
  int64_t out_stride;
  int64_t out_type;  // a dtype
};

struct reduce_launch {
  device_pair pair;
  void* partial;  // [splits, n] states
  float* out;     // [n]
  row_reduction_id reduction;
  float scale;
  int64_t splits;
};

struct top_k_launch {
  device_pair pair;
  float* keys;       // [splits, n, k] sorted lists, closest first
  int32_t* ids;      // [splits, n, k]
  int32_t* sizes;    // [splits, n] entries listed
  float* values;     // [n, k] the result; where splits is 1 it is keys
  int32_t* indices;  // [n, k] the result; where splits is 1 it is ids
  int64_t splits;
  int32_t k;
  int32_t exclude_self;
  int32_t larger;  // is closer
  int32_t spare;
};

// A copy of rows that device code can stream: another element type, aligned, scaled or shifted.
struct pack_launch {
  const void* from;    // element (i, k) at from[i · from_stride + k · from_step]
  void* to;            // [rows, columns], rows to_stride elements apart
  const float* scale;  // [rows] what each row is multiplied by, or null
  const float* shift;  // [columns] what is then taken off it, or null
  int64_t rows, columns;
  int64_t from_stride, from_step, to_stride;
  dtype from_type, to_type;
};

// Norms of rows, and the scalar that the metric makes of them.
struct measure_launch {
  const void* data;    // element (i, k) at data[i · stride + k · step]
  const float* scale;  // [rows] or null
  float* scalar;       // [rows] |x|² or 1/max(|x|, 1e-12)
  double* norm;        // [rows] |x|² or max(|x|, 1e-12), or null
  int64_t rows, columns;
  int64_t stride, step;
  dtype type;
  int32_t inverse;
};

// About the middle of both sides' rows: the mean of up to 512 of them, evenly spread.
struct centre_launch {
  const void* x;         // [x_rows, columns]
  const void* y;         // [y_rows, columns]
  const float* x_scale;  // [x_rows] what each row is multiplied by, or null
  const float* y_scale;  // [y_rows]
  float* centre;         // [columns]
  int64_t x_rows, y_rows, columns;
  int64_t x_stride, x_step, y_stride, y_step;
  dtype x_type, y_type;
};

// A panel of pair weights from a stored result and its gradient: c_ij = grad_ij · slope(value_ij).
struct weights_launch {
  const float* value;  // [n, m]
  const float* grad;   // [n, m]
  float* panel;        // [range.rows, range.columns], rows panel_stride apart
  pair_range range;
  int64_t stride;        // of value and grad
  int64_t panel_stride;  // a multiple of 4
  metric_id metric;
  int32_t spare;
};

// sums += panel · rows, or panelᵀ · rows.
struct panel_launch {
  const float* panel;  // [rows, columns], rows panel_stride apart
  const void* other;   // [columns, width], or across [rows, width]: rows other_stride elements apart, aligned to 16 bytes
  float* sums;         // [rows, width], or across [columns, width]
  float* partial;      // [splits, rows, width], or across [splits, columns, width]; with one split sums are added to at once
  double* total;       // Σ_j c_ij, one a row of sums, or null
  int64_t rows, columns, panel_stride;
  int64_t width, other_stride;
  int64_t splits, split_inner;  // of the index that is summed over; a multiple of 16
};

// From Σ_j c_ij y_j to the gradient of row i, in place: through the metric and the normalisation.
struct finish_launch {
  const float* data;    // [rows, columns] the rows as the sums saw them, rows stride elements apart
  const float* scale;   // [rows] with project
  const float* shift;   // [columns] what was taken off the rows, or null
  const double* total;  // [rows] with difference
  float* sums;          // [rows, columns]
  int64_t rows, columns, stride;
  int32_t difference;  // G_i −= (Σ_j c_ij) x_i
  int32_t project;     // then (G − (G·x̂) x̂)/|x|
};

}  // namespace warpweft::distance
