// Which modifiers the instructions of bits.inl.h take.
#pragma once
#include "ptxvm/bits.inl.h"

namespace ptxvm::PTXVM_ISA {

template <class F>
void bind_logic(decoder& d) {
  const type t = d.take_type();
  d.want(3, 3);
  if (t == type::pred) {
    bool not_a = false, not_b = false;
    const slot to = d.predicate_target(d.operand(0)), a = d.predicate(d.operand(1), not_a), b = d.predicate(d.operand(2), not_b);
    op& o = d.emit(of_predicates<F>, work::logic);
    o.d = to, o.a = a, o.b = b, o.flags = static_cast<uint16_t>(not_a | not_b << 1);
    return;
  }
  emit_like(d,
            with_bits(d, t,
                      [](auto x) -> handler {
                        using T = decltype(x);
                        return two<F, T, T, T>;
                      }),
            work::logic, t);
}

inline void bind_not(decoder& d) {
  const type t = d.take_type();
  d.want(2, 2);
  if (t == type::pred) {
    bool not_a = false;
    const slot to = d.predicate_target(d.operand(0)), a = d.predicate(d.operand(1), not_a);
    op& o = d.emit(not_predicate, work::logic);
    o.d = to, o.a = a, o.flags = not_a;
    return;
  }
  emit_like(d,
            with_bits(d, t,
                      [](auto x) -> handler {
                        using T = decltype(x);
                        return one<bit_not, T, T>;
                      }),
            work::logic, t);
}

inline void bind_cnot(decoder& d) {
  const type t = d.take_type();
  d.want(2, 2);
  emit_like(d,
            with_bits(d, t,
                      [](auto x) -> handler {
                        using T = decltype(x);
                        return one<is_zero, T, T>;
                      }),
            work::logic, t);
}

inline void bind_lop3(decoder& d) {
  const int combine = d.take_one_of({"or", "and"});
  const type t = d.take_type();
  if (t != type::b32) refuse_type(d, t);
  d.want(combine < 0 ? 5 : 6, combine < 0 ? 5 : 6);
  int64_t table = 0;
  if (!d.integer_of(d.operand(4), table) || table < 0 || table > 255) d.refuse("lop3 wants a table from 0 to 255");
  const ast::operand& first = d.operand(0);
  bool not_q = false;
  const slot* more = nullptr;
  slot to;
  if (combine >= 0) {
    if (first.is != ast::operand::kind::pair) d.refuse("lop3 with .or or .and wants d|p");
    to = d.target(first.parts[0], t);
    const slot p = d.predicate_target(first.parts[1]);
    const slot q = d.predicate(d.operand(5), not_q);
    more = d.keep({p, q});
  } else {
    to = d.target(0, t);
  }
  const slot a = d.source(1, t), b = d.source(2, t), c = d.source(3, t);
  op& o = d.emit(lookup, work::logic);
  o.d = to, o.a = a, o.b = b, o.c = c, o.imm = static_cast<uint64_t>(table), o.more = more;
  o.flags = static_cast<uint16_t>((combine == 1) | not_q << 1);
}

// d, a of type t, then 32-bit operands.
inline op& emit_counted(decoder& d, handler run, type t, type result) {
  const slot to = d.target(0, result), a = d.source(1, t);
  const slot b = d.count() > 2 ? d.source(2, type::u32) : no_slot, c = d.count() > 3 ? d.source(3, type::u32) : no_slot;
  op& o = d.emit(run, work::logic);
  o.d = to, o.a = a, o.b = b, o.c = c;
  return o;
}

inline void bind_shl(decoder& d) {
  const type t = d.take_type();
  d.want(3, 3);
  emit_counted(d,
               with_bits(d, t,
                         [](auto x) -> handler {
                           using T = decltype(x);
                           return two<shift_left, T, T, uint32_t>;
                         }),
               t, t);
}
inline void bind_shr(decoder& d) {
  const type t = d.take_type();
  d.want(3, 3);
  const auto pick = [](auto x) -> handler {
    using T = decltype(x);
    return two<shift_right, T, T, uint32_t>;
  };
  emit_counted(d, t == type::b16 || t == type::b32 || t == type::b64 ? with_bits(d, t, pick) : with_integer(d, t, pick), t, t);
}

template <bool left, bool wrap>
constexpr handler funnel_of = three<funnel<left, wrap>, uint32_t, uint32_t, uint32_t, uint32_t>;

inline void bind_shf(decoder& d) {
  const int way = d.take_one_of({"l", "r"}), mode = d.take_one_of({"clamp", "wrap"});
  const type t = d.take_type();
  d.want(4, 4);
  if (way < 0 || mode < 0 || t != type::b32) refuse_type(d, t);
  emit_like(d,
            way == 0 ? (mode ? funnel_of<true, true> : funnel_of<true, false>) : (mode ? funnel_of<false, true> : funnel_of<false, false>),
            work::logic, t);
}

inline void need_32_or_64(decoder& d, type t) {
  if (t == type::s16 || t == type::u16 || t == type::b16) refuse_type(d, t);
}

inline void bind_bfe(decoder& d) {
  const type t = d.take_type();
  d.want(4, 4);
  need_32_or_64(d, t);
  const auto pick = [](auto x) -> handler {
    using T = decltype(x);
    return three<extract_field, T, T, uint32_t, uint32_t>;
  };
  emit_counted(d, with_integer(d, t, pick), t, t);
}
inline void bind_bfi(decoder& d) {
  const type t = d.take_type();
  d.want(5, 5);
  need_32_or_64(d, t);
  const handler run = with_bits(d, t, [](auto x) -> handler { return insert<decltype(x)>; });
  const slot to = d.target(0, t), a = d.source(1, t), b = d.source(2, t), c = d.source(3, type::u32), n = d.source(4, type::u32);
  const slot* const more = d.keep({n});
  op& o = d.emit(run, work::logic);
  o.d = to, o.a = a, o.b = b, o.c = c, o.more = more;
}
inline void bind_bfind(decoder& d) {
  const bool amount = d.take("shiftamt");
  const type t = d.take_type();
  d.want(2, 2);
  need_32_or_64(d, t);
  const handler run = with_integer(d, t, [&](auto x) -> handler {
    using T = decltype(x);
    if (amount) return one<find_bit<true>, uint32_t, T>;
    return one<find_bit<false>, uint32_t, T>;
  });
  emit_counted(d, run, t, type::u32);
}
template <class F>
void bind_count(decoder& d) {
  const type t = d.take_type();
  d.want(2, 2);
  need_32_or_64(d, t);
  emit_counted(d, with_bits(d, t, [](auto x) -> handler { return one<F, uint32_t, decltype(x)>; }), t, type::u32);
}
inline void bind_brev(decoder& d) {
  const type t = d.take_type();
  d.want(2, 2);
  if (t != type::b32 && t != type::b64) refuse_type(d, t);
  emit_counted(d, t == type::b32 ? handler{one<reversed, uint32_t, uint32_t>} : handler{one<reversed, uint64_t, uint64_t>}, t, t);
}

inline void bind_prmt(decoder& d) {
  const type t = d.take_type();
  const int mode = d.take_one_of({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  d.want(4, 4);
  if (t != type::b32) refuse_type(d, t);
  using U = uint32_t;
  constexpr handler runs[] = {three<permute, U, U, U, U>,         three<permute_mode<0>, U, U, U, U>, three<permute_mode<1>, U, U, U, U>,
                              three<permute_mode<2>, U, U, U, U>, three<permute_mode<3>, U, U, U, U>, three<permute_mode<4>, U, U, U, U>,
                              three<permute_mode<5>, U, U, U, U>};
  emit_like(d, runs[mode + 1], work::logic, t);
}

inline void bind_szext(decoder& d) {
  const int mode = d.take_one_of({"clamp", "wrap"});
  const type t = d.take_type();
  d.want(3, 3);
  if (mode < 0 || (t != type::s32 && t != type::u32)) refuse_type(d, t);
  using U = uint32_t;
  constexpr handler runs[] = {two<extend_from<false, false>, U, U, U>, two<extend_from<false, true>, U, U, U>,
                              two<extend_from<true, false>, U, U, U>, two<extend_from<true, true>, U, U, U>};
  emit_like(d, runs[2 * mode + (t == type::s32)], work::logic, t);
}
inline void bind_bmsk(decoder& d) {
  const int mode = d.take_one_of({"clamp", "wrap"});
  const type t = d.take_type();
  d.want(3, 3);
  if (mode < 0 || t != type::b32) refuse_type(d, t);
  using U = uint32_t;
  emit_like(d, mode ? handler{two<bit_mask<true>, U, U, U>} : handler{two<bit_mask<false>, U, U, U>}, work::logic, t);
}
inline void bind_fns(decoder& d) {
  const type t = d.take_type();
  d.want(4, 4);
  if (t != type::b32) refuse_type(d, t);
  emit_like(d, three<nth_bit, uint32_t, uint32_t, uint32_t, int32_t>, work::logic, t);
}

}  // namespace ptxvm::PTXVM_ISA
