// What the kernels of whole-tensor arithmetic are told. Host and device read the same structures.
#pragma once
#include <cstdint>

#include "base/matrix.h"

namespace warpweft::algebra {

// A kernel walks this many dimensions; the caller repeats it over those further out.
constexpr int max_axes = 8;

// `where`: out = a where b > 0 or NaN, else 0. `copy` to the same dtype moves bits, whatever they are.
enum class operation : int32_t { copy, negate, exp, log, add, sub, mul, div, where, count };

// Lengths of the dimensions, the innermost last.
struct extents {
  int32_t axes;
  int64_t length[max_axes];
};

// Element (i0, i1, …) stands at data[Σ i · step]. Null data: `value` everywhere.
struct operand {
  void* data;
  dtype type;
  float value;
  int64_t step[max_axes];
};

struct elementwise_params {
  operation op;
  int64_t size;  // product of the lengths
  extents over;
  operand a, b, out;  // b with the operations of two only
};

// out[o] = Σ in / divisor over all elements that share o, a row-major index of `kept`. Sums are float64 in a fixed order: the terms
// are cut into parts, by the shape alone, whose sums are joined from the first to the last.
struct sum_params {
  const float* in;
  extents kept, summed;
  int64_t kept_step[max_axes], summed_step[max_axes];
  int64_t outputs, terms;  // products of the lengths
  int64_t part;            // terms of one part
  int32_t parts;
  int32_t across;   // whether neighbouring threads take neighbouring outputs rather than terms
  double* partial;  // [parts, outputs]
  double divisor;
  float* out;  // [outputs]
};

// y = x / max(|x|, 1e-12) by rows
struct normalize_params {
  int64_t rows, columns;
  const float* x;  // [rows, columns]; null on the way back
  const float* g;  // [rows, columns]; null on the way forward
  float* y;        // [rows, columns]
  double* norms;   // [rows]
  float* dx;       // [rows, columns]; null on the way forward
};

// y = e^x / Σ e^x by rows; dx = y (g − Σ g·y)
struct softmax_params {
  matrix x;        // its rows and columns; data null on the way back
  const float* g;  // [rows, columns]; null on the way forward
  float* y;        // [rows, columns]
  float* dx;       // [rows, columns]; null on the way forward
};

// out = a · bᵀ, of each part of the columns by itself, or of each of several pairs of matrices that lie evenly apart. Rows of a and b are
// contiguous and start at multiples of 16 bytes, what lies between them is not read.
struct matmul_params {
  const char* a;                          // [m, k]
  const char* b;                          // [n, k]
  int64_t a_stride, b_stride, row_bytes;  // bytes
  int64_t part_bytes;                     // of a row; a multiple of 16
  int64_t m, n;
  int64_t column_tiles;          // blocks side by side; the grid goes along them first
  float* out;                    // [parts, m, n]; of several products rows out_stride apart
  int64_t a_next, b_next;        // bytes from a pair's matrix to the next one's; 0 of a single pair
  int64_t out_stride, out_next;  // floats
};

// v ← momentum · v + g + decay · w; w ← w − rate · v
struct sgd_params {
  int64_t size;
  float* w;        // [size]
  const float* g;  // [size]
  float* v;        // [size]; null without momentum
  float rate, momentum, decay;
};

// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← keep · w − step · m / (√v · scale + eps)
struct adamw_params {
  int64_t size;
  float* w;        // [size]
  const float* g;  // [size]
  float* m;        // [size]
  float* v;        // [size]
  float beta1, rest1, beta2, rest2, step, scale, eps, keep;
};

}  // namespace warpweft::algebra
