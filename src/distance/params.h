// What distance kernels are told. binding.cc alone fills these; fixed-width fields and plain pointers only.
#pragma once
#include <cstdint>

#include "base/matrix.h"
#include "distance/table.gen.h"

namespace warpweft::distance {

class prepared_base;

struct pair_params {
  metric_id metric;
  double scalars[most_metric_scalars];  // the metric's numbers, in the order of its table entry
  const double* whitener;               // [d, d] L, row-major: the metric sees x L and y L; or null
  matrix x;                             // [n, d]
  matrix y;                             // [m, d]
  bool self;                            // y is x
  const char *x_name, *y_name;          // what the caller calls them
  const prepared_base* base;            // y has been prepared, and is not given as rows; or null
  float x_scale;                        // of int8 x, for such a base: value = scale · code
};

inline pair_params pair_of(metric_id metric, const matrix& x, const matrix& y, bool self) {
  pair_params pair{};
  pair.metric = metric;
  pair.x = x;
  pair.y = y;
  pair.self = self;
  return pair;
}

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

class found_pairs;

struct radius_params {
  pair_params pair;
  float radius;
  bool exclude_self;
  int64_t max_pairs;
  found_pairs* found;  // gets all pairs that are within
};

struct take_pairs_params {
  const found_pairs* found;
  int32_t* indices;  // [total] in the order of queries, of each the closest first
  float* values;     // [total]
};

struct reduce_params {
  pair_params pair;
  row_reduction_id reduction;
  float scale;  // logSumExp: ln Σ exp(scale · value)
  float* out;   // [n]
};

// Each array by row_reduction_id; null where it is not asked for.
struct statistics_params {
  pair_params pair;
  float scale;                                                // logSumExp: ln Σ exp(scale · value)
  float* rows[static_cast<int>(row_reduction_id::count)];     // [n]
  float* columns[static_cast<int>(row_reduction_id::count)];  // [m]
};

// Choices by label_choice_id.
struct label_params {
  pair_params pair;
  bool own;                         // anchor i is reference i, and no pair with itself
  const int32_t* labels;            // [n]
  const int32_t* reference_labels;  // [m]
  bool beyond_easiest;              // the chosen positive is the closest; else the farthest
  float pos_margin;                 // NaN: nothing is counted
  float neg_margin;
  float* values[static_cast<int>(label_choice_id::count)];     // [n], NaN where there is none
  int32_t* indices[static_cast<int>(label_choice_id::count)];  // [n], −1 there
  int32_t* positives;                                          // [n]
  int32_t* negatives;                                          // [n]
  int32_t* beyond_count;                                       // [n] positives farther than pos_margin, or null
  int32_t* within_count;                                       // [n] negatives closer than neg_margin, or null
};

struct prepare_params {
  pair_params pair;    // the base met by itself
  dtype type;          // that it is kept in: float32, bfloat16 or int8
  const float* scale;  // [m] with int8: value = scale · code; null: found for each row
};

// Labels and results are in host memory, wherever the rows are.
struct rank_params {
  pair_params pair;
  bool own;                         // query i is reference i, and not searched for
  const int32_t* query_labels;      // [n]
  const int32_t* reference_labels;  // [m]
  int32_t* relevant;                // [n] R: references of the query's label, itself left out
  int32_t* first_rank;              // [n] rank of the best of them, 0 where R = 0
  double* r_precision;              // [n]
  double* map_at_r;                 // [n]
};

// Labels and counts are in host memory, wherever the rows are.
struct histogram_params {
  pair_params pair;       // row i of both sides is one row
  const int32_t* labels;  // [n]
  int64_t classes;        // different labels
  double low, high;       // of the values that are told apart; what is beyond counts as the nearest
  int64_t bins;
  double* counts;  // [2, classes, bins + 1] pairs of different rows by the first one's class; then those within the class; last bin: NaN
};

// What device code is told: one struct by value for each kernel, in which every pointer is an address on the device.

// One side of a sweep: rows whose address and stride are multiples of 16 bytes.
struct device_side {
  const void* data;  // [rows, columns], rows stride elements apart
  int64_t rows;
  int64_t stride;
  const float* scalar;  // [rows] the metric's row scalar, or null
  const float* extra;   // [rows] what the metric makes of it, or null
  const double* norm;   // [rows] where pairs are evaluated again in float64, or null
  const float* scale;   // [rows] what each row is multiplied by before the metric sees it, or null
  const float* low;     // null, or what float32 left of rows that were computed: as far behind data on both sides
};

// Rows of x as they were before they were taken apart into terms, whose products with y are added up. Pairs that are evaluated again read
// these.
struct given_rows {
  const void* data;  // [n, columns], rows stride elements apart, codes to be multiplied by x.scale; null: x is all there is
  const float* low;  // [n, columns] likewise, added to rows of float32; or null
  int64_t stride;
  dtype type;
  int32_t terms;  // in each row of x, x.stride / terms elements apart, the smallest first; 1: x as it is
};

struct device_pair {
  device_side x;  // [n, columns]
  device_side y;  // [m, columns]
  given_rows given;
  int64_t columns;
  int64_t split_columns;  // rows of y that one block of a row sweep meets, a multiple of 64
  double scalars[most_metric_scalars];
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

// A copy of rows that device code can stream: another element type, aligned, scaled or shifted.
struct pack_launch {
  const void* from;    // element (i, k) at from[i · from_stride + k · from_step]
  void* to;            // [rows, columns], rows to_stride elements apart
  float* low;          // likewise: of each row its mean is taken off in float64, and this is what float32 leaves of that; or null
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
  const float* low;    // added to rows of float32, or null
  float* scalar;       // [rows] |x|² or 1/max(|x|, 1e-12)
  float* extra;        // [rows] what the metric makes of |x|², or null
  double* norm;        // [rows] |x|² or max(|x|, 1e-12), or null
  uint64_t* outside;   // rows − i of the first row i with curvature · |x|² ≥ 1, or left alone; or null
  int64_t rows, columns;
  int64_t stride, step;
  double scalars[most_metric_scalars];
  metric_id metric;
  dtype type;
  int32_t inverse;
  int32_t spare;
};

// About the middle of both sides' rows where they lie far from 0: the mean of up to 512 of them, evenly spread.
struct centre_launch {
  const void* x;         // [x_rows, columns]
  const void* y;         // [y_rows, columns]
  const float* x_scale;  // [x_rows] what each row is multiplied by, or null
  const float* y_scale;  // [y_rows]
  float* centre;         // [columns]
  int64_t x_rows, y_rows, columns;
  int64_t x_stride, x_step, y_stride, y_step;
  double share;  // of the mean square, which the mean's square must exceed; else it is not worth taking off, and 0 is written
  dtype x_type, y_type;
};

// A panel of pair weights from a stored result and its gradient: c_ij = grad_ij · slope(value_ij).
struct weights_launch {
  const float* value;  // [n, m]
  const float* grad;   // [n, m]
  float* panel;        // [range.rows, range.columns], rows panel_stride apart
  pair_range range;
  int64_t stride;                                        // of value and grad
  int64_t panel_stride;                                  // a multiple of 4
  const float *x_scalar, *x_extra, *y_scalar, *y_extra;  // of each row, where its weights depend on them; or null
  double scalars[most_metric_scalars];
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
  const uint8_t* hot;           // [⌈rows/128⌉, hot_stride] whether any of a tile's 128 × 64 weights counts, or null: all do
  int64_t hot_stride;
};

// sums_i += Σ_q grad_iq ∂value_iq/∂own_i over rows q of the other side; across: grad and value at [q][i].
struct partial_launch {
  const float* own;    // [rows, width], rows own_stride apart
  const float* other;  // [inner, width]
  const float* value;  // [rows, inner], or across [inner, rows]: rows stride apart
  const float* grad;   // likewise
  float* sums;         // [rows, width]
  float* partial;      // [splits, rows, width]; with one split sums are added to at once
  int64_t rows, inner, width, stride;
  int64_t own_stride, other_stride;
  int64_t splits, split_inner;  // a multiple of partial_depth
  double scalars[most_metric_scalars];
  metric_id metric;
  int32_t spare;
};

// From Σ_j c_ij y_j to the gradient of row i, in place: through the metric and the normalisation.
struct finish_launch {
  const float* data;    // [rows, columns] the rows as the sums saw them, rows stride elements apart
  const float* scale;   // [rows] with project
  const float* shift;   // [columns] what was taken off the rows, or null
  const double* total;  // [rows] with own
  float* sums;          // [rows, columns]
  int64_t rows, columns, stride;
  int32_t own;      // G_i −= total_i x_i
  int32_t project;  // then (G − (G·x̂) x̂)/|x|
};

}  // namespace warpweft::distance
