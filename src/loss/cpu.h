// The strips of the loss family, compiled once per instruction set and reached through one table.
#pragma once
#include <cstdint>

#include "cpu/features.h"
#include "cpu/sweep.h"
#include "distance/cpu.h"
#include "loss/params.h"
#include "loss/state.h"

namespace warpweft::loss {

// Which pairs are positives, seen from the lanes. With labels: equal labels, the diagonal left out in self mode; both sides are
// visited in label order. By position: row = lane + shift. All arrays are in visiting order and padded to whole panels.
struct pairing {
  const int32_t* lane_labels;  // null: by position
  const int32_t* row_labels;
  bool self;
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

struct row_context {
  const loss_params* params;
  bool larger;  // the score is a similarity
  pairing pairs;
  // forward: where `done` writes, in visiting order, padded
  float* fields;
  int64_t stride;
  char* carry;   // with a miner: each panel's state between the negatives and the positives
  float* parts;  // six arrays, `stride` apart: sum, count, non-zero of positives, then of negatives
  // backward
  saved_fields lane_saved;  // lanes are anchors of these pairs; `at` null: they are not
  saved_fields row_saved;   // rows are
  distance::gradient_context target;
  float* temperature;  // [lanes] Σ weight · score, or null
};

// Where an anchor's own candidate stands, for losses whose pairs follow from positions.
struct position {
  int64_t target_offset;
  bool symmetric;  // the loss also looks from the candidates
};

// The strips of one (loss, miner or none).
struct row_strips {
  int64_t carry_bytes;  // of a panel
  bool term_is_pair;
  bool by_position;
  bool has_temperature;
  position (*position_of)(const double* scalars);
  cpu::fold_verbs before;   // the miner's positives
  cpu::fold_verbs all;      // every pair, or with a miner its negatives
  cpu::fold_verbs after;    // with a miner, the positives it keeps
  cpu::fold_verbs weights;  // state_bytes without the sums
};

using pair_sink = void (*)(void* sink, int64_t lane, int64_t row, bool positive);
struct mine_context {
  const loss_params* params;
  pairing pairs;
  const float* fields;  // the miner's, as saved_fields
  int64_t stride;
  pair_sink emit;
  void* sink;
};

struct miner_strips {
  int fields;
  cpu::fold_verbs extremes;  // shows the miner every pair; what it saw goes into row_context::fields
  cpu::fold_verbs list;      // calls emit for each kept pair; context is a mine_context
};

struct strips {
  row_strips rows[static_cast<int>(loss_id::count)][1 + static_cast<int>(miner_id::count)];  // without a miner, then by miner
  miner_strips miners[static_cast<int>(miner_id::count)];
};

#define WARPWEFT_DECLARE(name) extern const strips cpu_##name;
WARPWEFT_ISA_LIST(WARPWEFT_DECLARE)
#undef WARPWEFT_DECLARE

const strips& strips_in_use();

}  // namespace warpweft::loss
