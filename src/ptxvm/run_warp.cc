// Runs one warp. Every lane has a program counter; of the lanes that can run, those at the lowest one in the innermost call run together,
// until they come to where other lanes of that call are. Structured code so comes together again without any analysis of its graph.
#include <algorithm>
#include <limits>

#include "ptxvm/run.h"

namespace ptxvm {
namespace {

constexpr uint32_t nowhere = std::numeric_limits<uint32_t>::max();
constexpr uint32_t patience = 4;  // quanta that a part of a warp may use up before another part has its turn

struct group {
  frame* in = nullptr;
  lanes who = 0;
  uint32_t pc = 0;
  uint32_t stop = nowhere;  // other lanes of the frame are there
};

// The lanes of `among` at their lowest pc.
group lowest(const warp& w, frame* in, lanes among) {
  alignas(64) uint32_t at[warp_size];
  uint32_t least = nowhere, second = nowhere;
  for (int i = 0; i < warp_size; ++i) at[i] = among >> i & 1 ? w.pc[i] : nowhere;
  for (int i = 0; i < warp_size; ++i) least = std::min(least, at[i]);
  lanes who = 0;
  for (int i = 0; i < warp_size; ++i) who |= lanes{at[i] == least} << i;
  who &= among;
  if (who != among)
    for (int i = 0; i < warp_size; ++i) second = std::min(second, at[i] == least ? nowhere : at[i]);
  return {in, who, least, second};
}

// Part number `turn` of those that could run, so that lanes which spin until another part has done something do not starve it.
group by_turn(const warp& w, uint32_t turn) {
  group all[warp_size];
  uint32_t count = 0;
  for (size_t i = w.frames.size(); i-- > 0;) {
    frame* const in = w.frames[i].get();
    for (lanes rest = in->inside & ~w.wait.parked; rest;) {
      const group g = lowest(w, in, rest);
      rest &= ~g.who;
      all[count++] = g;
    }
  }
  return count ? all[turn % count] : group{};
}

group choose(warp& w) {
  if (w.wait.take_turn) {
    w.wait.take_turn = false;
    return by_turn(w, w.wait.turn / patience);
  }
  for (size_t i = w.frames.size(); i-- > 0;) {
    frame* const in = w.frames[i].get();
    if (const lanes runnable = in->inside & ~w.wait.parked) return lowest(w, in, runnable);
  }
  return {};
}

bool others_can_run(const warp& w, lanes who) {
  lanes runnable = 0;
  for (const auto& f : w.frames) runnable |= f->inside;
  return (runnable & ~w.wait.parked & ~who) != 0;
}

// The warp's lanes wait for each other in ways that no other warp can end.
void check_for_standstill(warp& w) {
  if (!w.live()) return;
  for (int i = 0; i < warp_size; ++i)
    if (w.live() >> i & 1 && w.wait.of[i].why == waits::at_barrier) return;
  for (int i = 0; i < warp_size; ++i)
    if (w.live() >> i & 1 && w.wait.of[i].why != waits::for_lanes) {
      w.at = w.pc[i];
      w.present = w.wait.of[i].in;
      fail(status::launch_failed, i, "divergent barrier or .aligned instruction: ", whereabouts(w));
    }
  const int lane = first_lane(w.live());
  w.at = w.pc[lane];
  w.present = w.wait.of[lane].in;
  fail(status::launch_failed, lane, "lanes wait for each other for ever: ", whereabouts(w));
}

}  // namespace

void run_warp(warp& w, uint32_t quantum) {
  scheduling& s = w.wait;
  uint64_t* const issued = w.block->counts.warp_instructions;
  uint64_t* const done = w.block->counts.thread_instructions;
  const uint64_t& atomics = issued[static_cast<int>(work::atomic)];
  const uint64_t atomics_before = atomics;
  uint32_t left = quantum;
  while (left > 0) {
    const group g = choose(w);
    if (!g.who) {
      check_for_standstill(w);
      break;
    }
    w.present = g.in;
    w.registers = g.in->registers;
    s.group = g.who;
    const op* const ops = g.in->in->ops.data();
    uint32_t pc = g.pc;
    for (;;) {
      const op& o = ops[pc];
      w.at = pc;
      lanes active = g.who;
      if (o.guard != no_slot) active &= w.predicate(o.guard) ^ (o.guard_negated ? all_lanes : 0);
      issued[static_cast<int>(o.counts_as)]++;
      --left;
      if (active) {
        done[static_cast<int>(o.counts_as)] += static_cast<uint32_t>(std::popcount(active));
        flow f;
        if (o.aligned && active != w.live()) {
          park(w, active, waits::for_warp, o, 0);
          settle(w);
          f = flow::waiting;
        } else {
          f = o.run(w, o, active);
        }
        if (f == flow::jump) {
          if (active == g.who) {
            pc = static_cast<uint32_t>(o.imm);
            if (pc < g.stop && left > 0) continue;
            set_pc(w, g.who, pc);
            break;
          }
          set_pc(w, active, static_cast<uint32_t>(o.imm));
          set_pc(w, g.who & ~active, pc + 1);
          break;
        }
        if (f != flow::next) {
          set_pc(w, g.who & ~active, pc + 1);
          break;
        }
      }
      ++pc;
      if (pc >= g.stop || left == 0) {
        set_pc(w, g.who, pc);
        break;
      }
    }
    if (left > 0 && !s.yield) continue;
    if (others_can_run(w, g.who)) {
      // Who sleeps, or tries an atomic again and again, mostly waits for the others.
      s.turn += s.yield || atomics != atomics_before ? patience - s.turn % patience : 1;
      s.take_turn = s.turn % patience == 0;
    }
    s.yield = false;
    left = 0;
  }
  w.block->fuel -= std::min<uint64_t>(w.block->fuel, quantum - left);
}

}  // namespace ptxvm
