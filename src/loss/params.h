// What loss kernels are told. binding.cc alone fills these; fixed-width fields and plain pointers only.
#pragma once
#include <cstdint>

#include "base/matrix.h"
#include "distance/params.h"
#include "loss/table.gen.h"

namespace warpweft::loss {

constexpr int most_scalars = 8;
constexpr int most_tensors = 2;  // parameters of a loss that may want a gradient

// Which candidate is a positive of which anchor, where both are no rows with labels.
enum class matching : int32_t {
  labels,           // those whose labels are equal
  shared_bits,      // those whose sets of bits have one in common
  position,         // candidate i + target offset of anchor i
  candidate_class,  // candidate j is class j: that of the anchor's label
  anchor_class,     // anchor i is class i: those of that label
  count,
};

// A weight ≥ 0 for each pair: given, or how many clusterings part its rows.
struct pair_weights {
  const float* given;  // [n, m], or null
  int64_t clusterings;
  const int32_t* x_clusters;  // [clusterings, n] or null
  const int32_t* y_clusters;  // [clusterings, m] or null
};

struct loss_params {
  loss_id loss;
  double scalars[most_scalars];  // the entry's, in table order
  distance::metric_id metric;
  bool mined;
  miner_id miner;
  double miner_scalars[most_scalars];
  bool guided;     // the miner asks the scores of other rows
  matrix guide_x;  // [n, d of the guide], read where guided
  matrix guide_y;  // [m, d of the guide]
  reduction_id reduction;
  bool normalize;
  matrix x;   // [n, d] anchors
  matrix y;   // [m, d] candidates
  bool self;  // y is x, and (i, i) is no pair
  matching match;
  int64_t label_words;      // of a row's label: 1, but of a set of bits as many as it takes
  const int32_t* x_labels;  // [n, label_words], null where anchors are classes or pairs come from positions
  const int32_t* y_labels;  // [m, label_words], likewise
  const int32_t* x_ids;     // [n] a pair of equal ids of at least 0 is none; or null, both of them
  const int32_t* y_ids;     // [m]
  const int32_t* prefixes;  // [prefix_count] ascending widths that the loss is summed over, or null: all columns alone
  int64_t prefix_count;
  const float* beside;   // [m] what is added to the logits of each candidate, or null
  const float* given;    // [n] a number for each anchor that the loss asks for, or null
  pair_weights weights;  // of a loss that weighs pairs
};

struct forward_params {
  loss_params of;
  float* value;  // [1], or [n] without reduction
  float* state;  // [state_size]
};

struct backward_params {
  loss_params of;
  const float* state;
  const float* grad;  // [1], or [n] without reduction
  float* dx;          // [n, d] or null; with self, both sides
  float* dy;          // [m, d] or null
  float* d_tensors;   // [tensors of the loss] or null
  float* d_beside;    // [m] or null
  float* d_weights;   // [n, m] or null
};

struct mine_params {
  loss_params of;  // loss and reduction are not read
};

// Terms over whole rows of scores, block of anchors by block.

enum class triplet_value : int32_t { hinge, smooth, margin, ranked, count };
// Of an anchor's positives, or of its negatives; `window`: every pair of them whose gap is within bounds;
// `listed`: the pairs that the call brings.
enum class triplet_choice : int32_t { window, all, hard, semihard, easy, listed, count };

struct triplet_rule {
  triplet_value value;  // ranked: the hinge, times ln(1 + number of open triplets) of its positive, a constant
  float margin;
  float beta;          // of the margin loss
  float lower, upper;  // window: lower < u_an − u_ap <= upper; a NaN is within
  triplet_choice positives, negatives;
  bool farthest;      // a semi-hard negative that is not there is replaced by the farthest
  bool every_anchor;  // an anchor without positives has one at `missing`, and one without negatives a term 0
  float missing;      // the u of a positive that is not there
};

// Rows of scores of a block of anchors, and which of their columns are positives: those in an anchor's list, or those whose set of bits
// has one in common with its own. All others are negatives, but for pairs that are none.
struct whole_rows {
  bool larger;             // scores are similarities
  int64_t anchors;         // of the whole call
  int64_t candidates;      // m
  int64_t first, rows;     // anchors of this block
  const float* scores;     // [rows, m]
  const int32_t* members;  // positives, ascending for each list
  int64_t member_count;
  const int32_t* lists;   // [2, anchors] where each anchor's begin and end
  int64_t set_words;      // of a set of bits; 0: lists tell
  const int32_t* x_sets;  // [anchors, set_words], or null
  const int32_t* y_sets;  // [m, set_words], likewise
  const int32_t* x_ids;   // [anchors] a pair of equal ids of at least 0 is none; or null, both of them
  const int32_t* y_ids;   // [m]
  bool self;              // an anchor is no pair with itself
};

struct triplet_params {
  triplet_rule rule;
  whole_rows of;
  const int32_t* pairs;  // listed: [2, pair_count] columns of positives, then of negatives; or null
  int64_t pair_count;
  const int32_t* pair_lists;  // [2, anchors] where each anchor's begin and end
  int64_t from, until;        // only positives in this range count
  const float* among;  // [until − from, m] scores of those positives with the candidates: a triplet's negative is the closer one; or null
  float* among_weights;  // backward: [until − from, m]
  float* parts;          // forward: [3, anchors] sum, terms, terms above zero, added to; or null
  const float* grad;     // backward: [1], or [anchors] with none
  const float* state;    // [1] the reduction's factor
  bool none;
  bool between;    // on a GPU, of the backward pass: this launch makes among_weights, another the weights
  float* weights;  // [rows, m] ∂L/∂score, or null
};

// A row loss over scores that are already there, whatever their metric.
struct scored_params {
  loss_id loss;
  double scalars[most_scalars];
  whole_rows of;          // of several centres a class a candidate is a class, with so many scores
  int64_t centers;        // of a class, or 1
  const int32_t* kept;    // [rows, candidates] whether a miner keeps the negative, or null: all of them
  const float* x_beside;  // [anchors] added to the logits of rows that are candidates, or null
  const float* y_beside;  // [candidates] likewise
  float* parts;           // forward: [6, anchors], or null
  const float* grad;      // backward: [1], or [anchors] with none
  const float* state;     // [2] factors of positives and of negatives
  bool none;
  float* weights;  // [rows, candidates · centers]
};

// Which negatives of a block of anchors miner.hardNegatives keeps.
struct rank_params {
  whole_rows of;
  const float* guide;  // [rows, m] the scores that are believed, perhaps those of `of`
  double scalars[most_scalars];
  int32_t* kept;  // [rows, m]
};

struct total_params {
  int64_t anchors;
  bool two_parts;
  const float* parts;  // [3, anchors], or [6, anchors] with two parts
  reduction_id reduction;
  float* value;  // [1], or [anchors] without reduction
  float* state;  // [2] factors
};

}  // namespace warpweft::loss
