// What the device code over whole rows is told: one struct by value for each kernel, in which every pointer is an address on the device.
#pragma once
#include "attention/params.h"

namespace warpweft::attention {

// to[i, k] = from[i, k] in another type, rows to_stride elements apart
struct pack_launch {
  const void* from;  // [rows, columns]
  void* to;
  int64_t rows, columns, to_stride;
  dtype from_type, to_type;
};

// out[i] = Σ_k a[i, k] b[i, k]
struct dots_launch {
  const float* a;  // [rows, columns]
  const float* b;
  int64_t rows, columns;
  float* out;  // [rows]
};

// As norm_params has it.
struct norm_launch {
  matrix x;           // [n, d]
  const float* gain;  // [d]
  double eps;
  const float* grad;  // [n, d], backward only
  float* out;         // [n, d] y or dx; or null
  double* roots;      // [n] 1/ρ, or null
  int64_t run, runs;  // rows of a run, and how many there are
  double* sums;       // [runs, d]
  float* gain_grad;   // [d]
};

// As rope_params has it.
struct rope_launch {
  matrix x;                  // [n, skip + 2 · pairs]
  const int32_t* positions;  // [tokens]
  const double* turns;       // [pairs] frequencies over π; negative for the way back
  int64_t tokens, heads, pairs, skip;
  int64_t interleaved;
  float* out;  // [n, skip + 2 · pairs]
};

struct embed_launch {
  matrix table;         // [V, D]
  const int32_t* rows;  // [count]
  int64_t count;
  float* out;  // [count, D]
};

struct embed_backward_launch {
  const float* grad;     // [N, columns]
  const int32_t* rows;   // [N]
  const int32_t* order;  // [N] sorted by row, those of one row in their order
  const int32_t* begin;  // [distinct + 1] where each row's begin in `order`
  int64_t distinct, columns;
  float* out;  // [V, columns], zeros where nobody asked
};

}  // namespace warpweft::attention
