// The strips of the loss family, compiled once per instruction set and reached through one table.
#pragma once
#include <cstdint>

#include "cpu/features.h"
#include "cpu/sweep.h"
#include "distance/cpu.h"
#include "loss/params.h"
#include "loss/state.h"

namespace warpweft::loss {

// Which rows are pairs of a lane. Where a batch meets itself each pair may be met once, and is folded for both of its anchors.
enum class facing : int8_t {
  all,
  behind,  // those whose number is above the lane's
  before,  // or below
};

// Which pairs are positives, seen from the lanes. With labels: equal labels, the diagonal left out in self mode; both sides are
// visited in label order, but classes, whose label is their number, in their own. Sets of bits: those that share one, in the rows' own
// order. Without any: row = lane + shift. All arrays are in visiting order and padded to whole panels.
struct pairing {
  const int32_t* lane_labels;       // null: lanes are classes, or pairs follow from positions
  const int32_t* row_labels;        // null: rows are, or do
  int64_t bit_words;                // labels are sets of so many words, word w of all lanes (rows) together; 0: they are numbers
  int64_t lane_stride, row_stride;  // between the words of a set
  const int32_t* lane_ids;          // pairs of equal ids of at least 0 are none; null: there are no others
  const int32_t* row_ids;
  bool self;
  facing rows;
  int64_t shift;
  const int64_t* begin;  // per lane panel: rows that hold its positives; every other row is negative to all its lanes
  const int64_t* end;
};

// Per-anchor floats kept from the forward for the backward, field after field, `stride` apart. A miner's come first.
struct saved_fields {
  const float* at = nullptr;
  int64_t stride = 0;
  const float* positive_scale = nullptr;  // upstream gradient over divisor
  const float* negative_scale = nullptr;
};

// Rows whose scores a miner asks beside the pair's own, packed as kernels::scores takes them; `lanes` null: the pair's own score.
struct guide_rows {
  const float* lanes;  // [panels][depth][lanes of a panel]
  const float* rows;   // [tiles][depth][rows of a tile]
  int64_t depth;
  const cpu::kernels* kern;
};

struct row_context {
  const loss_params* params;
  bool larger;  // the score is a similarity
  pairing pairs;
  // forward: where `done` writes, in visiting order, padded
  float* fields;
  int64_t stride;
  char* carry;         // registers of anchors between the negatives and the positives, or between the halves of their pairs
  float* parts;        // six arrays, `stride` apart: sum, count, non-zero of positives, then of negatives
  const float* other;  // [rows] of a loss that meets them: what the rows' negatives came to
  // What is added to the logits of candidates, in visiting order: of the lanes, or of the rows; null where those are anchors.
  const float* lane_beside;
  const float* row_beside;
  // The weights of pairs: given, with the steps between those of neighbouring lanes and rows, or by clusters.
  struct {
    const float* given;
    float* gradient;  // likewise, or null
    bool adds;        // to what stands there already
    int64_t lane_step, row_step, lanes;
    int64_t clusterings;
    const int32_t *lane_clusters, *row_clusters;  // [clusterings, stride]
    int64_t lane_stride, row_stride;
  } weights;
  guide_rows guide;
  int64_t ranked;  // pairs that a miner ranks of each lane at most
  // backward
  saved_fields lane_saved;  // lanes are anchors of these pairs; `at` null: they are not
  saved_fields row_saved;   // rows are
  distance::gradient_context target;
  float* along;  // [lanes] Σ weight · score, or null
  float* total;  // [lanes] Σ weight, or null
  // A strip all of whose |∂L/∂score| are at most so much times the anchor's scale adds nothing to the gradient; below 0: all do.
  float filter = -1;
};

// One sweep that looks from the lanes and from the rows, which may be the same anchors.
struct both_directions {
  row_context lanes, rows;
};

// Where an anchor's own candidate stands, for losses whose pairs follow from positions.
struct position {
  int64_t target_offset;
  bool symmetric;  // the loss also looks from the candidates
};

// The strips of one (loss, miner or none).
struct row_strips {
  int64_t carry_bytes;  // of a panel
  bool two_parts;
  bool meets_once;  // in self mode a pair may be met once, for both of its anchors
  bool has_directions;
  bool has_beside;
  bool meets_other;
  int given;
  int tensors;
  int64_t (*centers_of)(const double* scalars);  // of a class
  double (*center_softness)(const double* scalars);
  bool (*filters)(const double* scalars);
  position (*position_of)(const double* scalars);
  void (*tensor_gradients)(const double* scalars, double along, double total, double* out);
  double (*beside_slope)(const double* scalars);  // ∂logit/∂score
  cpu::fold_verbs before;                         // the miner's positives, or without step
  cpu::fold_verbs all;                            // every pair, or the negatives alone where `after` is
  cpu::fold_verbs after;                          // the positives, those that a miner keeps where there is one; or without step
  cpu::fold_verbs across;                         // a row_fold: `all` from the rows; context is both_directions; or without step
  cpu::fold_verbs touch;                          // before the weights, the positives once more; or without step
  void (*weigh)(const void* context, const cpu::strip& part);  // scores of rows and classes to weights, where has_centers
  cpu::fold_verbs weights;                                     // state_bytes without the sums
};

using pair_sink = void (*)(void* sink, int64_t lane, int64_t row, bool positive);
struct mine_context {
  const loss_params* params;
  pairing pairs;
  const float* fields;  // the miner's, as saved_fields
  int64_t stride;
  guide_rows guide;
  pair_sink emit;
  void* sink;
};

struct miner_strips {
  int fields;
  int64_t (*ranked)(const double* scalars);  // how many it keeps at most; 0: any number
  cpu::fold_verbs rank;                      // finds which they are, after extremes; or without step. state_bytes without its lists
  int64_t ranked_bytes;                      // of the lists, for each that is kept
  cpu::fold_verbs extremes;                  // shows the miner every pair; what it saw goes into row_context::fields
  cpu::fold_verbs list;                      // calls emit for each kept pair; context is a mine_context
};

// Dots of a strip over the columns of a prefix, and what makes scores of them.
struct prefix_strip {
  const float* dots;
  const float* lane_factor;
  const float* row_factor;
  int rows;
  bool rows_first;  // multiplied with before the lanes': a pair's score has the same bits from either side
};
struct prefix_strips {
  void (*scores)(const prefix_strip& p, float* s);
  void (*weights)(const prefix_strip& p, const float* w, float* out, float* along);  // of scores → of dots; along: [lanes]
  void (*add)(float* into, const float* from, int64_t count);                        // whole registers
};

struct strips {
  prefix_strips prefix;
  row_strips rows[static_cast<int>(loss_id::count)][1 + static_cast<int>(miner_id::count)];  // without a miner, then by miner
  miner_strips miners[static_cast<int>(miner_id::count)];
  void (*triplet_anchor)(const triplet_params& p, int64_t row);     // an anchor of the block: its terms or its weights
  void (*triplet_between)(const triplet_params& p, int64_t other);  // a positive of the range: what its negatives weigh seen from it
};

#define WARPWEFT_DECLARE(name) extern const strips cpu_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

const strips& strips_in_use();
const row_strips& strips_of(const loss_params& p);
bool is_symmetric(const loss_params& p);
// The other side's rows have negatives of their own.
bool is_two_sided(const loss_params& p);

}  // namespace warpweft::loss
