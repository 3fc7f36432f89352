// The strips of the distance family, compiled once per instruction set and reached through one table.
#pragma once
#include <cstdint>

#include "cpu/features.h"
#include "cpu/sweep.h"
#include "distance/params.h"

namespace warpweft::distance {

// Row and column scalars for the score of a strip; padded with zeros to whole panels, in visiting order.
struct score_context {
  const float* lane_scalar;
  const float* row_scalar;
  const double* lane_norm;  // where the metric re-evaluates in float64
  const double* row_norm;
  bool self;  // both sides are the same rows in the same order: the diagonal is exactly 0 for distances
};

struct store_context {
  void* out;
  dtype type;
  int64_t stride;
};

struct top_k_context {
  int64_t k;
  bool larger;        // larger is closer
  bool exclude_self;  // lane i never lists row i
  float* values;
  int32_t* indices;
  // For the values that are returned: the pair is read again and evaluated without the expansion.
  metric_id metric;
  const rows_view* lanes;
  const rows_view* rows;
  score_context scalars;
  const cpu::kernels* kern;
};

struct reduce_context {
  row_reduction_id reduction;
  float scale;
  int64_t rows;
  float* out;
};

// Gradient of one side's rows: G_i = Σ_j c_ij ŷ_j is gathered in the state, then goes through the metric and the normalisation.
struct gradient_context {
  const rows_view* lanes;  // the rows that get the gradient, as the metric sees them
  bool difference;         // G_i −= (Σ_j c_ij) x̂_i
  bool project;            // then (G − (G·x̂) x̂)/|x|
  bool add;                // to what out holds
  float* out;              // [lanes, columns], by the matrix's own row number
  int64_t columns;
  const cpu::kernels* kern;
};

// c_ij from a stored upstream gradient. `across`: lanes are columns of grad; `both`: grad[i][j] and grad[j][i] together.
struct stored_context {
  gradient_context target;
  metric_id metric;
  const float* grad;
  const float* value;
  int64_t stride;
  bool across, both;
};

struct rank_context {
  bool larger;
  bool self;
  const int32_t* row_order;    // visiting order → reference
  const int64_t* class_begin;  // [lanes] of the block: first row of the lane's label, in visiting order
  const int64_t* class_end;
  int64_t lane_first;   // the block's first query, in visiting order; with self, row lane_first + lane is the lane itself
  const int64_t* list;  // [lanes + 1] offsets of the lane's list of positives, itself left out
  float* keys;          // positives' keys, smaller is closer
  int32_t* ids;         // and their reference numbers
  int32_t* beaten;      // [list] references that stand before positive j but not before j − 1
  // Per lane, padded to whole panels:
  float* first_key;  // of the best positive; −inf where there is none that is a number
  float* limit_key;  // of positive `limit`; −inf where none is left
  int64_t* limit;    // the last positive that may still be among the top R
  int64_t* within;   // references counted at positives up to it
  int64_t* before;   // references before the best positive
};

struct strips {
  int panel_lanes;
  void (*score[static_cast<int>(metric_id::count)])(const void* context, const cpu::strip& part);  // null: the dot is the score
  void (*store)(const void*, void*, const cpu::strip&);
  cpu::fold_verbs top_k;  // state_bytes: of a panel without its lists
  int64_t top_k_entry;    // bytes per listed neighbour of a panel
  cpu::fold_verbs reduce;
  cpu::fold_verbs stored;  // gradient from a stored upstream; state_bytes without the sums
  int64_t gradient_bytes;  // per padded column
  void (*rank_positives)(const void*, void*, const cpu::strip&);
  void (*rank_count)(const void*, void*, const cpu::strip&);
};

#define WARPWEFT_DECLARE(name) extern const strips cpu_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

// The table of the instruction set in use.
const strips& strips_in_use();

}  // namespace warpweft::distance
