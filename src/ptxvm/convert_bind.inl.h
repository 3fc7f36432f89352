// Loops for the conversions that kernels are full of, and what cvt takes.
#pragma once
#include "ptxvm/convert.inl.h"

namespace ptxvm::PTXVM_ISA {

template <class D, class S>
flow cast(warp& w, const op& o, lanes active) {
  const S* const a = w.lanes_of<S>(o.a);
  fill<D>(w, o.d, active, [=](int i) { return static_cast<D>(a[i]); });
  return flow::next;
}

struct f32_to_f16 {
  static uint16_t of(float x) { return to_f16(x); }
};
struct f32_to_bf16 {
  static uint16_t of(float x) { return to_bf16(x); }
};
struct f16_to_f32 {
  static float of(uint16_t x) { return from_f16(x); }
};
struct bf16_to_f32 {
  static float of(uint16_t x) { return from_bf16(x); }
};
struct f64_to_f32 {
  static float of(double x) { return canonical(static_cast<float>(x)); }
};
struct f32_to_tf32_away {
  static uint32_t of(uint32_t u) { return (u & 0x7fffffffu) > 0x7f800000u ? 0x7fffffffu : (u + 0x1000u) & 0xffffe000u; }
};
struct f32_to_tf32_even {
  static uint32_t of(uint32_t u) { return (u & 0x7fffffffu) > 0x7f800000u ? 0x7fffffffu : (u + 0xfffu + (u >> 13 & 1)) & 0xffffe000u; }
};
template <uint8_t mode>
struct f32_to_s32 {
  static int32_t of(float a) {
    const float x = mode == nearest_even  ? std::nearbyint(a)
                    : mode == toward_zero ? std::trunc(a)
                    : mode == downward    ? std::floor(a)
                                          : std::ceil(a);
    const int32_t inside = static_cast<int32_t>(x >= -0x1p31f && x < 0x1p31f ? x : 0.0f);
    return x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : inside;
  }
};
template <uint8_t mode>
struct f32_to_whole {
  static float of(float a) {
    return canonical(mode == nearest_even  ? std::nearbyint(a)
                     : mode == toward_zero ? std::trunc(a)
                     : mode == downward    ? std::floor(a)
                                           : std::ceil(a));
  }
};

template <class As>
flow pair_of_f32(warp& w, const op& o, lanes active) {
  const float* const a = w.lanes_of<float>(o.a);
  const float* const b = w.lanes_of<float>(o.b);
  fill<uint32_t>(w, o.d, active, [=](int i) { return static_cast<uint32_t>(As::down(a[i])) << 16 | As::down(b[i]); });
  return flow::next;
}

template <class D>
handler cast_to(type from) {
  switch (from) {
    case type::u8: return cast<D, uint8_t>;
    case type::u16: return cast<D, uint16_t>;
    case type::s16: return cast<D, int16_t>;
    case type::u32: return cast<D, uint32_t>;
    case type::s32: return cast<D, int32_t>;
    case type::u64: return cast<D, uint64_t>;
    case type::s64: return cast<D, int64_t>;
    default: return nullptr;
  }
}

// Null where the general path must do it.
inline handler fast_conversion(const conversion& c) {
  if (c.ftz || c.sat || c.relu || c.finite || c.to_width != width_of(c.to == type::tf32 ? type::f32 : c.to) ||
      c.from_width != width_of(c.from))
    return nullptr;
  if (is_integer(c.from)) {
    if (c.to == type::f32 && c.rounding == nearest_even) return cast_to<float>(c.from);
    if (c.to == type::f64 && c.rounding == nearest_even) return cast_to<double>(c.from);
    if (!is_integer(c.to)) return nullptr;
    return c.to_width == 2   ? cast_to<uint16_t>(c.from)
           : c.to_width == 4 ? cast_to<uint32_t>(c.from)
           : c.to_width == 8 ? cast_to<uint64_t>(c.from)
                             : nullptr;
  }
  if (c.from == type::f32) {
    if (c.rounding == nearest_even) {
      if (c.to == type::f16) return one<f32_to_f16, uint16_t, float>;
      if (c.to == type::bf16) return one<f32_to_bf16, uint16_t, float>;
      if (c.to == type::tf32) return one<f32_to_tf32_even, uint32_t, uint32_t>;
    }
    if (c.to == type::tf32 && c.rounding == ties_away) return one<f32_to_tf32_away, uint32_t, uint32_t>;
    if (c.to == type::f64) return cast<double, float>;
    if (c.rounding != no_rounding && c.rounding & integral && c.rounding < integral + 4) {
      constexpr handler to_s32[] = {one<f32_to_s32<0>, int32_t, float>, one<f32_to_s32<1>, int32_t, float>,
                                    one<f32_to_s32<2>, int32_t, float>, one<f32_to_s32<3>, int32_t, float>};
      constexpr handler whole[] = {one<f32_to_whole<0>, float, float>, one<f32_to_whole<1>, float, float>,
                                   one<f32_to_whole<2>, float, float>, one<f32_to_whole<3>, float, float>};
      if (c.to == type::s32) return to_s32[c.rounding & 3];
      if (c.to == type::f32) return whole[c.rounding & 3];
    }
    return nullptr;
  }
  if (c.to == type::f32) {
    if (c.from == type::f16 && c.rounding == no_rounding) return one<f16_to_f32, float, uint16_t>;
    if (c.from == type::bf16 && c.rounding == no_rounding) return one<bf16_to_f32, float, uint16_t>;
    if (c.from == type::f64 && c.rounding == nearest_even) return one<f64_to_f32, float, double>;
  }
  return nullptr;
}

// In the operand list's memory, which lives as long as the program.
inline const slot* keep_conversion(decoder& d, const conversion& c) {
  slot words[sizeof(conversion) / sizeof(slot) + 1] = {};
  static_assert(alignof(conversion) <= alignof(slot));
  std::memcpy(words, &c, sizeof(c));
  static_assert(std::size(words) <= 5);
  return d.keep({words, words + std::size(words)});
}

// --- binders ---

inline bool widens(type from, type to) {
  return (from == type::f16 && (to == type::f32 || to == type::f64)) || (from == type::bf16 && (to == type::f32 || to == type::f64)) ||
         (from == type::f32 && to == type::f64);
}

// Which roundings and modifiers two types go with.
inline void check_conversion(decoder& d, const conversion& c) {
  const bool whole = c.rounding != no_rounding && c.rounding & integral, rounds = c.rounding != no_rounding && !whole;
  const bool from_integer = is_integer(c.from), to_integer = is_integer(c.to);
  const bool small = c.to == type::f16 || c.to == type::bf16 || c.to == type::tf32;
  bool fine = (from_integer || is_plain_float(c.from)) && (to_integer || is_plain_float(c.to) || c.to == type::tf32);
  if (c.to == type::tf32)
    fine = fine && c.from == type::f32 && (c.rounding == nearest_even || c.rounding == toward_zero || c.rounding == ties_away);
  if (c.rounding == ties_away) fine = fine && c.to == type::tf32 && !c.relu;
  if (from_integer && to_integer) fine = fine && c.rounding == no_rounding;
  if (from_integer && !to_integer) fine = fine && rounds;
  if (!from_integer && to_integer) fine = fine && whole;
  if (!from_integer && !to_integer) {
    if (c.from == c.to)
      fine = fine && !rounds;
    else
      fine = fine && !whole && rounds == !widens(c.from, c.to);
  }
  if (c.ftz) fine = fine && (c.from == type::f32 || c.to == type::f32);
  if (c.relu || c.finite) fine = fine && c.from == type::f32 && small;
  if (c.sat && c.to == type::bf16) fine = false;
  if (!fine) refuse_type(d, c.to);
}

inline void bind_cvt_pack(decoder& d) {
  if (!d.take("sat")) d.refuse("cvt.pack wants .sat");
  const type to = d.take_type(), from = d.take_type();
  if (from != type::s32) refuse_type(d, from);
  const bool bytes = to == type::u8 || to == type::s8;
  if (bytes && d.take_type() != type::b32) refuse_type(d, to);
  if (!bytes && to != type::u16 && to != type::s16) refuse_type(d, to);
  d.want(bytes ? 4 : 3, bytes ? 4 : 3);
  emit_like(d,
            to == type::u8    ? handler{pack_clamped<uint8_t>}
            : to == type::s8  ? handler{pack_clamped<int8_t>}
            : to == type::u16 ? handler{pack_clamped<uint16_t>}
                              : handler{pack_clamped<int16_t>},
            work::convert, type::b32);
}

// d, a, b of the packed forms.
inline void bind_cvt_packed(decoder& d, conversion c) {
  const bool bytes = c.to == type::e4m3x2 || c.to == type::e5m2x2, from_bytes = c.from == type::e4m3x2 || c.from == type::e5m2x2;
  const bool two_sources = c.from == type::f32;
  bool fine = !c.ftz && !c.sat;
  handler run = nullptr;
  if (bytes) {
    fine = fine && c.rounding == nearest_even && c.finite && (c.from == type::f32 || c.from == type::f16x2);
    run = convert_to_bytes;
  } else if (from_bytes) {
    fine = fine && c.rounding == nearest_even && !c.finite && c.to == type::f16x2;
    run = convert_from_bytes;
  } else {
    fine = fine && c.from == type::f32 && (c.to == type::f16x2 || c.to == type::bf16x2) &&
           (c.rounding == nearest_even || c.rounding == toward_zero);
    const bool plain = c.rounding == nearest_even && !c.relu && !c.finite;
    run = !plain ? convert_pair : c.to == type::f16x2 ? handler{pair_of_f32<as_f16>} : handler{pair_of_f32<as_bf16>};
  }
  if (!fine) refuse_type(d, c.to);
  d.want(two_sources ? 3 : 2, two_sources ? 3 : 2);
  const slot to = d.target(0, bytes ? type::b16 : type::b32), a = d.source(1, from_bytes ? type::b16 : type::b32);
  const slot b = two_sources ? d.source(2, type::b32) : no_slot;
  const slot* const more = keep_conversion(d, c);
  op& o = d.emit(run, work::convert);
  o.d = to, o.a = a, o.b = b, o.more = more;
}

inline void bind_cvt(decoder& d) {
  if (d.take("pack")) return bind_cvt_pack(d);
  conversion c;
  const int mode = d.take_one_of({"rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi"});
  if (mode >= 5)
    c.rounding = static_cast<uint8_t>(integral | (mode - 5));
  else if (mode >= 0)
    c.rounding = static_cast<uint8_t>(mode);
  for (int which; (which = d.take_one_of({"ftz", "sat", "relu", "satfinite"})) >= 0;) {
    bool& flag = which == 0 ? c.ftz : which == 1 ? c.sat : which == 2 ? c.relu : c.finite;
    if (flag) d.refuse("cvt has a modifier twice");
    flag = true;
  }
  c.to = d.take_type(), c.from = d.take_type();
  const auto packed_type = [](type t) { return t == type::f16x2 || t == type::bf16x2 || t == type::e4m3x2 || t == type::e5m2x2; };
  if (packed_type(c.to) || packed_type(c.from)) return bind_cvt_packed(d, c);
  check_conversion(d, c);
  d.want(2, 2);
  uint32_t to_width = 0, from_width = 0;
  const type to_type = c.to == type::tf32 ? type::b32 : c.to;
  const slot a =
      is_integer(c.from) ? d.source_at_least(d.operand(1), c.from, from_width) : (from_width = width_of(c.from), d.source(1, c.from));
  const slot to = is_integer(c.to) ? d.target_at_least(d.operand(0), c.to, to_width) : (to_width = width_of(to_type), d.target(0, to_type));
  c.to_width = static_cast<uint8_t>(to_width), c.from_width = static_cast<uint8_t>(from_width);
  const handler fast = fast_conversion(c);
  const slot* const more = keep_conversion(d, c);
  op& o = d.emit(fast ? fast : convert_any, work::convert);
  o.d = to, o.a = a, o.more = more;
}

constexpr binding conversions[] = {{"cvt", bind_cvt}};
bindings convert_bindings() { return {conversions, std::size(conversions)}; }

}  // namespace ptxvm::PTXVM_ISA
