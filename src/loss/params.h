// What loss kernels are told. binding.cc alone fills these; fixed-width fields and plain pointers only.
#pragma once
#include <cstdint>

#include "base/matrix.h"
#include "distance/params.h"
#include "loss/table.gen.h"

namespace warpweft::loss {

constexpr int most_scalars = 8;

struct loss_params {
  loss_id loss;
  double scalars[most_scalars];  // the entry's, in table order
  distance::metric_id metric;
  bool mined;
  miner_id miner;
  double miner_scalars[most_scalars];
  reduction_id reduction;
  bool normalize;
  matrix x;                 // [n, d] anchors
  matrix y;                 // [m, d] candidates
  bool self;                // y is x, and (i, i) is no pair
  const int32_t* x_labels;  // [n], null where pairs come from positions
  const int32_t* y_labels;  // [m]
};

struct forward_params {
  loss_params of;
  float* value;  // [1], or [n] without reduction
  float* state;  // [state_size]
};

struct backward_params {
  loss_params of;
  const float* state;
  const float* grad;     // [1], or [n] without reduction
  float* dx;             // [n, d] or null; with self, both sides
  float* dy;             // [m, d] or null
  float* d_temperature;  // [1] or null
};

struct mine_params {
  loss_params of;  // loss and reduction are not read
};

// What device code is told: one struct by value for each kernel, in which every pointer is an address on the device.

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
  const int32_t* x_labels;  // [n], null: by position
  const int32_t* y_labels;  // [m]
  int64_t shift;
  loss_scalars loss;
  miner_scalars mining;
  int32_t larger;  // the score is a similarity
  int32_t mined;   // pairs pass through the miner
  miner_id miner;
  loss_id which;
};

// Folds a row's pairs: into the miner's state, or those that the miner keeps into the loss's.
struct fold_launch {
  device_pairs of;
  void* partial;  // [splits, words, n] states
  int64_t splits;
  float* fields;  // saved per anchor: field f of row i at fields[f · stride + i], a miner's first
  float* parts;   // six arrays, stride apart: sum, count, non-zero of positives, then of negatives
  int64_t stride;
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
  int32_t term_is_pair;
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
  int32_t term_is_pair;
  int32_t spare;
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
  double* along;  // one a tile: Σ weight · score, or null
};

struct temperature_launch {
  const double* along;  // [tiles] of a panel
  int64_t tiles;
  double* sum;  // [1] of the panels so far
  float* out;   // [1] −(1/τ) of it
  double temperature;
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
