// How lanes of a warp find each other.
#include <cstring>

#include "ptxvm/run.h"
#include "ptxvm/warp_ops.h"

namespace ptxvm {
namespace {

const meeting_kind& kind_of(const op& o) { return *reinterpret_cast<const meeting_kind*>(o.imm); }

void* place(std::byte* registers, slot s) { return s == no_slot ? nullptr : registers + s; }

void copy_lane(void* to, const void* from, int width, int lane) {
  if (width > 0) {
    const size_t at = static_cast<size_t>(lane) * static_cast<size_t>(width);
    std::memcpy(static_cast<std::byte*>(to) + at, static_cast<const std::byte*>(from) + at, static_cast<size_t>(width));
  } else if (width == 0) {
    const lanes bit = lanes{1} << lane;
    lanes& word = *static_cast<lanes*>(to);
    word = (word & ~bit) | (*static_cast<const lanes*>(from) & bit);
  }
}

void check_members(const op& o, lanes outside) {
  if (outside) {
    const meeting_kind& kind = kind_of(o);
    fail(status::launch_failed, first_lane(outside), kind.name, " is executed by lanes that its mask does not name: ", lane_list(outside));
  }
}

// Lanes that wait at different places, with registers of different frames perhaps: their operands are collected, and the results handed
// out.
void meet_apart(warp& w, lanes who) {
  alignas(64) uint64_t a[warp_size], b[warp_size], c[warp_size], d[warp_size];
  lanes p = 0;
  scheduling& s = w.wait;
  const meeting_kind& kind = kind_of(*s.of[first_lane(who)].at);
  for_each_lane(who, [&](int lane) {
    const op& o = *s.of[lane].at;
    std::byte* const registers = s.of[lane].in->registers;
    const lanes flipped = o.flags & meeting_negated && kind.a == 0 ? ~*static_cast<lanes*>(place(registers, o.a)) : 0;
    copy_lane(a, o.flags & meeting_negated ? &flipped : place(registers, o.a), kind.a, lane);
    copy_lane(b, place(registers, o.b), kind.b, lane);
    copy_lane(c, place(registers, o.c), kind.c, lane);
  });
  w.at = w.pc[first_lane(who)];
  kind.run({w, who, a, b, c, d, &p});
  for_each_lane(who, [&](int lane) {
    const op& o = *s.of[lane].at;
    std::byte* const registers = s.of[lane].in->registers;
    copy_lane(place(registers, o.d), d, kind.d, lane);
    if (o.more[1] != no_slot) copy_lane(place(registers, o.more[1]), &p, 0, lane);
  });
  let_go(w, who);
}

// Whether all of `who` wait for each other.
bool are_met(const warp& w, lanes who) {
  const scheduling& s = w.wait;
  if ((s.parked & who) != who) return false;
  const auto& first = s.of[first_lane(who)];
  bool met = true;
  for_each_lane(who, [&](int lane) {
    const auto& other = s.of[lane];
    met = met && other.why == waits::for_lanes && other.what == first.what && other.at->imm == first.at->imm;
  });
  return met;
}

}  // namespace

flow meet_lanes(warp& w, const op& o, lanes active) {
  const uint32_t* const masks = w.lanes_of<uint32_t>(o.more[0]);
  const uint32_t mask = masks[first_lane(active)];
  bool same = true;
  for_each_lane(active, [&](int lane) { same = same && masks[lane] == mask; });
  if (same) {
    check_members(o, active & ~mask);
    if ((mask & w.live()) == active) {
      const meeting_kind& kind = kind_of(o);
      lanes flipped;
      const void* a = place(w.registers, o.a);
      if (o.flags & meeting_negated) {
        flipped = ~*static_cast<const lanes*>(a);
        a = &flipped;
      }
      lanes p = 0;
      kind.run({w, active, a, place(w.registers, o.b), place(w.registers, o.c), place(w.registers, o.d), &p});
      if (o.more[1] != no_slot) {
        lanes& to = w.predicate(o.more[1]);
        to = (to & ~active) | (p & active);
      }
      return flow::next;
    }
  }
  for_each_lane(active, [&](int lane) {
    check_members(o, lanes{1} << lane & ~masks[lane]);
    park(w, lanes{1} << lane, waits::for_lanes, o, masks[lane]);
  });
  settle(w);
  return flow::waiting;
}

void settle_lanes(warp& w) {
  const scheduling& s = w.wait;
  for (lanes rest = s.parked; rest;) {
    const int lane = first_lane(rest);
    rest &= rest - 1;
    if (s.of[lane].why != waits::for_lanes) continue;
    const lanes who = s.of[lane].what & w.live();
    if (!are_met(w, who)) continue;
    meet_apart(w, who);
    rest &= ~who;
  }
}

}  // namespace ptxvm
