// cp.async: the target changes when the thread waits for it and not before, so that a missing wait shows.
#include "ptxvm/copy.h"

#include <cstring>

#include "ptxvm/mem.h"

namespace ptxvm {
namespace {

// Copies of the lanes' groups before `groups[lane]` are done.
template <class Done>
void apply(warp& w, bool for_mbarrier, Done done) {
  if (!w.copies) return;
  auto& under_way = w.copies->under_way;
  shared_memory& shared = w.block->shared;
  size_t kept = 0;
  for (size_t i = 0; i < under_way.size(); ++i) {
    const copies::one& c = under_way[i];
    if (!done(c)) {
      if (kept != i) under_way[kept] = c;
      ++kept;
      continue;
    }
    std::memcpy(shared.host(c.to), c.data, c.bytes);
    shared.end_copy(c.to, c.bytes, w.number, c.lane, for_mbarrier);
  }
  under_way.resize(kept);
}

// d: shared address, a: global address, b: source size or none, c: predicate "ignore" or none.
struct copy_flags {
  enum : uint16_t { size_mask = 0x1f, shared_is_32 = 0x20, global_is_32 = 0x40, ignores = 0x80, ignore_negated = 0x100 };
};

flow issue(warp& w, const op& o, lanes active) {
  const uint32_t bytes = o.flags & copy_flags::size_mask;
  request to(w, active, bytes, o.flags & copy_flags::shared_is_32 ? base_is_32 : 0);
  fill_addresses(to, o.d, static_cast<uint64_t>(o.more[0]) | static_cast<uint64_t>(o.more[1]) << 32);
  check_alignment(to, "cp.async to shared memory");
  shared_memory& shared = w.block->shared;
  shared.check_bounds({w.number, active, to.at, bytes}, "cp.async");
  count_shared(to);

  uint32_t sizes[warp_size];
  lanes reading = 0;
  const lanes ignored = o.flags & copy_flags::ignores ? (w.predicate(o.c) ^ (o.flags & copy_flags::ignore_negated ? all_lanes : 0)) : 0;
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    sizes[lane] = ignored >> lane & 1 ? 0 : o.b == no_slot ? bytes : w.lanes_of<uint32_t>(o.b)[lane];
    if (sizes[lane] > bytes) fail(status::launch_failed, lane, "cp.async of ", bytes, " bytes with a source size of ", sizes[lane]);
    if (sizes[lane] > 0) reading |= lanes{1} << lane;
  }
  request from(w, reading, bytes, o.flags & copy_flags::global_is_32 ? base_is_32 : 0);
  fill_addresses(from, o.a, o.imm);
  if (reading) {
    check_alignment(from, "cp.async from global memory");
    // Whole reads go together; what is cut short is looked at on its own.
    lanes whole = 0;
    for (lanes rest = reading; rest; rest &= rest - 1)
      if (sizes[std::countr_zero(rest)] == bytes) whole |= rest & ~(rest - 1);
    const auto look = [&](lanes who, uint32_t size) {
      request part(w, who, size, from.flags);
      std::memcpy(part.at, from.at, sizeof from.at);
      check_global(part, "cp.async");
      if (w.block->of.how.check) check_global_written(part);
      count_global(part, false);
    };
    if (whole) look(whole, bytes);
    for (lanes rest = reading & ~whole; rest; rest &= rest - 1) look(rest & ~(rest - 1), sizes[std::countr_zero(rest)]);
  }

