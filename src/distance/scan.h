// A few queries against many rows: the rows are the lanes, and pass once as they are stored, or packed.
//
//   for each range of rows:                                  (in parallel, fixed by the shape)
//     for each block of the range:
//       s = sums(queries, rows)   →   value(s)   →   fold of each query
//   the ranges' folds, joined in order
#pragma once
#include <cstdint>

#include "distance/cpu.h"
#include "distance/list.h"
#include "distance/operands.h"

namespace warpweft::distance {

constexpr int64_t most_few = 4;  // queries; more of them are worth a sweep

// Sums of few queries with consecutive rows, in place of which the values are left.
struct scan_part {
  float* s;  // [few][stride]
  int64_t few, stride;
  int64_t lane0;
  int lanes;
  const float* scalar;  // [lanes] of the rows, or null where the metric does without
  const float* extra;
  bool dots;  // sums are Σ xy whatever the metric, and near pairs are left to who evaluates values again
};

// The closest rows of one query: (key, row) as one number that grows with the distance. Up to a size the entries are sorted, above
// they are a heap with the farthest on top.
struct scan_list {
  entry* entries;  // [k]
  int64_t k, size;
  float worst;  // NaN until the list is full, so that `!(key >= worst)` lets everything in
};

struct scan_total {
  double sum;  // of values, or of exp(z − top)
  float extreme, top;
  bool poison;  // a NaN was seen
};

struct scans {
  int lanes;
  // By metric; safety `none` of a metric without row scalars leaves the sums as they are. lane_norm may be missing in the context.
  void (*value[static_cast<int>(metric_id::count)])(const score_context& c, const scan_part& part);
  // Pairs of query `row` with listed rows evaluated again in float64. room: [2 · columns]
  void (*evaluate[static_cast<int>(metric_id::count)])(const score_context& c, int64_t row, const int32_t* ids, int64_t count,
                                                       float* values, float* room);
  void (*offer)(scan_list& list, const float* values, int64_t lane0, int lanes, bool larger, int64_t skip);
  void (*add)(scan_total& total, const float* values, int lanes, row_reduction_id reduction, float scale);
};

#define WARPWEFT_DECLARE(name) extern const scans scan_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

const scans& scans_in_use();

// The operations for few queries and rows as they are stored. False: the metric or the shape is not for a scan, and nothing was done.
bool scan_pairwise(const pairwise_params& p, const call_options& how);
bool scan_top_k(const top_k_params& p, const call_options& how);
bool scan_reduce(const reduce_params& p, const call_options& how);

// And for a base that has been prepared, which `both` meets.
bool scan_top_k(const operands& both, const top_k_params& p, const call_options& how);
bool scan_reduce(const operands& both, const reduce_params& p, const call_options& how);

}  // namespace warpweft::distance
