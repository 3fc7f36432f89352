// The state of a launch while it runs: blocks, their warps, a frame of registers for each function a warp is in.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ptxvm/barrier.h"
#include "ptxvm/code.h"
#include "ptxvm/fault.h"
#include "ptxvm/memory.h"
#include "ptxvm/meter.h"
#include "ptxvm/options.h"
#include "ptxvm/shared.h"

namespace ptxvm {

struct extent {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t{x} * y * z; }
};

struct launch {
  const program& code;
  extent grid, block;
  uint32_t dynamic_shared = 0;
  std::vector<std::byte> params;
  device_memory& memory;
  const options& how;
  uint32_t shared_bytes() const { return code.static_shared + dynamic_shared; }
};

struct block_state;

// A call that lanes of a warp are in; the kernel is the first. Lanes that call the same instruction together share a frame, and go on
// together when all of them are back.
struct frame {
  const function* in = nullptr;
  frame* caller = nullptr;
  const op* call = nullptr;        // the instruction in the caller
  lanes members = 0;               // lanes that entered and did not return or exit
  lanes inside = 0;                // of these, the lanes that are in no further call
  uint32_t return_pc = 0;          // in the caller
  uint32_t local_base = 0;         // where the function's .local variables lie in a thread's local memory
  std::byte* registers = nullptr;  // 64-byte aligned, in `storage`
  std::vector<std::byte> storage;
  std::vector<std::byte> params;  // lane after lane, function::param_bytes each; a kernel's own parameters are in launch::params alone
};

// Why a lane does not go on.
enum class waits : uint8_t {
  for_lanes,       // the other lanes of a *_sync instruction's mask
  for_warp,        // the warp's other lanes, at an .aligned instruction
  for_warp_there,  // the warp's other lanes, at any instruction on the same barrier
  at_barrier       // the block's other warps
};

// What the scheduler keeps of a warp.
struct scheduling {
  struct parked_lane {
    waits why;
    const op* at;
    frame* in;
    uint32_t what;  // the mask, or the barrier's number
  };
  lanes parked = 0;  // lanes that wait; their pc is the instruction's
  parked_lane of[warp_size];
  lanes group = 0;         // lanes that run, guard or not
  uint32_t turn = 0;       // quanta used up by a part of the warp while another part could have run
  bool take_turn = false;  // let another part run next
  bool yield = false;      // the group asked for it (nanosleep)
  std::vector<std::unique_ptr<frame>> spare;
};

// Local memory of a warp's threads, lane after lane, `stride` bytes each: one stack for all calls, so that an address may be handed to
// a function. Generic address: local_window + offset in the lane's part. Addresses of the .local space count from the frame's local_base
// (so cvta adds it).
struct local_memory {
  uint32_t stride = 0;
  std::vector<std::byte> bytes;  // 32 · stride
  std::vector<uint8_t> written;  // 32 · stride: 1 where the present frame's lane wrote the byte
};

struct warp {
  std::byte* registers = nullptr;  // of the present frame, 64-byte aligned
  block_state* block = nullptr;
  uint32_t number = 0;  // in its block
  lanes existing = 0;   // lanes that have a thread
  lanes exited = 0;
  lanes carry = 0;                             // the condition code of add.cc, …
  uint32_t pc[warp_size] = {};                 // of each lane, in the function of the frame that it is inside
  std::vector<std::unique_ptr<frame>> frames;  // callers before those they call
  frame* present = nullptr;                    // of the group that runs
  uint32_t at = 0;                             // pc of the instruction that runs, for messages
  local_memory local;
  std::shared_ptr<struct copies> copies;  // cp.async under way (copy.h), made when first needed

  template <class T>
  T* lanes_of(slot s) {
    return reinterpret_cast<T*>(registers + s);
  }
  lanes& predicate(slot s) { return *reinterpret_cast<lanes*>(registers + s); }
  frame& top() { return *present; }
  lanes live() const { return existing & ~exited; }
  uint32_t thread(int lane) const { return number * warp_size + static_cast<uint32_t>(lane); }  // linear in the block
  scheduling wait;
};

struct block_state {
  explicit block_state(const launch& work) : of(work) {}

  const launch& of;
  extent id;            // %ctaid
  uint64_t number = 0;  // linear
  shared_memory shared;
  std::vector<std::unique_ptr<warp>> warps;
  meter counts;
  uint64_t random = 0;  // state of the generator that orders this block's warps
  barrier barriers[barrier_count];
  uint32_t ready = 0;       // a bit per warp that can run
  uint32_t unfinished = 0;  // a bit per warp with lanes that did not exit
  uint64_t fuel = 0;        // instructions of its warps left
};

// Runs every block, spread over how.threads; adds to `counts`. Throws the first fault (lowest block number among those that failed),
// its words completed with kernel, PTX line, block and thread.
void run(const launch& work, meter& counts);

}  // namespace ptxvm
