// Instructions in which lanes of a warp meet: shfl, vote, match, redux, elect and bar.warp.sync.
//
// A lane waits until all lanes of its mask that did not exit execute the same instruction (with the same qualifiers) and the same mask;
// where in the program they do so does not matter. Mostly the group that runs is just those lanes, and nobody waits.
#pragma once
#include "ptxvm/code.h"

namespace ptxvm {

struct warp;

// What the meeting lanes bring and take. Arrays hold 32 lanes; which of them an instruction has is its own matter.
struct meeting {
  warp& at;
  lanes who;  // of the mask, without those that exited
  const void *a, *b, *c;
  void* d;
  lanes* p;  // the predicate written, if any
};

// Widths of the operands: bytes of a lane, 0 for a predicate, −1 for none.
struct meeting_kind {
  const char* name;
  int a, b, c, d;
  void (*run)(const meeting&);
};

// op::flags
constexpr uint16_t meeting_negated = 1;  // the predicate a is

// op::imm is the meeting_kind's address; more[0] the mask, more[1] the second predicate or no_slot.
flow meet_lanes(warp& w, const op& o, lanes active);
void settle_lanes(warp& w);

extern const meeting_kind shfl_up, shfl_down, shfl_bfly, shfl_idx;
extern const meeting_kind vote_all, vote_any, vote_uni, vote_ballot;
extern const meeting_kind match_any_32, match_any_64, match_all_32, match_all_64;
extern const meeting_kind redux_add, redux_min_u32, redux_max_u32, redux_min_s32, redux_max_s32, redux_and, redux_or, redux_xor;
extern const meeting_kind elect, warp_sync;

}  // namespace ptxvm
