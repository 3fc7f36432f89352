// What the family's device code is told: one struct by value for each kernel, in which every pointer is an address on the device.
#pragma once
#include "loss/params.h"

namespace warpweft::loss {

// An entry's own scalars, by its name.
union loss_scalars {
#define WARPWEFT_SCALARS(name) name##_params name;
  WARPWEFT_LOSS_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
};
union miner_scalars {
#define WARPWEFT_SCALARS(name) name##_miner_params name;
  WARPWEFT_MINER_LIST(WARPWEFT_SCALARS)
#undef WARPWEFT_SCALARS
};

// Scores, and which of them are positives of a row: those of its label, or by position the candidate row + shift.
struct device_pairs {
  distance::device_pair pair;
  const int32_t* x_labels;  // [label_words, n], null: the label of a row is its number
  const int32_t* y_labels;  // [label_words, m], likewise
  const int32_t* x_ids;     // [n] a pair of equal ids of at least 0 is none; or null, both of them
  const int32_t* y_ids;     // [m]
  const float* x_beside;    // [n] of rows that are candidates, or null
  const float* y_beside;    // [m] likewise
  pair_weights weights;
  int64_t x_step, y_step;  // between given weights of neighbouring rows of x and of y
  int64_t shift;
  int32_t by_position;
  int32_t bit_words;  // labels are sets of bits, of so many words; 0: they are numbers
  loss_scalars loss;
  miner_scalars mining;
  int32_t larger;  // the score is a similarity
  int32_t mined;   // pairs pass through the miner
  miner_id miner;
  loss_id which;
};

// What a sweep folds: all pairs, or one kind after the other for a loss that wants its positives last; or the positives once more, with
// what their terms count for.
enum class fold_stage : int32_t { whole, negatives, positives, touches };

// Folds a row's pairs: into the miner's state, or those that the miner keeps into the loss's.
struct fold_launch {
  device_pairs of;
  void* partial;        // [splits, words, n] states
  const void* carried;  // likewise, of the negatives, in the stage of positives
  int64_t splits;
  float* fields;         // saved per anchor: field f of row i at fields[f · stride + i], a miner's first
  const float* given;    // [n] a number for each anchor, or null
  const float* others;   // [m] of a loss that meets them: what the candidates' negatives came to
  const float* x_scale;  // [n] what an anchor's terms count for, in the stage of touches
  const float* y_scale;  // [m] a candidate's
  float* parts;          // six arrays, stride apart: sum, count, non-zero of positives, then of negatives
  int64_t stride;
  fold_stage stage;
  int32_t spare;
};

// A row loss over a block's whole rows of scores.
struct scored_launch {
  scored_params of;
  loss_scalars loss;
};

// From the anchors' parts to the value, and the factors that the backward pass multiplies with.
struct total_launch {
  const float* rows;     // parts of the anchors, stride apart
  const float* columns;  // [m] sums of the candidates where the loss looks from them too, or null
  int64_t n, m;
  int64_t stride;
  int64_t shift;
  float* value;  // [1], or [n] without reduction
  float* state;  // [2] factors of positives and of negatives
  reduction_id reduction;
  int32_t two_parts;
};

struct rank_launch {
  rank_params of;
  hard_negatives_miner_params miner;
};

// into += part
struct add_launch {
  const float* part;  // [count]
  float* into;
  int64_t count;
};

// What a pair of each anchor counts for: upstream gradient times the reduction's factor.
struct scale_launch {
  const float* state;  // [2] factors
  const float* grad;   // [1], or [n] without reduction
  float* x_positive;   // [n]
  float* x_negative;   // [n]
  float* y_scale;      // [m] of candidates as anchors of the other direction, or null
  int64_t n, m;
  int64_t shift;
  float share;  // of the upstream gradient that each direction gets
  int32_t none;
  int32_t two_parts;
  int32_t whole_negatives;  // weights of negatives are whole ones: 1 for each row; y_scale is then [2, m], of positives 0
};

// Per-anchor floats kept from the forward pass.
struct device_saved {
  const float* at;  // null: these rows are no anchors
  int64_t stride;
  const float* positive_scale;  // [rows]
  const float* negative_scale;  // [rows]
};

// Weights of the pairs of a range, ∂L/∂dot_ij.
struct weigh_launch {
  device_pairs of;
  distance::pair_range range;
  device_saved rows;
  device_saved columns;
  float* panel;  // [range.rows, range.columns], rows panel_stride apart
  int64_t panel_stride;
  double* along;  // [2, tiles] Σ weight · score and Σ weight of each, or null
  int64_t tiles;
  float* d_weights;     // [n, m] or null
  const float* others;  // [m] of a loss that meets them: what the candidates' negatives came to
  uint8_t* hot;         // [tiles] of the range, row by row: whether any weight is above the filter; or null
  float filter;         // in units of what an anchor's pairs count for
  int32_t spare;
};

struct tensors_launch {
  const double* along;  // [2, tiles] of a panel
  int64_t tiles;
  double* sum;  // [2] of the panels so far
  float* out;   // [tensors of the loss] what follows from it
  loss_scalars loss;
  loss_id which;
  int32_t spare;
};

// Adds the columns of a panel of weights.
struct beside_launch {
  distance::pair_range range;
  const float* panel;
  int64_t panel_stride;
  float* out;  // [m]
  float factor;
  int32_t spare;
};

// Lists the pairs that the miner keeps, first only counting them.
struct list_launch {
  device_pairs of;
  const float* fields;  // the miner's, stride apart
  int64_t stride;
  int64_t splits;
  int32_t* counts;         // [2, splits, n] positives and negatives, or null: list
  const int64_t* offsets;  // [2, splits, n] where a row's stand within the lists
  int32_t* positives;
  int32_t* negatives;
};

}  // namespace warpweft::loss
