// Where lanes go: branches, returns, exits, barriers and pauses.
#include <string>

#include "ptxvm/call.h"
#include "ptxvm/run.h"
#include "ptxvm/warp_decode.h"

namespace ptxvm {
namespace {

flow run_branch(warp&, const op&, lanes) { return flow::jump; }

flow run_uniform_branch(warp& w, const op&, lanes active) {
  if (active != w.wait.group)
    fail(status::launch_failed, first_lane(active), "bra.uni is taken by lanes ", lane_list(active), " and not by lanes ",
         lane_list(w.wait.group & ~active));
  return flow::jump;
}

void decode_branch(decoder& d) {
  const bool uniform = d.take("uni");
  d.want(1, 1);
  if (d.operand(0).is != ast::operand::kind::label) d.refuse("wanted a label");
  d.emit(uniform ? run_uniform_branch : run_branch, work::control).imm = d.operand(0).number;
}

// more: how many targets, then the targets.
flow run_branch_by_index(warp& w, const op& o, lanes active) {
  if (o.flags && active != w.wait.group)
    fail(status::launch_failed, first_lane(active), "brx.idx.uni is taken by lanes ", lane_list(active), " and not by lanes ",
         lane_list(w.wait.group & ~active));
  const uint32_t* const index = w.lanes_of<uint32_t>(o.a);
  for_each_lane(active, [&](int lane) {
    if (index[lane] >= o.more[0]) fail(status::invalid_pc, lane, "brx.idx: index ", index[lane], " of a table of ", o.more[0], " labels");
    if (o.flags && index[lane] != index[first_lane(active)])
      fail(status::launch_failed, lane, "the lanes of brx.idx.uni have different indices");
    w.pc[lane] = o.more[1 + index[lane]];
  });
  return flow::moved;
}

void decode_branch_by_index(decoder& d) {
  if (!d.take("idx")) d.refuse("wanted brx.idx");
  const bool uniform = d.take("uni");
  d.want(2, 2);
  const ast::operand& table = d.operand(1);
  if (table.is != ast::operand::kind::list) d.refuse("wanted the name of a .branchtargets");
  std::vector<slot> more{static_cast<slot>(table.parts.size())};
  for (const ast::operand& target : table.parts) {
    if (target.is != ast::operand::kind::label) d.refuse("'" + target.name + "' is no label");
    more.push_back(target.number);
  }
  const slot index = d.source(0, type::u32);
  const slot* const kept = d.keep(more);
  op& o = d.emit(run_branch_by_index, work::control);
  o.a = index;
  o.more = kept;
  o.flags = uniform;
}

flow run_exit(warp& w, const op&, lanes active) {
  exit_lanes(w, active);
  return flow::moved;
}

void decode_exit(decoder& d) {
  d.want(0, 0);
  d.emit(run_exit, work::control);
}

flow run_return(warp& w, const op& o, lanes active) {
  if (!w.top().caller) return run_exit(w, o, active);
  take_results(w, active);
  go_back(w, active);
  return flow::moved;
}

void decode_return(decoder& d) {
  d.take("uni");  // a promise that costs nothing to do without
  d.want(0, 0);
  d.emit(run_return, work::control);
}

flow run_trap(warp&, const op&, lanes active) { fail(status::illegal_instruction, first_lane(active), "trap"); }

void decode_trap(decoder& d) {
  d.want(0, 0);
  d.emit(run_trap, work::control);
}

flow run_pause(warp& w, const op&, lanes active) {
  w.wait.yield = true;
  set_pc(w, active, w.at + 1);
  return flow::moved;
}

void decode_pause(decoder& d) {
  if (!d.take("u32")) d.refuse("wanted nanosleep.u32");
  d.want(1, 1);
  d.source(0, type::u32);  // for how long is not this machine's concern
  d.emit(run_pause, work::other);
}

// bar.warp.sync, bar{.cta}.{sync, arrive, red} and barrier{.cta}…{.aligned}
void decode_barrier(decoder& d) {
  const bool short_name = d.in().opcode == "bar";
  if (short_name && d.take("warp")) {
    if (!d.take("sync")) d.refuse("wanted bar.warp.sync");
    d.want(1, 1);
    return decode_meeting(d, warp_sync, d.operand(0), work::barrier, no_slot, no_slot, no_slot, no_slot, no_slot, false);
  }
  d.take("cta");
  const int what = d.take_one_of({"sync", "arrive", "red"});
  if (what < 0) d.refuse("wanted .sync, .arrive or .red");
  bool aligned = short_name || d.take("aligned");
  barrier_use use = what == 0 ? barrier_use::sync : barrier_use::arrive;
  slot result = no_slot, predicate = no_slot;
  bool negated = false;
  size_t at = 0, last = d.count();
  if (what == 2) {
    const int how = d.take_one_of({"popc", "and", "or"});
    if (how < 0) d.refuse("wanted .popc, .and or .or");
    aligned = d.take("aligned") || aligned;
    if (!d.take(how == 0 ? "u32" : "pred")) d.refuse(how == 0 ? "wanted .u32" : "wanted .pred");
    d.want(3, 4);
    use = how == 0 ? barrier_use::popc : how == 1 ? barrier_use::all : barrier_use::any;
    result = how == 0 ? d.target(0, type::u32) : d.predicate_target(d.operand(0));
    predicate = d.predicate(d.operand(--last), negated);
    at = 1;
  } else {
    d.want(what == 1 ? 2 : 1, 2);
  }
  const slot number = d.source(at, type::u32), threads = at + 1 < last ? d.source(at + 1, type::u32) : no_slot;
  op& o = d.emit(at_barrier, work::barrier);
  o.aligned = aligned;
  o.d = result;
  o.a = number;
  o.b = threads;
  o.c = predicate;
  o.flags = static_cast<uint16_t>(static_cast<int>(use) | (negated ? barrier_negated : 0));
}

// A kernel that runs here is never launched while one that it depends on still runs.
flow run_nothing(warp&, const op&, lanes) { return flow::next; }

void decode_dependency(decoder& d) {
  if (d.take_one_of({"launch_dependents", "wait"}) < 0) d.refuse("wanted .launch_dependents or .wait");
  d.want(0, 0);
  d.emit(run_nothing, work::other);
}

}  // namespace

void register_control(registry& r) {
  r.add("bra", decode_branch);
  r.add("brx", decode_branch_by_index);
  r.add("exit", decode_exit);
  r.add("ret", decode_return);
  r.add("trap", decode_trap);
  r.add("nanosleep", decode_pause);
  r.add("bar", decode_barrier);
  r.add("barrier", decode_barrier);
  r.add("griddepcontrol", decode_dependency);
  r.add("call", decode_call);
}

}  // namespace ptxvm
