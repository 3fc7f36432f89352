// Extended precision: add.cc, addc, sub.cc, subc, mad.cc, madc. The carry flag of each lane is a bit of warp::carry; a subtraction
// leaves the borrow there.
#pragma once
#include "ptxvm/integer_bind.inl.h"

namespace ptxvm::PTXVM_ISA {

// op::flags
constexpr uint16_t carry_in = 1, carry_out = 2, subtract = 4, high_part = 8;

template <class T>
flow chained(warp& w, const op& o, lanes active) {
  using U = std::make_unsigned_t<T>;
  const bool product = o.c != no_slot;
  const U* const a = w.lanes_of<U>(o.a);
  const U* const b = w.lanes_of<U>(o.b);
  const U* const c = product ? w.lanes_of<U>(o.c) : nullptr;
  U* const to = w.lanes_of<U>(o.d);
  for (lanes left = active; left; left &= left - 1) {
    const int i = std::countr_zero(left);
    U x = a[i], y = b[i];
    if (product) {
      const T p = static_cast<T>(x), q = static_cast<T>(y);
      x = o.flags & high_part ? static_cast<U>(times_high::of(p, q)) : static_cast<U>(times_low::of(x, y));
      y = c[i];
    }
    const U in = o.flags & carry_in ? w.carry >> i & 1 : 0;
    const unsigned __int128 wide =
        o.flags & subtract ? static_cast<unsigned __int128>(x) - y - in : static_cast<unsigned __int128>(x) + y + in;
    to[i] = static_cast<U>(wide);
    if (o.flags & carry_out) w.carry = (w.carry & ~(1u << i)) | static_cast<lanes>(wide >> (8 * sizeof(U)) & 1) << i;
  }
  return flow::next;
}

inline void emit_chained(decoder& d, uint16_t flags, bool product) {
  const type t = d.take_type();
  if (t != type::u32 && t != type::s32 && t != type::u64 && t != type::s64) refuse_type(d, t);
  d.want(product ? 4 : 3, product ? 4 : 3);
  const handler run = with_integer(d, t, [](auto x) -> handler { return chained<decltype(x)>; });
  emit_like(d, run, work::integer, t).flags = flags;
}

inline void bind_add(decoder& d) {
  if (d.take("cc")) return emit_chained(d, carry_out, false);
  bind_sum<plus, plus_sat>(d);
}
inline void bind_sub(decoder& d) {
  if (d.take("cc")) return emit_chained(d, subtract | carry_out, false);
  bind_sum<minus, minus_sat>(d);
}
inline void bind_addc(decoder& d) {
  const bool out = d.take("cc");
  emit_chained(d, carry_in | (out ? carry_out : 0), false);
}
inline void bind_subc(decoder& d) {
  const bool out = d.take("cc");
  emit_chained(d, subtract | carry_in | (out ? carry_out : 0), false);
}
inline void bind_madc(decoder& d) {
  const int part = d.take_one_of({"lo", "hi"});
  if (part < 0) d.refuse("madc wants .lo or .hi");
  const bool out = d.take("cc");
  emit_chained(d, carry_in | (out ? carry_out : 0) | (part ? high_part : 0), true);
}
inline void bind_mad_or_carry(decoder& d) {
  const auto& modifiers = d.in().modifiers;
  if (modifiers.size() == 3 && modifiers[1] == "cc") {
    const int part = d.take_one_of({"lo", "hi"});
    if (part < 0) d.refuse("mad.cc wants .lo or .hi");
    d.take("cc");
    return emit_chained(d, carry_out | (part ? high_part : 0), true);
  }
  bind_mad(d);
}

}  // namespace ptxvm::PTXVM_ISA