  if (!w.copies) w.copies = std::make_shared<copies>();
  for (lanes rest = active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    copies::one c{};
    c.to = static_cast<uint32_t>(to.at[lane]);
    c.bytes = static_cast<uint8_t>(bytes);
    c.lane = static_cast<int8_t>(lane);
    c.group = w.copies->committed[lane];
    if (sizes[lane] > 0) std::memcpy(c.data, device_memory::host(from.at[lane]), sizes[lane]);
    shared.begin_copy(c.to, bytes, w.number, lane);
    w.copies->under_way.push_back(c);
  }
  return flow::next;
}

flow commit(warp& w, const op&, lanes active) {
  if (!w.copies) w.copies = std::make_shared<copies>();
  for (lanes rest = active; rest; rest &= rest - 1) ++w.copies->committed[std::countr_zero(rest)];
  return flow::next;
}

// The newest imm groups may still be under way; copies that are in no group yet are not waited for.
flow wait_group(warp& w, const op& o, lanes active) {
  apply(w, false, [&](const copies::one& c) {
    const uint32_t committed = w.copies->committed[c.lane];
    return (active >> c.lane & 1) && c.group < committed && committed - c.group > o.imm;
  });
  return flow::next;
}

flow wait_all(warp& w, const op&, lanes active) {
  finish_copies(w, active);
  return flow::next;
}

void bind_issue(decoder& d) {
  const int cache = d.take_one_of({"ca", "cg"});
  if (cache < 0) d.refuse("cp.async wants .ca or .cg");
  if (d.take_one_of({"shared", "shared::cta"}) < 0 || !d.take("global")) d.refuse("cp.async copies from .global to .shared");
  bool hint = false;
  while (d.more_modifiers()) {
    if (d.take("L2::cache_hint"))
      hint = true;
    else if (d.take_one_of({"L2::64B", "L2::128B", "L2::256B"}) < 0)
      break;
  }
  const size_t operands = d.count() - (hint ? 1 : 0);
  if (operands < 3 || operands > 4 || d.count() < 3) d.refuse("cp.async has another number of operands");
  int64_t size = 0;
  if (!d.integer_of(d.operand(2), size) || (size != 4 && size != 8 && size != 16)) d.refuse("cp.async copies 4, 8 or 16 bytes");
  if (cache == 1 && size != 16) d.refuse("cp.async.cg copies 16 bytes");
  uint16_t flags = static_cast<uint16_t>(size);
  slot source_size = no_slot, ignore = no_slot;
  if (operands == 4) {
    bool negated = false;
    if (d.is_register(d.operand(3)) && d.is_predicate(d.operand(3))) {
      ignore = d.predicate(d.operand(3), negated);
      flags |= copy_flags::ignores | (negated ? copy_flags::ignore_negated : 0);
    } else {
      int64_t constant = 0;
      if (d.integer_of(d.operand(3), constant) && (constant < 0 || constant > size)) d.refuse("a source size beyond the size");
      source_size = d.source(3, type::u32);
    }
  }
  if (hint) d.source(d.count() - 1, type::b64);
  space in_shared = space::shared, in_global = space::global;
  const place to = take_place(d, d.operand(0), in_shared), from = take_place(d, d.operand(1), in_global);
  const slot* more = d.keep({static_cast<slot>(to.offset), static_cast<slot>(to.offset >> 32)});
  op& o = d.emit(issue, work::copy);
  o.d = to.base;
  o.a = from.base;
  o.b = source_size;
  o.c = ignore;
  o.imm = from.offset;
  o.more = more;
  o.flags = static_cast<uint16_t>(flags | (to.flags & base_is_32 ? copy_flags::shared_is_32 : 0) |
                                  (from.flags & base_is_32 ? copy_flags::global_is_32 : 0));
}

}  // namespace

void finish_copies(warp& w, lanes who, bool for_mbarrier) {
  apply(w, for_mbarrier, [&](const copies::one& c) { return who >> c.lane & 1; });
}

void bind_copy_arrive(decoder& d);  // mbarrier.cc

namespace {

void bind_copy(decoder& d) {
  if (!d.take("async")) d.refuse("only cp.async is known");
  if (d.take("commit_group")) {
    d.want(0, 0);
    d.emit(commit, work::copy);
  } else if (d.take("wait_group")) {
    d.want(1, 1);
    int64_t pending = 0;
    if (!d.integer_of(d.operand(0), pending) || pending < 0) d.refuse("wait_group wants a constant");
    d.emit(wait_group, work::copy).imm = static_cast<uint64_t>(pending);
  } else if (d.take("wait_all")) {
    d.want(0, 0);
    d.emit(wait_all, work::copy);
  } else if (d.take("mbarrier")) {
    bind_copy_arrive(d);
  } else {
    bind_issue(d);
  }
}

}  // namespace

void register_copy(registry& r) { r.add("cp", bind_copy); }

}  // namespace ptxvm
