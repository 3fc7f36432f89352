// f16, bf16 and pairs of them. A pair is two elements of 16 bits, so a register of pairs is 64 elements in a row. Everything is
// computed so that one rounding happens: exact, or rounded to odd at more than twice the width and two bits.
#pragma once
#include <iterator>

#include "ptxvm/special.inl.h"

namespace ptxvm::PTXVM_ISA {

struct half_product {
  static constexpr int operations = 1;
  static float of(float a, float b) { return odd_float(static_cast<double>(a) * b); }
};
struct half_fused {
  static constexpr int operations = 2;
  static float of(float a, float b, float c) { return odd_float(odd_sum(static_cast<double>(a) * b, c)); }
};
struct half_exp2 {
  static constexpr int operations = 1;
  static float of(float a) { return odd_float(exp2_near::of(a)); }
};
struct half_tanh {
  static constexpr int operations = 1;
  static float of(float a) { return odd_float(tanh_near::of(a)); }
};

// In steps, each a loop that becomes vectors.
template <class As, int count>
inline void widen_halves(warp& w, slot from, bool ftz, float* to) {
  const uint16_t* a = w.lanes_of<uint16_t>(from);
  alignas(64) uint16_t flushed_bits[count];
  if (ftz) {
    for (int i = 0; i < count; ++i) flushed_bits[i] = As::flush(a[i]);
    a = flushed_bits;
  }
  As::up_all(a, to, count);
}

template <class F, class As, int n, int per_lane>
flow half_op(warp& w, const op& o, lanes active) {
  constexpr int count = warp_size * per_lane;
  const bool ftz = o.flags & flag_ftz;
  alignas(64) float x[count], y[count], z[count], r[count];
  widen_halves<As, count>(w, o.a, ftz, x);
  if constexpr (n > 1) widen_halves<As, count>(w, o.b, ftz, y);
  if constexpr (n > 2) widen_halves<As, count>(w, o.c, ftz, z);
  for (int i = 0; i < count; ++i)
    if constexpr (n == 1)
      r[i] = F::of(x[i]);
    else if constexpr (n == 2)
      r[i] = F::of(x[i], y[i]);
    else
      r[i] = F::of(x[i], y[i], z[i]);
  if (o.flags & flag_sat)
    for (int i = 0; i < count; ++i) r[i] = saturated(r[i]);
  if (o.flags & flag_relu)
    for (int i = 0; i < count; ++i) r[i] = r[i] > 0 ? r[i] : r[i] == r[i] ? 0.0f : r[i];
  alignas(64) uint16_t bits[count];
  As::down_all(r, bits, count);
  if (ftz)
    for (int i = 0; i < count; ++i) bits[i] = As::flush(bits[i]);
  fill<uint16_t, per_lane>(w, o.d, active, [&](int i) { return bits[i]; });
  count_operations<F>(w, active, per_lane);
  return flow::next;
}

template <bool most, class As, int per_lane>
flow half_extreme(warp& w, const op& o, lanes active) {
  const uint16_t* const a = w.lanes_of<uint16_t>(o.a);
  const uint16_t* const b = w.lanes_of<uint16_t>(o.b);
  const uint16_t flags = o.flags;
  const bool ftz = flags & flag_ftz;
  fill<uint16_t, per_lane>(w, o.d, active, [=](int i) {
    return As::down(flagged_extreme<most>::of(As::up(ftz ? As::flush(a[i]) : a[i]), As::up(ftz ? As::flush(b[i]) : b[i]), flags));
  });
  return flow::next;
}

template <bool clear, class As, int per_lane>
flow half_sign(warp& w, const op& o, lanes active) {
  const uint16_t* const a = w.lanes_of<uint16_t>(o.a);
  const bool ftz = o.flags & flag_ftz;
  fill<uint16_t, per_lane>(w, o.d, active, [=](int i) {
    const uint16_t x = ftz ? As::flush(a[i]) : a[i];
    return static_cast<uint16_t>(clear ? x & 0x7fff : x ^ 0x8000);
  });
  return flow::next;
}

inline bool is_half(type t) { return t == type::f16 || t == type::f16x2 || t == type::bf16 || t == type::bf16x2; }
inline bool is_bf16(type t) { return t == type::bf16 || t == type::bf16x2; }
inline bool is_pair(type t) { return t == type::f16x2 || t == type::bf16x2; }

// pick(format, 1 or 2 per lane as a constant)
template <class Pick>
handler half_handler(type t, Pick pick) {
  using one_each = std::integral_constant<int, 1>;
  using two_each = std::integral_constant<int, 2>;
  if (t == type::f16) return pick(as_f16{}, one_each{});
  if (t == type::f16x2) return pick(as_f16{}, two_each{});
  if (t == type::bf16) return pick(as_bf16{}, one_each{});
  return pick(as_bf16{}, two_each{});
}

template <class F, int n>
void emit_half(decoder& d, type t, uint16_t flags) {
  if (!is_half(t) || (is_bf16(t) && flags & (flag_ftz | flag_sat))) refuse_type(d, t);
  d.want(n + 1, n + 1);
  const handler run =
      half_handler(t, [](auto as, auto per_lane) -> handler { return half_op<F, decltype(as), n, decltype(per_lane)::value>; });
  emit_like(d, run, work::half, t).flags = flags;
}

inline bool last_is_half(const decoder& d) { return !d.in().modifiers.empty() && is_half(type_named(d.in().modifiers.back())); }

// add, sub, mul
template <class F, class Half>
void bind_float_or_half(decoder& d) {
  if (!last_is_half(d)) return bind_rounded<F, 2, false>(d);
  d.take("rn");
  const bool ftz = d.take("ftz"), sat = d.take("sat");
  emit_half<Half, 2>(d, d.take_type(), static_cast<uint16_t>((ftz ? flag_ftz : 0) | (sat ? flag_sat : 0)));
}
inline void bind_fma(decoder& d) {
  if (!last_is_half(d)) return bind_rounded<fused, 3, true>(d);
  if (!d.take("rn")) d.refuse("fma of 16 bits wants .rn");
  const bool ftz = d.take("ftz"), sat = d.take("sat"), relu = !sat && d.take("relu");
  emit_half<half_fused, 3>(d, d.take_type(), static_cast<uint16_t>((ftz ? flag_ftz : 0) | (sat ? flag_sat : 0) | (relu ? flag_relu : 0)));
}
inline void bind_float_mad(decoder& d) { bind_rounded<fused, 3, true>(d); }

template <bool most>
void bind_float_extreme(decoder& d) {
  const uint16_t flags = take_extreme_flags(d);
  const type t = d.take_type();
  if (!is_half(t)) return emit_extreme<most>(d, t, flags);
  if (is_bf16(t) && flags & flag_ftz) refuse_type(d, t);
  d.want(3, 3);
  const handler run =
      half_handler(t, [](auto as, auto per_lane) -> handler { return half_extreme<most, decltype(as), decltype(per_lane)::value>; });
  emit_like(d, run, work::half, t).flags = flags;
}

template <bool clear>
void bind_float_sign(decoder& d) {
  const bool ftz = d.take("ftz");
  const type t = d.take_type();
  if (!is_half(t)) return emit_sign<clear>(d, t, ftz);
  if (is_bf16(t) && ftz) refuse_type(d, t);
  d.want(2, 2);
  const handler run =
      half_handler(t, [](auto as, auto per_lane) -> handler { return half_sign<clear, decltype(as), decltype(per_lane)::value>; });
  emit_like(d, run, work::half, t).flags = ftz ? flag_ftz : 0;
}

template <class F, class Half>
void bind_approximate_or_half(decoder& d) {
  if (!last_is_half(d)) return bind_approximate<F>(d);
  if (!d.take("approx")) d.refuse(d.in().opcode + " wants .approx");
  const bool ftz = d.take("ftz");  // of bf16 forms it is part of the name: ex2.approx.ftz.bf16
  const type t = d.take_type();
  if (ftz != (is_bf16(t) && std::is_same_v<Half, half_exp2>)) refuse_type(d, t);
  d.want(2, 2);
  const handler run =
      half_handler(t, [](auto as, auto per_lane) -> handler { return half_op<Half, decltype(as), 1, decltype(per_lane)::value>; });
  emit_like(d, run, work::half, t).flags = ftz ? flag_ftz : 0;
}

constexpr binding floats[] = {
    {"add", bind_float_or_half<sum, sum>},
    {"sub", bind_float_or_half<difference, difference>},
    {"mul", bind_float_or_half<product, half_product>},
    {"fma", bind_fma},
    {"mad", bind_float_mad},
    {"div", bind_div},
    {"rcp", bind_rcp},
    {"sqrt", bind_sqrt},
    {"rsqrt", bind_rsqrt},
    {"ex2", bind_approximate_or_half<exp2_near, half_exp2>},
    {"lg2", bind_approximate<log2_near>},
    {"sin", bind_approximate<sine>},
    {"cos", bind_approximate<cosine>},
    {"tanh", bind_approximate_or_half<tanh_near, half_tanh>},
    {"min", bind_float_extreme<false>},
    {"max", bind_float_extreme<true>},
    {"abs", bind_float_sign<true>},
    {"neg", bind_float_sign<false>},
    {"copysign", bind_copysign},
    {"testp", bind_testp},
};
bindings float_bindings() { return {floats, std::size(floats)}; }

}  // namespace ptxvm::PTXVM_ISA
