#include "ptxvm/call.h"

#include <algorithm>
#include <cstring>

#include "ptxvm/run.h"

namespace ptxvm {
namespace {

using kind = ast::operand::kind;

// op::more: how many arguments, a `passed` for each, how many results, a `passed` for each.
struct passed {
  slot in_register;  // 0: `here` is an offset in the caller's parameters, else a slot
  slot here, there;  // the caller's place, the called function's offset
  slot bytes;
};
constexpr size_t words_of_passed = sizeof(passed) / sizeof(slot);

const passed* list_at(const slot* more, uint32_t& count) {
  count = more[0];
  return reinterpret_cast<const passed*>(more + 1);
}

const slot* behind(const slot* more) { return more + 1 + more[0] * words_of_passed; }

// The lane's place in the caller.
std::byte* place(frame& caller, const passed& p, int lane) {
  if (p.in_register) return caller.registers + p.here + static_cast<size_t>(lane) * p.bytes;
  return caller.params.data() + static_cast<size_t>(lane) * caller.in->param_bytes + p.here;
}

std::byte* place_in_callee(frame& f, uint32_t base, const passed& p, int lane) {
  if (base + p.there + p.bytes > f.in->param_bytes) fail(status::invalid_pc, lane, "a call passes more than ", f.in->name, " takes");
  return f.params.data() + static_cast<size_t>(lane) * f.in->param_bytes + base + p.there;
}

void enter_with_arguments(warp& w, const op& o, const function& to, frame* caller, lanes who) {
  frame& f = enter(w, to, caller, &o, who);
  uint32_t count;
  const passed* const list = list_at(o.more, count);
  for (uint32_t i = 0; i < count; ++i)
    for_each_lane(who, [&](int lane) { std::memcpy(place_in_callee(f, 0, list[i], lane), place(*caller, list[i], lane), list[i].bytes); });
}

flow run_call(warp& w, const op& o, lanes active) {
  enter_with_arguments(w, o, *w.block->of.code.functions[o.imm], &w.top(), active);
  return flow::moved;
}

// The lanes of each function called go together. op::imm is the prototype's function::shape.
flow run_indirect_call(warp& w, const op& o, lanes active) {
  const program& code = w.block->of.code;
  const uint64_t* const addresses = w.lanes_of<uint64_t>(o.a);
  frame* const caller = &w.top();
  while (active) {
    const int first = first_lane(active);
    const uint64_t address = addresses[first], number = (address - code.addresses_of_code) / 16;
    if (address < code.addresses_of_code || address % 16 != 0 || number == 0 || number >= code.functions.size())
      fail(status::invalid_pc, first, "call of 0x", std::hex, address, ", which is no function's address");
    const function& to = *code.functions[number];
    if (to.shape != o.imm) fail(status::invalid_pc, first, "call of ", to.name, " by a prototype with other parameters or results");
    lanes same = 0;
    for_each_lane(active, [&](int lane) { same |= lanes{addresses[lane] == address} << lane; });
    enter_with_arguments(w, o, to, caller, same);
    active &= ~same;
  }
  return flow::moved;
}

passed decode_passed(decoder& d, const ast::operand& o, const ast::variable& formal, bool result) {
  passed p{0, 0, static_cast<slot>(formal.offset), static_cast<slot>(formal.bytes)};
  if (o.is == kind::symbol && o.of->where == space::param) {
    const auto& own = d.from().params;
    if (d.from().kernel && std::find(own.begin(), own.end(), o.of) != own.end())
      d.refuse("'" + o.name + "', a parameter of the kernel, is passed on: this machine wants a .param of the call");
    if (o.of->bytes != formal.bytes)
      d.refuse("'" + o.name + "' has " + std::to_string(o.of->bytes) + " bytes, wanted " + std::to_string(formal.bytes));
    p.here = static_cast<slot>(d.address_of(*o.of) + static_cast<uint64_t>(o.offset));
    return p;
  }
  if (result && o.is == kind::sink) d.refuse("'_' for a result is not supported here");
  if (formal.bytes != width_of(formal.element)) d.refuse("'" + o.name + "' is passed for an array");
  p.in_register = 1;
  p.here = result ? d.target(o, formal.element) : d.source(o, formal.element);
  return p;
}

void append(decoder& d, const ast::operand& list, const std::vector<const ast::variable*>& formals, bool results, std::vector<slot>& more) {
  if (list.is != kind::list) d.refuse("wanted a list in parentheses");
  if (list.parts.size() != formals.size())
    d.refuse(std::to_string(list.parts.size()) + (results ? " results" : " arguments") + ", wanted " + std::to_string(formals.size()));
  more.push_back(static_cast<slot>(formals.size()));
  for (size_t i = 0; i < formals.size(); ++i) {
    const passed p = decode_passed(d, list.parts[i], *formals[i], results);
    more.insert(more.end(), {p.in_register, p.here, p.there, p.bytes});
  }
}

std::vector<uint32_t> offsets(decoder& d, const slot* more) {
  uint32_t count;
  const passed* const list = list_at(more, count);
  std::vector<uint32_t> all;
  for (uint32_t i = 0; i < count; ++i) {
    if (list[i].in_register) d.refuse("functions of the machine take their arguments in .param variables");
    all.push_back(list[i].here);
  }
  return all;
}

}  // namespace

void decode_call(decoder& d) {
  d.take("uni");  // a promise that costs nothing to do without
  d.want(3, 4);
  const ast::operand& to = d.operand(1);
  const bool indirect = to.is == kind::reg;
  if (indirect && (d.count() != 4 || d.operand(3).is != kind::code)) d.refuse("an indirect call needs the name of a .callprototype");
  if (!indirect && to.is != kind::code) d.refuse("'" + to.name + "' is no function");
  const ast::function& formal = indirect ? *d.operand(3).callee : *to.callee;
  std::vector<slot> more;
  append(d, d.operand(2), formal.params, false, more);
  append(d, d.operand(0), formal.returns, true, more);
  if (!indirect && !formal.defined) {
    if (!decode_system_call(d, formal.name, offsets(d, more.data()), offsets(d, behind(more.data()))))
      d.refuse("'" + formal.name + "' is defined nowhere, and the machine itself provides only vprintf and __assertfail");
    return;
  }
  const slot address = indirect ? d.source(to, type::b64) : no_slot;
  const uint64_t target = indirect ? formal.params_bytes << 32 | formal.returns_bytes : d.callee(formal);
  const slot* const kept = d.keep(more);
  op& o = d.emit(indirect ? run_indirect_call : run_call, work::control);
  o.a = address;
  o.imm = target;
  o.more = kept;
}

void take_results(warp& w, lanes active) {
  frame& f = w.top();
  uint32_t count;
  const passed* const list = list_at(behind(f.call->more), count);
  for (uint32_t i = 0; i < count; ++i)
    for_each_lane(active, [&](int lane) {
      std::memcpy(place(*f.caller, list[i], lane), place_in_callee(f, f.in->returns_at, list[i], lane), list[i].bytes);
    });
}

}  // namespace ptxvm
