// The one loop of the library: every row of one side meets every lane of the other, and what they make is folded at once.
//
//   for each block of lanes:      packed once, [k][lanes] panels
//     for each block of rows:     packed once, shared by all threads
//       for each task = panels × range of rows:                      (in parallel)
//         for each strip of rows, for each panel:
//           s = rows · lanesᵀ   →   score(s)   →   state = step(state, s)
//     done(join of the ranges' states)
//
// The cut into blocks, tasks and ranges follows from the shapes alone, and every state sees its rows in one order:
// the same bits for any number of threads. Scratch memory: O(block), whatever N and M.
#pragma once
#include <cstdint>

#include "base/job.h"
#include "base/matrix.h"
#include "cpu/kernels.h"

namespace warpweft::cpu {

// One panel of lanes against consecutive rows.
struct strip {
  float* s;      // [rows rounded up to the tile][lanes] scores, in place
  int64_t row0;  // first row, in visiting order
  int rows;      // valid rows
  int64_t lane0;
  int lanes;         // valid lanes
  const float* a;    // packed rows, first panel at row0
  const float* b;    // packed lanes
  int64_t depth;     // words per packed row
  const float* t;    // transposed rows for kernels::accumulate, or null
  int64_t t_stride;  // between its panels
  const kernels* kern;
};

// zero, step, join, done over one panel of lanes. `state` holds state_bytes, 64-byte aligned.
struct fold_verbs {
  const void* context = nullptr;
  int64_t state_bytes = 0;
  void (*zero)(const void* context, void* state, int64_t lane0, int lanes) = nullptr;
  void (*step)(const void* context, void* state, const strip& part) = nullptr;
  void (*join)(const void* context, void* into, const void* from) = nullptr;
  void (*done)(const void* context, void* state, int64_t lane0, int lanes) = nullptr;
  bool whole = false;  // one task sees all rows of a panel, in order; else rows may be shared among ranges and joined
};

// Turns dots into scores in place; null where the dot is the score.
struct score_stage {
  const void* context = nullptr;
  void (*apply)(const void* context, const strip& part) = nullptr;
};

struct sweep {
  const kernels* kern = nullptr;
  rows_view lanes, rows;
  score_stage score;
  fold_verbs fold;
  bool dots = true;         // false: step makes the strip itself and nothing is packed for dots
  bool transposed = false;  // rows are also packed as their transpose, for kernels::accumulate
  // The rows that lane panel p meets: [begin[p], end[p]), and at most a tile of rows before; null: all of them.
  const int64_t* begin = nullptr;
  const int64_t* end = nullptr;
  int threads = 1;
  job* control = nullptr;
};

void run(const sweep& work);

}  // namespace warpweft::cpu
