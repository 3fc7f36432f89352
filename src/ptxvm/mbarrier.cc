// mbarrier: barriers that are objects in shared memory. 64 bits: expected and pending arrivals (20 each), the phase's number (22), a mark.
// A state, as arrive returns it, is the object before the arrival.
#include <cstring>

#include "ptxvm/copy.h"
#include "ptxvm/mem.h"

namespace ptxvm {
namespace {

constexpr uint32_t object_bytes = 8;
constexpr uint64_t most_arrivals = (1u << 20) - 1;
constexpr uint64_t mark = 1;

struct object {
  uint64_t expected : 20;
  uint64_t pending : 20;
  uint64_t phase : 22;
  uint64_t valid : 2;
};
static_assert(sizeof(object) == object_bytes);

object as_object(uint64_t bits) {
  object o;
  std::memcpy(&o, &bits, sizeof o);
  return o;
}

enum : uint16_t { generic_address = 1, no_complete = 2, drops = 4, relaxed = 8, by_parity = 16, increments = 32, suspends = 64 };

// Offsets of the lanes' objects.
request objects_of(warp& w, const op& o, lanes active) {
  request r(w, active, object_bytes, o.flags & base_is_32);
  fill_addresses(r, o.a, o.imm);
  for (lanes rest = active; rest; rest &= rest - 1) {
    uint64_t& a = r.at[std::countr_zero(rest)];
    if (!(o.flags & generic_address)) continue;
    if (space_at(a) != space::shared) fail(status::invalid_address_space, std::countr_zero(rest), "an mbarrier outside shared memory");
    a -= shared_window;
  }
  check_alignment(r, "mbarrier");
  w.block->shared.check_bounds({w.number, active, r.at, object_bytes}, "mbarrier");
  return r;
}

object load(warp& w, const request& r, int lane) {
  object found;
  std::memcpy(&found, w.block->shared.host(r.at[lane]), sizeof found);
  if (!w.block->shared.mbarriers.contains(static_cast<uint32_t>(r.at[lane])) || found.valid != mark)
    fail(status::launch_failed, lane, "no mbarrier has been initialised at offset ", r.at[lane], " of shared memory");
  return found;
}

void store(warp& w, const request& r, int lane, const object& o) { std::memcpy(w.block->shared.host(r.at[lane]), &o, sizeof o); }

shared_access one_lane(const request& r, int lane) { return {r.w.number, lanes{1} << lane, r.at, object_bytes, true}; }

flow init(warp& w, const op& o, lanes active) {
  const request r = objects_of(w, o, active);
  shared_memory& shared = w.block->shared;
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const uint32_t count = w.lanes_of<uint32_t>(o.b)[lane];
    if (count < 1 || count > most_arrivals) fail(status::launch_failed, lane, "an mbarrier for ", count, " arrivals");
    if (!shared.mbarriers.insert(static_cast<uint32_t>(r.at[lane])).second)
      fail(status::launch_failed, lane, "an mbarrier is initialised at offset ", r.at[lane],
           " of shared memory where there is one already");
    shared.write({w.number, lanes{1} << lane, r.at, object_bytes});
    object made{};
    made.expected = made.pending = count;
    made.valid = mark;
    store(w, r, lane, made);
  }
  return flow::next;
}

flow invalidate(warp& w, const op& o, lanes active) {
  const request r = objects_of(w, o, active);
  shared_memory& shared = w.block->shared;
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    load(w, r, lane);
    shared.write({w.number, lanes{1} << lane, r.at, object_bytes});
    shared.mbarriers.erase(static_cast<uint32_t>(r.at[lane]));
  }
  return flow::next;
}

// Lanes arrive; each gets the object as it was.
void arrive_all(warp& w, const op& o, const request& r, bool release, uint64_t* states) {
  shared_memory& shared = w.block->shared;
  vector_clock now{};
  if (release) shared.release(w.number, now);
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    object found = load(w, r, lane);
    shared.read(one_lane(r, lane));
    if (release) shared.publish(r.at[lane], now);
    if (states) std::memcpy(&states[lane], &found, sizeof found);
    if (o.flags & increments) continue;  // one more is expected in this phase, and that one has come
    const uint32_t count = o.b == no_slot ? 1 : w.lanes_of<uint32_t>(o.b)[lane];
    if (count < 1 || count > found.pending)
      fail(status::launch_failed, lane, count, " arrivals at the mbarrier at offset ", r.at[lane], " of shared memory, which waits for ",
           static_cast<uint64_t>(found.pending));
    found.pending -= count;
    if (o.flags & drops) found.expected -= count;
    if (found.pending == 0) {
      if (o.flags & no_complete) fail(status::launch_failed, lane, "an arrival with .noComplete completes the mbarrier's phase");
      ++found.phase;
      found.pending = found.expected;
    }
    store(w, r, lane, found);
  }
}

flow arrive(warp& w, const op& o, lanes active) {
  const request r = objects_of(w, o, active);
  arrive_all(w, o, r, !(o.flags & relaxed), o.d == no_slot ? nullptr : w.lanes_of<uint64_t>(o.d));
  return flow::next;
}

// The thread's copies so far arrive when they are done; here they are done at once, but only who waits for the mbarrier may look.
flow copy_arrive(warp& w, const op& o, lanes active) {
  const request r = objects_of(w, o, active);
  finish_copies(w, active, true);
  arrive_all(w, o, r, true, nullptr);
  return flow::next;
}

