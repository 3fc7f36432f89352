// The strips of the distance family, compiled once per instruction set and reached through one table.
#pragma once
#include <cstdint>

#include "cpu/features.h"
#include "cpu/sweep.h"
#include "distance/list.h"
#include "distance/ops/exact.h"
#include "distance/params.h"

namespace warpweft::distance {

// What the score of a strip takes beside its dots: row and column scalars, padded with zeros to whole panels, in visiting order;
// and both sides' rows, for pairs that are evaluated again.
struct score_context {
  metric_id metric;
  const double* scalars;  // the metric's own
  const float* lane_scalar;
  const float* row_scalar;
  const float* lane_extra;  // where the metric has a second number
  const float* row_extra;
  const double* lane_norm;  // the scalars in float64: |x|² or max(|x|, 1e-12)
  const double* row_norm;
  const rows_view* lanes;
  const rows_view* rows;
  bool lanes_are_x;  // lanes are the metric's first argument
  bool tiles_exact;  // packed rows hold all there is to know, so that near pairs are evaluated again in the tile
  bool self;         // both sides are the same rows in the same order: the diagonal is exactly 0 for distances
};

constexpr int line_lanes = 16;  // of a line of the caches

// Of a result from `at` on, before a line begins.
inline int lanes_to_line(const float* at) { return static_cast<int>(-reinterpret_cast<uintptr_t>(at) / sizeof(float) % line_lanes); }

struct store_context {
  void* out;
  dtype type;
  int64_t stride;
  bool stream;  // whole panels that begin a line go past the caches; stride is a multiple of it
};

struct top_k_context {
  int64_t k;
  list_shape list;
  bool larger;        // larger is closer
  bool exclude_self;  // lane i never lists row i
  float* values;
  int32_t* indices;
  score_context scalars;  // for the values that are returned: the pair is read again and evaluated without the expansion
};

// Where the pairs of a radius go. `found` belongs to the sink: the pairs of a panel from one range of rows; null while there are none.
class radius_sink {
 public:
  virtual ~radius_sink() = default;
  virtual void* take(void* found, int lane, const entry* list, int count) = 0;
  virtual void* join(void* into, void* from) = 0;
  virtual void close(void* found, int64_t lane0, int lanes) = 0;
};

struct radius_context {
  bool larger;
  bool exclude_self;
  float farthest;   // key that is still within
  float candidate;  // and what the sweep may make of it
  score_context scalars;
  radius_sink* sink;
};

// Gradient of one side's rows: G_i = Σ_j c_ij ŷ_j is gathered in the state, then goes through the metric and the normalisation.
struct gradient_context {
  const rows_view* lanes;  // the rows that get the gradient, as the metric sees them
  own_part own;            // G_i −= (Σ_j c_ij) x̂_i, or += (Σ_j o_ij) x̂_i
  bool project;            // then (G − (G·x̂) x̂)/|x|
  bool add;                // to what out holds
  float* out;              // [lanes, columns], by the matrix's own row number
  int64_t columns;
  const cpu::kernels* kern;
  // What turned_context made of the lanes as rows of half a square: their sums stand in out, of weights here.
  bool resumes = false;
  const float* resumed_total = nullptr;  // [lanes] or null
};

// c_ij from a stored upstream gradient. `across`: lanes are columns of grad; `both`: grad[i][j] and grad[j][i] together.
struct stored_context {
  gradient_context target;
  score_context pair;
  const float* grad;
  const float* value;
  int64_t stride;
  bool across, both;
};

// The same of the other side's rows, from the weights that its own sweep left: verbs of cpu::sweep::turned.
struct turned_context {
  gradient_context target;
  float* total;         // [rows, padded] Σ of each row's weights, or null; wanted where `own` is difference
  bool sparse = false;  // strips of zeros are worth looking for
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
  float* first_key;  // of the best positive; NaN where there is none that is a number
  float* limit_key;  // of positive `limit`; NaN where none is left
  int64_t* limit;    // the last positive that may still be among the top R
  int64_t* within;   // references counted at positives up to it
  int64_t* before;   // references before the best positive
};

struct histogram_context {
  const int32_t* lane_class;   // [lanes] number of the lane's class; classes follow one another
  const int64_t* class_begin;  // [classes + 1] first row of each
  int64_t slots;               // classes that a panel may have
  int64_t bins;
  float low, scale;
};

struct strips {
  int panel_lanes;
  // By orientation: [0] rows are x and lanes are y, [1] the other way round. null: the dot is the score
  void (*score[2][static_cast<int>(metric_id::count)])(const void* context, const cpu::strip& part);
  void (*make[static_cast<int>(metric_id::count)])(const void* context, const cpu::strip& part);  // null: from dots
  void (*store)(const void*, void*, const cpu::strip&);
  cpu::fold_verbs top_k;  // state_bytes: of a panel without its lists
  // The same step from dots that no score stage has met: it scores the tiles that may have something for a list. null: there is none
  void (*top_k_of_dots[static_cast<int>(metric_id::count)])(const void*, void*, const cpu::strip&);
  cpu::fold_verbs radius;
  cpu::fold_verbs lane_statistics;
  cpu::fold_verbs row_statistics;  // a row_fold
  cpu::fold_verbs positives;       // of labels.h
  cpu::fold_verbs negatives;
  cpu::fold_verbs stored;  // gradient from a stored upstream; state_bytes without the sums
  void (*stored_step[static_cast<int>(metric_id::count)])(const void*, void*, const cpu::strip&);
  int64_t gradient_bytes;    // per padded column
  cpu::turned_verbs turned;  // state_bytes without the sums
  void (*rank_positives)(const void*, void*, const cpu::strip&);
  void (*rank_count)(const void*, void*, const cpu::strip&);
  void (*histogram)(const void*, void*, const cpu::strip&);  // state: uint32_t [2, slots, bins + 1]
};

#define WARPWEFT_DECLARE(name) extern const strips cpu_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

// The table of the instruction set in use.
const strips& strips_in_use();

}  // namespace warpweft::distance
