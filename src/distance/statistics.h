// Several numbers for each row of the N×M matrix, and for each of its columns, from one sweep.
#pragma once
#include <cstdint>

#include "base/job.h"
#include "distance/params.h"

namespace warpweft::distance {

// What is made of lines of values: rows of the matrix, or its columns.
struct statistics_context {
  float scale;                                            // logSumExp: ln Σ exp(scale · value)
  int64_t count;                                          // values in a line
  float* out[static_cast<int>(row_reduction_id::count)];  // [lines], null where it is not asked for
  bool wants(row_reduction_id id) const { return out[static_cast<int>(id)] != nullptr; }
};

void row_statistics(const statistics_params& p, const call_options& how);

}  // namespace warpweft::distance
