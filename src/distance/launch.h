// What device code that folds rows of pairs, or makes rows of others, is told: one struct by value for each kernel, in which every pointer
// is an address on the device.
#pragma once
#include <cstdint>

#include "distance/params.h"

namespace warpweft::distance {

// Rows of x that a launch is for.
struct row_span {
  int64_t first, last;
};

struct top_k_launch {
  device_pair pair;
  float* keys;       // [splits, n, kept] sorted lists, closest first
  int32_t* ids;      // [splits, n, kept]
  int32_t* sizes;    // [splits, n] entries listed
  float* values;     // [n, k] the result; where there is one split and kept is k it may be keys
  int32_t* indices;  // [n, k] the result; likewise ids
  int64_t splits;
  int32_t k;
  int32_t kept;  // k, and a few more until their values are right
  int32_t exclude_self;
  int32_t larger;  // is closer
};

// What a sweep makes of the scores of each row of x.
enum class fold_kind : int32_t { statistics, extremes, semi_hard, radius };

// A row as far as it was met by one split; each fold has a state of its own in it.
struct alignas(16) fold_state {
  uint32_t word[8];
};

// Each array by row_reduction_id; null where it is not asked for.
struct statistics_fold_params {
  float* row_out[static_cast<int>(row_reduction_id::count)];     // [n]
  float* column_out[static_cast<int>(row_reduction_id::count)];  // [m]
  float* tiles;                                                  // [row tiles, tile_state_words, m] columns of each tile of rows, or null
  fold_state* columns;                                           // [m] columns of the spans before
  int64_t row_tiles;
  int32_t begins, ends;  // the first span, the last
  float scale;           // logSumExp: ln Σ exp(scale · value)
  int32_t spare;
};
// Floats that a tile's part of a column takes.
constexpr int tile_state_words = 5;

// Choices by label_choice_id.
struct label_fold_params {
  const int32_t* x_labels;                                     // [n]
  const int32_t* y_labels;                                     // [m]
  float* limit;                                                // [n] key of the chosen positive, +inf where there is none
  float* values[static_cast<int>(label_choice_id::count)];     // [n]
  int32_t* indices[static_cast<int>(label_choice_id::count)];  // [n]
  int32_t* positives;                                          // [n]
  int32_t* negatives;                                          // [n]
  int32_t* beyond_count;                                       // [n] or null
  int32_t* within_count;                                       // [n] or null
  float beyond;                                                // positives with a larger key are counted; NaN: none
  float within;                                                // negatives with a smaller key are counted; NaN: none
  int32_t own;                                                 // row i is column i, and no pair
  int32_t beyond_easiest;                                      // the chosen positive is the closest; else the farthest
};

// Candidates are appended in any order; those that stay get a place among their row's, and are sorted there.
struct radius_fold_params {
  uint64_t* candidates;  // [room] entries
  int32_t* owners;       // [room] a candidate's row, counted from rows.first; −1 once it is known not to be within
  uint64_t* met;         // candidates there are, also beyond `room`
  int64_t room;
  int32_t* counts;         // [rows] those within; while they are placed, those without a place
  const int64_t* offsets;  // [rows + 1] where each row's begin in `sorted`
  uint64_t* sorted;        // entries, closest first
  float candidate;         // the farthest key that the sweep may give to a pair that is within
  float farthest;          // that is within
  int32_t exclude_self;
  int32_t spare;
};

struct fold_launch {
  device_pair pair;
  row_span rows;
  fold_state* partial;  // [splits, rows]
  int64_t splits;
  fold_kind kind;
  int32_t larger;  // is closer: a key is −value
  statistics_fold_params statistics;
  label_fold_params labels;
  radius_fold_params radius;
};

// What a sweep of cuda/evaluate makes of the scores of each row of x.
enum class count_kind : int32_t { gather, rank, histogram };

// What is known of a query when all its references were counted.
struct rank_result {
  double r_precision, map_at_r;
  int32_t relevant, first_rank;
};

// A query's positives, the references of its label without the query itself, have a list of entries. A reference is counted at the first
// positive that it stands before.
struct rank_fold_params {
  const int32_t* x_labels;  // [n]
  const int32_t* y_labels;  // [m]
  const int32_t* places;    // [m] how many references of the same label stand before this one
  const int64_t* lists;     // [rows + 1] where each query's list begins
  uint64_t* entries;        // [lists[rows]] by index; closest first once they are sorted
  int32_t* found;           // [rows] positives whose score is a number
  int32_t* beaten;          // [splits, lists[rows]] references counted at each positive
  int32_t* before;          // [splits, rows] references before the first positive, however many
  rank_result* results;     // [rows]
  int32_t own;              // row i is column i, and not searched for
  int32_t spare;
};

// Pairs of different rows by value.
struct histogram_fold_params {
  const int32_t* row_classes;  // [n] number of each row's label
  uint64_t* counts;            // [2, classes, bins + 1] by the first row's class: pairs of two classes, pairs of one; the last bin: NaN
  int64_t classes, bins;
  float low, scale;  // bin = ⌊(value − low) · scale⌋, held inside [0, bins)
};

struct count_launch {
  device_pair pair;
  row_span rows;
  int64_t splits;
  count_kind kind;
  int32_t larger;  // is closer: a key is −value
  rank_fold_params rank;
  histogram_fold_params histogram;
};

// Rows as sums of rows of a narrower type, the smallest first: of bfloat16 numbers, or of codes, of which each counts for 1/254 of the
// next. Codes are found as code = value/scale, to nearest even; what is a code already is copied.
struct terms_launch {
  const void* from;          // element (i, k) at from[i · from_stride + k · from_step]
  void* to;                  // [rows, terms, columns], rows to_stride and terms apart elements from each other
  float* scale;              // [rows] of codes: of the last term
  const float* given_scale;  // [rows] or null: most|value|/127, or one_scale of codes
  uint64_t* refused;         // refused_kinds · (rows − i) + kind of the first row i that is not finite, or left alone; or null
  int64_t rows, columns;
  int64_t from_stride, from_step, to_stride, apart;
  dtype from_type, to_type;
  int32_t terms;
  float one_scale;
};
// What it leaves of a code is at most a half, so that the next one is at most 127.
constexpr int code_digits = 254;
// Of what is not finite: NaN, ∞, −∞.
constexpr int refused_kinds = 3;

// (row − origin) L in float64, as the sum of two float32.
struct whiten_launch {
  const void* from;        // element (i, k) at from[i · from_stride + k · from_step]
  const float* origin;     // [columns]
  const double* whitener;  // [columns, columns] L, row-major
  float* high;             // [rows, columns], rows to_stride apart
  float* low;              // likewise
  int64_t rows, columns;
  int64_t from_stride, from_step, to_stride;
  int64_t from_type;  // a dtype
};

// Of a stored result whose rows have weights o_ij of their own: −Σ_j o_ij of each row, or of each column −Σ_i.
struct own_launch {
  device_pair pair;
  const float* value;  // [n, m]
  const float* grad;   // [n, m]
  double* total;       // [n], or across [m]
};

// out = d∘row + W row, or with Wᵀ, as structured_params has it.
struct structured_launch {
  const void* rows;       // element (i, k) at rows[i · stride + k · step]
  const float* diagonal;  // [columns] or null
  const float* blocks;    // [columns/block, block, block] or null
  float* out;             // [count, columns]
  int64_t count, columns, block;
  int64_t stride, step;
  dtype type;
  int32_t transposed;
};

// One weight of each thread: Σ_i g_ik y_ik, or those of blocks.
struct structured_gradient_launch {
  const void* gradient;  // element (i, k) at gradient[i · gradient_stride + k · gradient_step]
  const void* rows;      // likewise
  float* diagonal;       // [columns], or null where it is
  float* blocks;         // [columns/block, block, block]
  int64_t count, columns, block;
  int64_t gradient_stride, gradient_step, stride, step;
  dtype gradient_type, type;
};

// As exp_map_params has it.
struct exp_map_launch {
  const void* rows;   // element (i, k) at rows[i · stride + k · step]
  const float* grad;  // [count, columns] or null
  float* out;         // [count, columns]
  int64_t count, columns;
  int64_t stride, step;
  double curvature, clip;
  int64_t type;  // a dtype
};

}  // namespace warpweft::distance
