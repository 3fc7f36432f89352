// Decodes shfl, vote, match, redux, activemask, elect and bar.warp.sync.
#include <algorithm>

#include "ptxvm/machine.h"
#include "ptxvm/run.h"
#include "ptxvm/warp_decode.h"
#include "ptxvm/warp_ops.h"

namespace ptxvm {

void decode_meeting(decoder& d, const meeting_kind& kind, const ast::operand& mask, work counts_as, slot to, slot a, slot b, slot c, slot p,
                    bool negated) {
  const slot* const more = d.keep({d.source(mask, type::b32), p});
  op& o = d.emit(meet_lanes, counts_as);
  o.d = to;
  o.a = a;
  o.b = b;
  o.c = c;
  o.more = more;
  o.imm = reinterpret_cast<uint64_t>(&kind);
  o.flags = negated ? meeting_negated : 0;
}

namespace {

// d or d|p. Gives the slot of p, or no_slot.
slot split_pair(decoder& d, const ast::operand& o, type t, slot& to) {
  if (o.is != ast::operand::kind::pair) {
    to = d.target(o, t);
    return no_slot;
  }
  to = d.target(o.parts.at(0), t);
  return d.predicate_target(o.parts.at(1));
}

void want_sync(decoder& d) {
  if (!d.take("sync")) d.refuse(d.in().opcode + " without .sync is gone since sm_70");
}

void decode_shfl(decoder& d) {
  want_sync(d);
  const int way = d.take_one_of({"up", "down", "bfly", "idx"});
  if (way < 0 || !d.take("b32")) d.refuse("wanted shfl.sync.{up, down, bfly, idx}.b32");
  d.want(5, 5);
  static const meeting_kind* const kinds[] = {&shfl_up, &shfl_down, &shfl_bfly, &shfl_idx};
  slot to;
  const slot p = split_pair(d, d.operand(0), type::b32, to);
  const slot a = d.source(1, type::b32), b = d.source(2, type::b32), c = d.source(3, type::b32);
  decode_meeting(d, *kinds[way], d.operand(4), work::shuffle, to, a, b, c, p, false);
}

void decode_vote(decoder& d) {
  want_sync(d);
  const int how = d.take_one_of({"all", "any", "uni", "ballot"});
  if (how < 0 || !d.take(how == 3 ? "b32" : "pred")) d.refuse("wanted vote.sync.{all, any, uni}.pred or vote.sync.ballot.b32");
  d.want(3, 3);
  static const meeting_kind* const kinds[] = {&vote_all, &vote_any, &vote_uni, &vote_ballot};
  const slot to = how == 3 ? d.target(0, type::b32) : d.predicate_target(d.operand(0));
  bool negated = false;
  const slot a = d.predicate(d.operand(1), negated);
  decode_meeting(d, *kinds[how], d.operand(2), work::shuffle, to, a, no_slot, no_slot, no_slot, negated);
}

void decode_match(decoder& d) {
  const int how = d.take_one_of({"any", "all"});
  if (how < 0) d.refuse("wanted match.{any, all}.sync");
  want_sync(d);
  const int wide = d.take_one_of({"b32", "b64"});
  if (wide < 0) d.refuse("wanted .b32 or .b64");
  d.want(3, 3);
  static const meeting_kind* const kinds[] = {&match_any_32, &match_any_64, &match_all_32, &match_all_64};
  slot to;
  const slot p = split_pair(d, d.operand(0), type::b32, to);
  if (how == 0 && p != no_slot) d.refuse("match.any has no second result");
  const slot a = d.source(1, wide ? type::b64 : type::b32);
  decode_meeting(d, *kinds[how * 2 + wide], d.operand(2), work::shuffle, to, a, no_slot, no_slot, p, false);
}

void decode_redux(decoder& d) {
  want_sync(d);
  const int how = d.take_one_of({"add", "min", "max", "and", "or", "xor"});
  if (how < 0) d.refuse("wanted redux.sync.{add, min, max, and, or, xor}");
  const int of = d.take_one_of({"u32", "s32", "b32"});
  if (of < 0 || (of == 2) != (how > 2)) d.refuse("wanted .u32 or .s32 for add, min and max, .b32 for and, or and xor");
  d.want(3, 3);
  static const meeting_kind* const kinds[][2] = {{&redux_add, &redux_add},         {&redux_min_u32, &redux_min_s32},
                                                 {&redux_max_u32, &redux_max_s32}, {&redux_and, &redux_and},
                                                 {&redux_or, &redux_or},           {&redux_xor, &redux_xor}};
  const slot to = d.target(0, type::b32), a = d.source(1, type::b32);
  decode_meeting(d, *kinds[how][of == 1], d.operand(2), work::shuffle, to, a, no_slot, no_slot, no_slot, false);
}

void decode_elect(decoder& d) {
  want_sync(d);
  d.want(2, 2);
  slot to;
  const slot p = split_pair(d, d.operand(0), type::b32, to);
  if (p == no_slot) d.refuse("wanted elect.sync d|p, mask");
  decode_meeting(d, elect, d.operand(1), work::shuffle, to, no_slot, no_slot, no_slot, p, false);
}

flow run_activemask(warp& w, const op& o, lanes active) {
  uint32_t* const d = w.lanes_of<uint32_t>(o.d);
  for_each_lane(active, [&](int lane) { d[lane] = active; });
  return flow::next;
}

void decode_activemask(decoder& d) {
  if (!d.take("b32")) d.refuse("wanted activemask.b32");
  d.want(1, 1);
  const slot to = d.target(0, type::b32);
  d.emit(run_activemask, work::other).d = to;
}

}  // namespace

void register_warp(registry& r) {
  r.add("shfl", decode_shfl);
  r.add("vote", decode_vote);
  r.add("match", decode_match);
  r.add("redux", decode_redux);
  r.add("elect", decode_elect);
  r.add("activemask", decode_activemask);
}

}  // namespace ptxvm
