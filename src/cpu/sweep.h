// The one loop of the library: every row of one side meets every lane of the other, and what they make is folded at once.
//
//   for each block of lanes:      packed once, [k][lanes] panels
//     for each block of rows:     packed once, shared by all threads
//       for each task = panels × range of rows:                      (in parallel)
//         for each strip of rows, for each panel:
//           s = rows · lanesᵀ   →   score(s)   →   state = step(state, s)
//     done(join of the ranges' states)
//
// A second fold may take the same strips across: a state for each strip of rows, which all lanes of the strip enter. So rows that meet
// themselves need meet once a pair: half the square, folded from both sides.
//
// The cut into blocks, tasks and ranges follows from the shapes alone, and every state sees its rows in one order:
// the same bits for any number of threads. Scratch memory: O(block), whatever N and M.
#pragma once
#include <cstdint>

#include "base/job.h"
#include "base/matrix.h"
#include "cpu/kernels.h"

namespace warpweft::cpu {

// Rows of a strip that is not multiplied again; a multiple of every tile's height.
constexpr int plain_strip_rows = 64;

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
  const float* t;    // transposed rows for sums->accumulate, or null
  int64_t t_stride;  // between its panels
  const kernels* kern;
  const kernels* sums;
};

// zero, step, join, done over one panel of lanes. `state` holds state_bytes, 64-byte aligned.
struct fold_verbs {
  const void* context = nullptr;
  int64_t state_bytes = 0;
  void (*zero)(const void* context, void* state, int64_t lane0, int lanes) = nullptr;
  void (*step)(const void* context, void* state, const strip& part) = nullptr;
  void (*join)(const void* context, void* into, const void* from) = nullptr;
  void (*done)(const void* context, void* state, int64_t lane0, int lanes) = nullptr;
  int64_t block_bytes = 0;  // packed lanes and states of a block, about; 0: the plan's own measure
  bool whole = false;       // one task sees all rows of a panel, in order; else rows may be shared among ranges and joined
  bool stores =
      false;  // writes strips where they belong: they are as low as can be, so that stores drain behind the next tile's arithmetic
};

// What steps left in the strips of a block of rows, met once more from the rows: over a panel of as many rows as a register tile has
// lanes, whose strips hold [lanes of the sweep][rows of the panel]. In part, s, t and kern tell of lanes where they told of rows, and
// row0 and rows count lanes; a and b are null.
struct turned_verbs {
  const void* context = nullptr;
  int64_t state_bytes = 0;
  void (*zero)(const void* context, void* state) = nullptr;
  void (*step)(const void* context, void* state, const strip& part) = nullptr;
  // A state holds what one block of lanes made: the first, the last, or one between. Blocks come in order.
  void (*done)(const void* context, void* state, int64_t row0, int rows, bool first, bool last) = nullptr;
};

// How a strip is filled with scores from the packed panels.
struct score_stage {
  const void* context = nullptr;
  void (*apply)(const void* context, const strip& part) = nullptr;  // turns dots into scores in place; null where the dot is the score
  void (*make)(const void* context, const strip& part) = nullptr;   // makes what is not a function of dots; null: kernels::scores
};

struct sweep {
  const kernels* kern = nullptr;
  rows_view lanes, rows;
  score_stage score;
  fold_verbs fold;
  // The same verbs over rows: a state is that of the rows [row0, row0 + rows) of one strip, and step adds all its lanes. Each task
  // fills states of its own, which are joined in order after every block of rows. Memory O(block + rows). Not with begin and end.
  fold_verbs row_fold;
  // With `transposed`, so that a gradient reaches both sides from one recompute. Memory O(block). Not with begin and end.
  turned_verbs turned;
  int64_t first_lanes = 0;             // of the first panel, so that the others begin there; 0: it is as wide as any
  const float* packed_rows = nullptr;  // the rows as pack_rows makes them, or null: they are packed on the way
  bool dots = true;                    // false: step makes the strip itself and nothing is packed for dots
  bool lanes_packed = false;           // lanes are packed even without dots
  bool transposed = false;             // rows are also packed as their transpose, for sums->accumulate
  const kernels* sums = nullptr;       // that transposes and adds up, with kern's tile; null: kern
  // What is transposed where those are not the rows, and with `turned` the lanes, that dots are made of: the same ones scaled.
  const rows_view* transposed_rows = nullptr;
  const rows_view* transposed_lanes = nullptr;
  // The rows that lane panel p meets: [begin[p], end[p]), and at most a tile of rows before; null: all of them.
  const int64_t* begin = nullptr;
  const int64_t* end = nullptr;
  // Lanes and rows are the same: a panel meets the rows from its own lanes on, and what a strip across the diagonal holds of rows before
  // them is left to the steps. Of what turned takes no block is the last, as the lanes' own fold still has something to add.
  bool half = false;
  int threads = 1;
  job* control = nullptr;
};

void run(const sweep& work);

}  // namespace warpweft::cpu