flow wait(warp& w, const op& o, lanes active) {
  const request r = objects_of(w, o, active);
  shared_memory& shared = w.block->shared;
  lanes complete = 0;
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const object found = load(w, r, lane);
    shared.read(one_lane(r, lane));
    bool over;
    if (o.flags & by_parity) {
      const uint32_t parity = w.lanes_of<uint32_t>(o.b)[lane];
      if (parity > 1) fail(status::launch_failed, lane, "a phase parity of ", parity);
      over = (found.phase & 1) != parity;
    } else {
      const object state = as_object(w.lanes_of<uint64_t>(o.b)[lane]);
      const uint64_t since = (found.phase - state.phase) & ((1u << 22) - 1);
      if (state.valid != mark || since > 1)
        fail(status::launch_failed, lane, "a wait for a state that is neither of the mbarrier's present phase nor of the one before");
      over = since == 1;
    }
    if (over) complete |= lanes{1} << lane;
    if (over && !(o.flags & relaxed)) shared.acquire(w.number, shared.clock_of(r.at[lane]));
  }
  lanes& to = w.predicate(o.d);
  to = (to & ~active) | complete;
  if ((o.flags & suspends) && complete != active) w.wait.yield = true;
  return flow::next;
}

flow pending_count(warp& w, const op& o, lanes active) {
  const uint64_t* states = w.lanes_of<uint64_t>(o.a);
  uint32_t* to = w.lanes_of<uint32_t>(o.d);
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const object state = as_object(states[lane]);
    if (state.valid != mark) fail(status::launch_failed, lane, "mbarrier.pending_count of what is no state");
    to[lane] = static_cast<uint32_t>(state.pending);
  }
  return flow::next;
}

struct words {
  bool relaxes = false, incomplete = false, parity = false;
  space where = space::generic;
};

words take_words(decoder& d) {
  words w;
  while (d.more_modifiers()) {
    if (d.take_one_of({"shared", "shared::cta"}) >= 0)
      w.where = space::shared;
    else if (d.take("noComplete"))
      w.incomplete = true;
    else if (d.take("parity"))
      w.parity = true;
    else if (d.take("relaxed"))
      w.relaxes = true;
    else if (d.take_one_of({"release", "acquire", "cta", "cluster"}) < 0)
      break;
  }
  if (!d.take("b64")) d.refuse(".b64 is wanted");
  return w;
}

// Everything but targets and sources.
op& emit(decoder& d, handler run, const words& said, size_t address_at, uint16_t flags) {
  space where = said.where;
  const place p = take_place(d, d.operand(address_at), where);
  if (where != space::shared && where != space::generic) d.refuse("an mbarrier lies in shared memory");
  op& o = d.emit(run, work::barrier);
  o.a = p.base;
  o.imm = p.offset;
  o.flags = static_cast<uint16_t>(flags | p.flags | (where == space::generic ? generic_address : 0) | (said.relaxes ? relaxed : 0));
  return o;
}

void bind_arrive(decoder& d, bool drop) {
  const words said = take_words(d);
  if (said.parity) d.refuse("an arrival has no parity");
  d.want(2, 3);
  if (said.incomplete && d.count() != 3) d.refuse(".noComplete wants a count");
  if (d.count() == 3 && !said.incomplete) want_target(d, 90);
  const slot count = d.count() == 3 ? d.source(2, type::u32) : no_slot;
  const slot target = d.operand(0).is == ast::operand::kind::sink ? no_slot : d.target(0, type::b64);
  op& o = emit(d, arrive, said, 1, static_cast<uint16_t>((drop ? drops : 0) | (said.incomplete ? no_complete : 0)));
  o.d = target;
  o.b = count;
}

void bind_wait(decoder& d, bool tries) {
  const words said = take_words(d);
  if (said.incomplete) d.refuse("a wait has no .noComplete");
  if (tries) want_target(d, 90);
  d.want(3, tries ? 4 : 3);
  if (d.count() == 4) d.source(3, type::u32);  // how long to suspend: as it pleases the machine
  const slot target = d.predicate_target(d.operand(0));
  const slot what = said.parity ? d.source(2, type::u32) : d.source(2, type::b64);
  op& o = emit(d, wait, said, 1, static_cast<uint16_t>((said.parity ? by_parity : 0) | (tries ? suspends : 0)));
  o.d = target;
  o.b = what;
}

void bind_mbarrier(decoder& d) {
  switch (d.take_one_of({"init", "inval", "arrive", "arrive_drop", "test_wait", "try_wait", "pending_count"})) {
    case 0: {
      const words said = take_words(d);
      d.want(2, 2);
      const slot count = d.source(1, type::u32);
      emit(d, init, said, 0, 0).b = count;
      return;
    }
    case 1: {
      const words said = take_words(d);
      d.want(1, 1);
      emit(d, invalidate, said, 0, 0);
      return;
    }
    case 2: return bind_arrive(d, false);
    case 3: return bind_arrive(d, true);
    case 4: return bind_wait(d, false);
    case 5: return bind_wait(d, true);
    case 6: {
      if (!d.take("b64")) d.refuse(".b64 is wanted");
      d.want(2, 2);
      const slot target = d.target(0, type::u32), state = d.source(1, type::b64);
      op& o = d.emit(pending_count, work::integer);
      o.d = target;
      o.a = state;
      return;
    }
    default: d.refuse("the operation is unknown to this machine");
  }
}

}  // namespace

void bind_copy_arrive(decoder& d) {
  if (!d.take("arrive")) d.refuse("cp.async.mbarrier.arrive is wanted");
  const bool counted = d.take("noinc");
  const words said = take_words(d);
  d.want(1, 1);
  emit(d, copy_arrive, said, 0, counted ? 0 : increments);
}

void register_mbarrier(registry& r) { r.add("mbarrier", bind_mbarrier); }

}  // namespace ptxvm
