// The block's sixteen named barriers. Warps arrive as a whole: a lane first waits for its warp's other lanes, then the warp for the others.
#pragma once
#include <cstdint>

#include "ptxvm/code.h"
#include "ptxvm/shared.h"

namespace ptxvm {

struct warp;
struct block_state;

constexpr uint32_t barrier_count = 16;

enum class barrier_use : uint8_t { sync, arrive, popc, all, any };

struct barrier {
  uint32_t arrived = 0;                 // a bit per warp, of the present round
  uint32_t waiting = 0;                 // of these, the warps that wait
  uint32_t expected = 0;                // threads, 32 for each warp; 0: every warp of the block
  barrier_use use = barrier_use::sync;  // of the waiting warps: one kind per round
  uint32_t holding = 0;                 // threads whose predicate holds
  bool every = true;                    // all of them
  vector_clock released{};              // what the warps that do not wait did before they arrived
};

// op::flags of bar and barrier: a barrier_use, and whether the predicate is negated.
constexpr uint16_t barrier_use_mask = 7, barrier_negated = 8;

// bar and barrier, on the lanes of `active`.
flow at_barrier(warp& w, const op& o, lanes active);
// Lanes left the warp, or came to wait: whoever waits for them alone goes on.
void settle_barriers(warp& w);
// A warp ended: barriers that expect every warp may be complete.
void leave_barriers(block_state& b, uint32_t warp_number);

}  // namespace ptxvm
