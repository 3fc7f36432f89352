// What handlers of control flow, barriers and warp-wide instructions may do with the scheduler.
#pragma once
#include <bit>
#include <cstdint>

#include "ptxvm/machine.h"

namespace ptxvm {

constexpr uint32_t deepest_call = 1024;           // frames of one lane
constexpr uint32_t most_local_bytes = 512 << 10;  // of one thread

inline int first_lane(lanes who) { return std::countr_zero(who); }

// for_each_lane(who, [&](int lane) { … });
template <class F>
void for_each_lane(lanes who, F&& f) {
  for (; who; who &= who - 1) f(std::countr_zero(who));
}

inline void set_pc(warp& w, lanes who, uint32_t pc) {
  for (int i = 0; i < warp_size; ++i) w.pc[i] = who >> i & 1 ? pc : w.pc[i];
}

// Lanes wait at the instruction that runs, until somebody lets them go.
void park(warp& w, lanes who, waits why, const op& at, uint32_t what);
// They go on behind the instruction that they wait at.
void let_go(warp& w, lanes who);
// They execute the instruction that they wait at (again).
void retry(warp& w, lanes who);
// Lanes were parked or left the warp: whoever waited for no other lane than those goes on.
void settle(warp& w);

// The lanes leave the kernel.
void exit_lanes(warp& w, lanes who);
// The lanes enter a function; their pc is its first instruction.
frame& enter(warp& w, const function& f, frame* caller, const op* call, lanes who);
// The lanes of the present frame go back to its caller.
void go_back(warp& w, lanes who);
// Frames nobody is in any more are put aside.
void drop_empty_frames(warp& w);

// Where a warp's lanes wait, in words.
std::string whereabouts(const warp& w);
// "0-15, 20"
std::string lane_list(lanes who);

// Runs a warp until it waits, ends or has used `quantum` instructions.
void run_warp(warp& w, uint32_t quantum);
// Runs a block's warps for about `budget` instructions; true when the block has ended. Throws completed faults.
bool run_block(block_state& b, uint64_t budget);
// Makes `b` the block of that number, at its start.
void start_block(block_state& b, uint64_t number);

// A generator of orders: splitmix64.
inline uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15ull;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

}  // namespace ptxvm
