#include "ptxvm/barrier.h"

#include "ptxvm/run.h"

namespace ptxvm {
namespace {

barrier_use use_of(const op& o) { return static_cast<barrier_use>(o.flags & barrier_use_mask); }

const std::byte* registers_of(const warp& w, int lane) { return w.wait.of[lane].in->registers; }

uint32_t value(const std::byte* registers, slot s, int lane) { return reinterpret_cast<const uint32_t*>(registers + s)[lane]; }

// Everybody is there: results are handed out, those who wait go on, and the barrier begins anew.
void complete(block_state& b, uint32_t number) {
  barrier& it = b.barriers[number];
  std::vector<uint32_t> met;
  for_each_lane(it.waiting, [&](int i) { met.push_back(static_cast<uint32_t>(i)); });
  b.shared.meet(met, it.arrived == it.waiting ? nullptr : &it.released);
  for_each_lane(it.waiting, [&](int i) {
    warp& w = *b.warps[static_cast<size_t>(i)];
    for_each_lane(w.live(), [&](int lane) {
      const op& o = *w.wait.of[lane].at;
      std::byte* const registers = w.wait.of[lane].in->registers;
      if (it.use == barrier_use::popc) reinterpret_cast<uint32_t*>(registers + o.d)[lane] = it.holding;
      if (it.use != barrier_use::all && it.use != barrier_use::any) return;
      lanes& result = *reinterpret_cast<lanes*>(registers + o.d);
      const bool holds = it.use == barrier_use::all ? it.every : it.holding > 0;
      result = (result & ~(lanes{1} << lane)) | lanes{holds} << lane;
    });
    let_go(w, w.live());
  });
  it = barrier();
}

bool is_complete(const block_state& b, const barrier& it) {
  if (it.expected) return static_cast<uint32_t>(std::popcount(it.arrived) * warp_size) >= it.expected;
  return it.arrived && (b.unfinished & ~it.arrived) == 0;
}

// All live lanes of the warp wait there, for the barrier of that number.
void arrive(warp& w, uint32_t number) {
  block_state& b = *w.block;
  barrier& it = b.barriers[number];
  const lanes live = w.live();
  const int first = first_lane(live);
  const op& o = *w.wait.of[first].at;
  const uint32_t expected = o.b == no_slot ? 0 : value(registers_of(w, first), o.b, first);
  const barrier_use use = use_of(o);
  const uint32_t self = 1u << w.number;
  for_each_lane(live, [&](int lane) {
    const op& other = *w.wait.of[lane].at;
    const uint32_t count = other.b == no_slot ? 0 : value(registers_of(w, lane), other.b, lane);
    if (use_of(other) != use || count != expected)
      fail(status::launch_failed, lane, "lanes of one warp use barrier ", number, " in different ways at PTX lines ", o.line, " and ",
           other.line);
  });
  if (o.b != no_slot && (expected == 0 || expected % warp_size != 0 || expected > 1024))
    fail(status::launch_failed, first, "barrier ", number, " for ", expected, " threads; wanted a multiple of 32, at most 1024");
  if (it.arrived & self)
    fail(status::launch_failed, first, "the warp arrives at barrier ", number, " again before the barrier is complete");
  if (it.arrived && it.expected != expected)
    fail(status::launch_failed, first, "barrier ", number, " expects ", expected, " threads here and ", it.expected, " elsewhere (0: all)");
  if (use != barrier_use::arrive) {
    if (it.waiting && it.use != use) fail(status::launch_failed, first, "barrier ", number, " is used for different operations at once");
    it.use = use;
    it.waiting |= self;
  } else {
    b.shared.release(w.number, it.released);
  }
  it.arrived |= self;
  it.expected = expected;
  ++b.counts.barriers;
  if (use > barrier_use::arrive)
    for_each_lane(live, [&](int lane) {
      const op& other = *w.wait.of[lane].at;
      const lanes predicate = *reinterpret_cast<const lanes*>(registers_of(w, lane) + other.c);
      const bool holds = ((predicate >> lane & 1) != 0) != ((other.flags & barrier_negated) != 0);
      it.holding += holds;
      it.every = it.every && holds;
    });
  for_each_lane(live, [&](int lane) { w.wait.of[lane].why = waits::at_barrier; });
  if (use == barrier_use::arrive) let_go(w, live);
  if (is_complete(b, it)) complete(b, number);
}

}  // namespace

flow at_barrier(warp& w, const op& o, lanes active) {
  const uint32_t* const numbers = w.lanes_of<uint32_t>(o.a);
  for_each_lane(active, [&](int lane) {
    if (numbers[lane] >= barrier_count) fail(status::launch_failed, lane, "barrier ", numbers[lane], "; there are ", barrier_count);
    if (o.aligned && numbers[lane] != numbers[first_lane(active)])
      fail(status::launch_failed, lane, "lanes of one warp name different barriers in an .aligned instruction");
    park(w, lanes{1} << lane, waits::for_warp_there, o, numbers[lane]);
  });
  settle_barriers(w);
  return flow::waiting;
}

void settle_barriers(warp& w) {
  const lanes live = w.live();
  const scheduling& s = w.wait;
  if (!live || (s.parked & live) != live) return;
  const auto& first = s.of[first_lane(live)];
  bool together = true;
  for_each_lane(live, [&](int lane) { together = together && s.of[lane].why == waits::for_warp_there && s.of[lane].what == first.what; });
  if (together) arrive(w, first.what);
}

void leave_barriers(block_state& b, uint32_t warp_number) {
  for (uint32_t i = 0; i < barrier_count; ++i) {
    barrier& it = b.barriers[i];
    if (it.waiting >> warp_number & 1) it.waiting &= ~(1u << warp_number);
    if (it.arrived && !it.expected && is_complete(b, it)) complete(b, i);
  }
}

}  // namespace ptxvm
