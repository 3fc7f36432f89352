// Which modifiers the instructions of integer.inl.h take.
#pragma once
#include "ptxvm/integer.inl.h"

namespace ptxvm::PTXVM_ISA {

template <class F, class Saturated>
void bind_sum(decoder& d) {
  const bool sat = d.take("sat");
  const type t = d.take_type();
  if (!sat && std::is_same_v<F, plus> && bind_pairs<F>(d, t)) return;
  if (sat && t != type::s32) refuse_type(d, t);
  d.want(3, 3);
  const handler run = with_integer(d, t, [&](auto x) -> handler {
    using T = std::make_unsigned_t<decltype(x)>;
    if (sat) return two<Saturated, int32_t, int32_t, int32_t>;
    return two<F, T, T, T>;
  });
  emit_like(d, run, work::integer, t);
}

template <class F>
void emit_two(decoder& d, type t) {
  const handler run = with_integer(d, t, [](auto x) -> handler {
    using T = decltype(x);
    return two<F, T, T, T>;
  });
  emit_like(d, run, work::integer, t);
}

template <class F>
void bind_two(decoder& d) {
  const type t = d.take_type();
  d.want(3, 3);
  emit_two<F>(d, t);
}

template <class F>
void bind_extreme(decoder& d) {
  const bool relu = d.take("relu");
  const type t = d.take_type();
  d.want(3, 3);
  if (relu) {
    if (t == type::s16x2)
      bind_pairs<not_negative<F>>(d, t);
    else if (t == type::s32)
      emit_like(d, two<not_negative<F>, int32_t, int32_t, int32_t>, work::integer, t);
    else
      refuse_type(d, t);
    return;
  }
  if (bind_pairs<F>(d, t)) return;
  emit_two<F>(d, t);
}

template <class F>
void bind_signed(decoder& d) {
  const type t = d.take_type();
  d.want(2, 2);
  if (t != type::s16 && t != type::s32 && t != type::s64) refuse_type(d, t);
  emit_like(d,
            with_integer(d, t,
                         [](auto x) -> handler {
                           using T = decltype(x);
                           return one<F, T, T>;
                         }),
            work::integer, t);
}

inline void bind_sad(decoder& d) {
  const type t = d.take_type();
  d.want(4, 4);
  const handler run = with_integer(d, t, [](auto x) -> handler {
    using T = decltype(x);
    return three<absolute_difference, T, T, T, T>;
  });
  emit_like(d, run, work::integer, t);
}

inline type doubled(type t) {
  switch (t) {
    case type::s16: return type::s32;
    case type::u16: return type::u32;
    case type::s32: return type::s64;
    case type::u32: return type::u64;
    default: return type::none;
  }
}

inline void bind_mul(decoder& d) {
  const int part = d.take_one_of({"lo", "hi", "wide"});
  const type t = d.take_type();
  d.want(3, 3);
  if (part < 0) refuse_type(d, t);
  if (part == 2) {
    if (doubled(t) == type::none) refuse_type(d, t);
    const handler run = with_integer(d, t, [&](auto x) -> handler {
      using T = decltype(x);
      if constexpr (sizeof(T) < 8)
        return two<times_wide, twice<T>, T, T>;
      else
        refuse_type(d, t);
    });
    const slot to = d.target(0, doubled(t)), a = d.source(1, t), b = d.source(2, t);
    op& o = d.emit(run, work::integer);
    o.d = to, o.a = a, o.b = b;
    return;
  }
  const handler run = with_integer(d, t, [&](auto x) -> handler {
    using T = decltype(x);
    if (part == 1) return two<times_high, T, T, T>;
    return two<times_low, std::make_unsigned_t<T>, std::make_unsigned_t<T>, std::make_unsigned_t<T>>;
  });
  emit_like(d, run, work::integer, t);
}

inline void bind_mad(decoder& d) {
  const int part = d.take_one_of({"lo", "hi", "wide"});
  const bool sat = d.take("sat");
  const type t = d.take_type();
  d.want(4, 4);
  if (part < 0 || (sat && (part != 1 || t != type::s32))) refuse_type(d, t);
  if (part == 2) {
    if (doubled(t) == type::none) refuse_type(d, t);
    const handler run = with_integer(d, t, [&](auto x) -> handler {
      using T = decltype(x);
      if constexpr (sizeof(T) < 8)
        return three<multiply_add<times_wide>, twice<T>, T, T, twice<T>>;
      else
        refuse_type(d, t);
    });
    const slot to = d.target(0, doubled(t)), a = d.source(1, t), b = d.source(2, t), c = d.source(3, doubled(t));
    op& o = d.emit(run, work::integer);
    o.d = to, o.a = a, o.b = b, o.c = c;
    return;
  }
  const handler run = with_integer(d, t, [&](auto x) -> handler {
    using T = decltype(x);
    using U = std::make_unsigned_t<T>;
    if (sat) return three<multiply_add_high_sat, int32_t, int32_t, int32_t, int32_t>;
    if (part == 1) return three<multiply_add<times_high>, T, T, T, T>;
    return three<multiply_add<times_low>, U, U, U, U>;
  });
  emit_like(d, run, work::integer, t);
}

inline void bind_mul24(decoder& d) {
  const int part = d.take_one_of({"lo", "hi"});
  const type t = d.take_type();
  d.want(3, 3);
  if (part < 0 || (t != type::s32 && t != type::u32)) refuse_type(d, t);
  const bool is_signed = t == type::s32;
  const handler run = part ? (is_signed ? handler{two<times_24<true>, int32_t, int32_t, int32_t>}
                                        : handler{two<times_24<true>, uint32_t, uint32_t, uint32_t>})
                           : (is_signed ? handler{two<times_24<false>, int32_t, int32_t, int32_t>}
                                        : handler{two<times_24<false>, uint32_t, uint32_t, uint32_t>});
  emit_like(d, run, work::integer, t);
}

template <bool high, class T>
constexpr handler mad24 = three<multiply_add<times_24<high>>, T, T, T, T>;

inline void bind_mad24(decoder& d) {
  const int part = d.take_one_of({"lo", "hi"});
  const bool sat = d.take("sat");
  const type t = d.take_type();
  d.want(4, 4);
  if (part < 0 || (t != type::s32 && t != type::u32) || (sat && (part != 1 || t != type::s32))) refuse_type(d, t);
  if (sat) {
    emit_like(d, three<multiply_add_24_high_sat, int32_t, int32_t, int32_t, int32_t>, work::integer, t);
    return;
  }
  const bool is_signed = t == type::s32;
  emit_like(
      d, part ? (is_signed ? mad24<true, int32_t> : mad24<true, uint32_t>) : (is_signed ? mad24<false, int32_t> : mad24<false, uint32_t>),
      work::integer, t);
}

inline bool take_dot_type(decoder& d) {
  const type t = d.take_type();
  if (t != type::s32 && t != type::u32) refuse_type(d, t);
  return t == type::s32;
}

inline void bind_dp4a(decoder& d) {
  const bool a = take_dot_type(d), b = take_dot_type(d);
  d.want(4, 4);
  using U = uint32_t;
  constexpr handler runs[] = {three<dot_4<uint8_t, uint8_t>, U, U, U, U>, three<dot_4<uint8_t, int8_t>, U, U, U, U>,
                              three<dot_4<int8_t, uint8_t>, U, U, U, U>, three<dot_4<int8_t, int8_t>, U, U, U, U>};
  emit_like(d, runs[2 * a + b], work::integer, type::b32);
}

template <bool high>
constexpr handler dp2a[] = {three<dot_2<uint16_t, uint8_t, high>, uint32_t, uint32_t, uint32_t, uint32_t>,
                            three<dot_2<uint16_t, int8_t, high>, uint32_t, uint32_t, uint32_t, uint32_t>,
                            three<dot_2<int16_t, uint8_t, high>, uint32_t, uint32_t, uint32_t, uint32_t>,
                            three<dot_2<int16_t, int8_t, high>, uint32_t, uint32_t, uint32_t, uint32_t>};

inline void bind_dp2a(decoder& d) {
  const int part = d.take_one_of({"lo", "hi"});
  if (part < 0) d.refuse("dp2a wants .lo or .hi");
  const bool a = take_dot_type(d), b = take_dot_type(d);
  d.want(4, 4);
  emit_like(d, (part ? dp2a<true> : dp2a<false>)[2 * a + b], work::integer, type::b32);
}

}  // namespace ptxvm::PTXVM_ISA
