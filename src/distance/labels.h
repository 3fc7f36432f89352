// For each row the extremes of its positives and of its negatives, which are told apart by labels inside the sweep.
#pragma once
#include <cstdint>

#include "base/job.h"
#include "distance/params.h"

namespace warpweft::distance {

// Lanes are anchors and rows references, each visited by label; keys grow with distance. Arrays per lane are padded to whole panels.
struct label_context {
  bool larger;                 // values are similarities: a key is −value
  bool own;                    // row i is lane i, and no pair
  const int32_t* lane_labels;  // in visiting order
  const int32_t* row_labels;
  const int32_t* lane_order;  // visiting order → anchor
  const int32_t* row_order;   // visiting order → reference
  const int64_t* begin;       // [panels] rows that hold all positives of the panel, and negatives of some of its lanes
  const int64_t* end;
  bool beyond_easiest;                                         // which positive semi-hard negatives must be farther than
  float beyond;                                                // positives with a larger key are counted; NaN: none
  float within;                                                // negatives with a smaller key are counted; NaN: none
  float* limit;                                                // key of the chosen positive; +inf where there is none
  float* values[static_cast<int>(label_choice_id::count)];     // [anchors]
  int32_t* indices[static_cast<int>(label_choice_id::count)];  // [anchors], −1 where there is none, with value NaN
  int32_t* beyond_count;                                       // [anchors] or null
  int32_t* within_count;
};

void label_statistics(const label_params& p, const call_options& how);

}  // namespace warpweft::distance
