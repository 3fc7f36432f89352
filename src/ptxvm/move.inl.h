// mov: copies, packing and unpacking of vectors, predicates, and the registers that tell the time. Ends with the table of all
// instructions on integers.
#pragma once
#include "ptxvm/bits_bind.inl.h"
#include "ptxvm/carry.inl.h"
#include "ptxvm/compare_bind.inl.h"

namespace ptxvm::PTXVM_ISA {

template <class T, int per_lane>
flow copied(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  fill<T, per_lane>(w, o.d, active, [=](int i) { return a[i]; });
  return flow::next;
}

// The first part is the lowest.
template <class Part, int n>
flow packed(warp& w, const op& o, lanes active) {
  Part* const to = w.lanes_of<Part>(o.d);
  for (int j = 0; j < n; ++j) {
    const Part* const part = w.lanes_of<Part>(o.more[j]);
    if (active == all_lanes)
      for (int i = 0; i < warp_size; ++i) to[i * n + j] = part[i];
    else
      for (lanes left = active; left; left &= left - 1) to[std::countr_zero(left) * n + j] = part[std::countr_zero(left)];
  }
  return flow::next;
}
template <class Part, class Whole>
flow packed_pair(warp& w, const op& o, lanes active) {
  const Part* const low = w.lanes_of<Part>(o.more[0]);
  const Part* const high = w.lanes_of<Part>(o.more[1]);
  fill<Whole>(w, o.d, active, [=](int i) { return static_cast<Whole>(static_cast<Whole>(high[i]) << 8 * sizeof(Part) | low[i]); });
  return flow::next;
}
template <class Part, int n>
flow unpacked(warp& w, const op& o, lanes active) {
  const Part* const a = w.lanes_of<Part>(o.a);
  for (int j = 0; j < n; ++j) fill<Part>(w, o.more[j], active, [=](int i) { return a[i * n + j]; });
  return flow::next;
}

// op::flags: 0, the predicate a; 1, its negation; 2, op::imm.
inline flow copied_predicate(warp& w, const op& o, lanes active) {
  put(w, o.d, active, o.flags == 2 ? (o.imm ? all_lanes : 0) : o.flags == 1 ? ~w.predicate(o.a) : w.predicate(o.a));
  return flow::next;
}

// All active lanes read one time. op::flags: the high word.
template <class T>
flow time_told(warp& w, const op& o, lanes active) {
  const T now = static_cast<T>(nanoseconds() >> (o.flags ? 32 : 0));
  fill<T>(w, o.d, active, [=](int) { return now; });
  return flow::next;
}

inline void bind_mov_predicate(decoder& d) {
  d.want(2, 2);
  const slot to = d.predicate_target(d.operand(0));
  int64_t value = 0;
  bool negated = false;
  const bool constant = d.integer_of(d.operand(1), value);
  const slot a = constant ? no_slot : d.predicate(d.operand(1), negated);
  op& o = d.emit(copied_predicate, work::move);
  o.d = to, o.a = a, o.imm = value != 0, o.flags = constant ? 2 : negated;
}

// How a vector's parts lie: their type and number.
inline type part_of(decoder& d, type whole, size_t n) {
  const uint32_t bytes = width_of(whole);
  if (whole != type::b32 && whole != type::b64 && whole != type::b128) refuse_type(d, whole);
  if (n == 2) return bytes == 4 ? type::b16 : bytes == 8 ? type::b32 : type::b64;
  if (n == 4 && bytes > 4) return bytes == 8 ? type::b16 : type::b32;
  d.refuse("mov takes no vector of this many parts here");
}

inline void bind_mov_vector(decoder& d, type whole) {
  const bool packs = d.operand(1).is == ast::operand::kind::vector;
  if (packs && d.operand(0).is == ast::operand::kind::vector) d.refuse("mov from a vector to a vector is not understood");
  const std::vector<ast::operand>& parts = d.operand(packs ? 1 : 0).parts;
  const size_t n = parts.size();
  const type part = part_of(d, whole, n);
  slot slots[4];
  for (size_t j = 0; j < n; ++j) slots[j] = packs ? d.source(parts[j], part) : d.target(parts[j], part);
  const slot* const more = n == 2 ? d.keep({slots[0], slots[1]}) : d.keep({slots[0], slots[1], slots[2], slots[3]});
  const slot other = packs ? d.target(0, whole) : d.source(1, whole);
  const uint32_t bytes = width_of(part);
  handler run;
  if (n == 2)
    run = bytes == 2   ? (packs ? packed_pair<uint16_t, uint32_t> : unpacked<uint16_t, 2>)
          : bytes == 4 ? (packs ? packed_pair<uint32_t, uint64_t> : unpacked<uint32_t, 2>)
                       : (packs ? packed<uint64_t, 2> : unpacked<uint64_t, 2>);
  else
    run = bytes == 2 ? (packs ? packed<uint16_t, 4> : unpacked<uint16_t, 4>) : (packs ? packed<uint32_t, 4> : unpacked<uint32_t, 4>);
  op& o = d.emit(run, work::move);
  (packs ? o.d : o.a) = other, o.more = more;
}

// Registers whose value changes while a kernel runs; the others are the decoder's.
inline bool bind_mov_time(decoder& d, type t) {
  const ast::operand& from = d.operand(1);
  if (from.is != ast::operand::kind::special) return false;
  const std::string_view name = from.name;
  const bool high = name == "%clock_hi" || name == "%globaltimer_hi";
  const bool narrow = high || name == "%clock" || name == "%globaltimer_lo";
  if (!narrow && name != "%clock64" && name != "%globaltimer") return false;
  if (width_of(t) != (narrow ? 4u : 8u)) refuse_type(d, t);
  const slot to = d.target(0, t);
  op& o = d.emit(narrow ? handler{time_told<uint32_t>} : handler{time_told<uint64_t>}, work::move);
  o.d = to, o.flags = high;
  return true;
}

inline void bind_mov(decoder& d) {
  const type t = d.take_type();
  if (t == type::pred) return bind_mov_predicate(d);
  d.want(2, 2);
  if (t != type::b128) need_plain_type(d, t);
  if (d.operand(0).is == ast::operand::kind::vector || d.operand(1).is == ast::operand::kind::vector) return bind_mov_vector(d, t);
  if (bind_mov_time(d, t)) return;
  const slot to = d.target(0, t), a = d.source(1, t);
  const uint32_t width = width_of(t);
  op& o = d.emit(width == 2   ? handler{copied<uint16_t, 1>}
                 : width == 4 ? handler{copied<uint32_t, 1>}
                 : width == 8 ? handler{copied<uint64_t, 1>}
                              : handler{copied<uint64_t, 2>},
                 work::move);
  o.d = to, o.a = a;
}

constexpr binding integers[] = {
    {"add", bind_add},
    {"addc", bind_addc},
    {"sub", bind_sub},
    {"subc", bind_subc},
    {"mul", bind_mul},
    {"mad", bind_mad_or_carry},
    {"madc", bind_madc},
    {"mul24", bind_mul24},
    {"mad24", bind_mad24},
    {"div", bind_two<quotient>},
    {"rem", bind_two<remainder>},
    {"abs", bind_signed<magnitude>},
    {"neg", bind_signed<negative>},
    {"min", bind_extreme<lesser>},
    {"max", bind_extreme<greater>},
    {"sad", bind_sad},
    {"dp4a", bind_dp4a},
    {"dp2a", bind_dp2a},
    {"and", bind_logic<bit_and>},
    {"or", bind_logic<bit_or>},
    {"xor", bind_logic<bit_xor>},
    {"not", bind_not},
    {"cnot", bind_cnot},
    {"lop3", bind_lop3},
    {"shl", bind_shl},
    {"shr", bind_shr},
    {"shf", bind_shf},
    {"bfe", bind_bfe},
    {"bfi", bind_bfi},
    {"bfind", bind_bfind},
    {"popc", bind_count<count_ones>},
    {"clz", bind_count<leading_zeros>},
    {"brev", bind_brev},
    {"prmt", bind_prmt},
    {"szext", bind_szext},
    {"bmsk", bind_bmsk},
    {"fns", bind_fns},
    {"setp", bind_setp},
    {"set", bind_set},
    {"selp", bind_selp},
    {"slct", bind_slct},
    {"mov", bind_mov},
};
bindings integer_bindings() { return {integers, std::size(integers)}; }

}  // namespace ptxvm::PTXVM_ISA
