// f32 and f64: add sub mul fma div rcp sqrt in every rounding mode, min max abs neg copysign testp.
#pragma once
#include "ptxvm/floats.inl.h"

namespace ptxvm::PTXVM_ISA {

// op::flags. The low two bits are the rounding.
constexpr uint16_t flag_ftz = 4, flag_sat = 8, flag_relu = 16, flag_nan = 32, flag_xorsign = 64;

struct sum {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct difference {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a, T b) {
    return a - b;
  }
};
struct product {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a, T b) {
    return a * b;
  }
};
struct fused {
  static constexpr int operations = 2;
  template <class T>
  static T of(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
struct ratio {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a, T b) {
    return a / b;
  }
};
struct reciprocal {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a) {
    return T{1} / a;
  }
};
struct root {
  static constexpr int operations = 1;
  template <class T>
  static T of(T a) {
    return std::sqrt(a);
  }
};

// Rounded to nearest, nothing flushed, nothing clamped: the loop that matters.
template <class F, class T, int n>
flow plain_float(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  if constexpr (n == 1) {
    fill<T>(w, o.d, active, [=](int i) { return canonical(F::of(a[i])); });
  } else {
    const T* const b = w.lanes_of<T>(o.b);
    if constexpr (n == 2) {
      fill<T>(w, o.d, active, [=](int i) { return canonical(F::of(a[i], b[i])); });
    } else {
      const T* const c = w.lanes_of<T>(o.c);
      fill<T>(w, o.d, active, [=](int i) { return canonical(F::of(a[i], b[i], c[i])); });
    }
  }
  count_operations<F>(w, active);
  return flow::next;
}

// With op::flags.
template <class F, class T, int n>
flow flagged_float(warp& w, const op& o, lanes active) {
  const slot from[3] = {o.a, o.b, o.c};
  const bool ftz = o.flags & flag_ftz, sat = o.flags & flag_sat;
  T* const to = w.lanes_of<T>(o.d);
  const rounding_mode mode(o.flags & 3);
  for (lanes left = active; left; left &= left - 1) {
    const int i = std::countr_zero(left);
    T x[3] = {};
    for (int k = 0; k < n; ++k) {
      x[k] = w.lanes_of<T>(from[k])[i];
      if (ftz) x[k] = flushed(x[k]);
      pin(x[k]);
    }
    T r;
    if constexpr (n == 1)
      r = F::of(x[0]);
    else if constexpr (n == 2)
      r = F::of(x[0], x[1]);
    else
      r = F::of(x[0], x[1], x[2]);
    pin(r);
    r = canonical(r);
    if (ftz) r = flushed(r);
    to[i] = sat ? saturated(r) : r;
  }
  count_operations<F>(w, active);
  return flow::next;
}

inline int take_rounding(decoder& d) { return d.take_one_of({"rn", "rz", "rm", "rp"}); }

template <class F, int n>
void emit_float(decoder& d, type t, uint16_t flags) {
  d.want(n + 1, n + 1);
  if (t == type::f32)
    emit_like(d, flags ? handler{flagged_float<F, float, n>} : handler{plain_float<F, float, n>}, work::float32, t).flags = flags;
  else
    emit_like(d, flags ? handler{flagged_float<F, double, n>} : handler{plain_float<F, double, n>}, work::float64, t).flags = flags;
}

// {.rnd}{.ftz}{.sat}.f32 and {.rnd}.f64; the rounding must be written where `needs_rounding`.
template <class F, int n, bool needs_rounding, bool may_saturate = true>
void bind_rounded(decoder& d) {
  const int mode = take_rounding(d);
  const bool ftz = d.take("ftz"), sat = may_saturate && d.take("sat");
  const type t = d.take_type();
  if ((t != type::f32 && t != type::f64) || (t == type::f64 && (ftz || sat)) || (needs_rounding && mode < 0)) refuse_type(d, t);
  emit_float<F, n>(d, t, static_cast<uint16_t>((mode > 0 ? mode : 0) | (ftz ? flag_ftz : 0) | (sat ? flag_sat : 0)));
}

// --- min and max: a NaN yields to a number, −0 < +0 ---

template <class T>
using bits_of = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <bool most, class T>
inline T extreme(T a, T b) {
  using U = bits_of<T>;
  const U x = std::bit_cast<U>(a), y = std::bit_cast<U>(b);
  const T equal = std::bit_cast<T>(most ? x & y : x | y);  // zeros of two signs
  const T ordered = a < b ? (most ? b : a) : b < a ? (most ? a : b) : equal;
  return a != a ? b : b != b ? a : ordered;
}
template <bool most>
struct extreme_of {
  template <class T>
  static T of(T a, T b) {
    return extreme<most>(a, b);
  }
};
template <bool most>
struct flagged_extreme {
  template <class T>
  static T of(T a, T b, uint16_t flags) {
    using U = bits_of<T>;
    constexpr U sign = U{1} << (8 * sizeof(T) - 1);
    const U signs = (std::bit_cast<U>(a) ^ std::bit_cast<U>(b)) & sign;
    if (flags & flag_xorsign) a = std::fabs(a), b = std::fabs(b);
    T r = extreme<most>(a, b);
    if (flags & flag_nan && (a != a || b != b)) r = static_cast<T>(nan_f32);
    if (flags & flag_xorsign && r == r) r = std::bit_cast<T>((std::bit_cast<U>(r) & ~sign) | signs);
    return r;
  }
};
template <bool most>
flow flagged_extremes(warp& w, const op& o, lanes active) {
  const float* const a = w.lanes_of<float>(o.a);
  const float* const b = w.lanes_of<float>(o.b);
  const uint16_t flags = o.flags;
  fill<float>(w, o.d, active, [=](int i) {
    const float x = flags & flag_ftz ? flushed(a[i]) : a[i], y = flags & flag_ftz ? flushed(b[i]) : b[i];
    return canonical(flagged_extreme<most>::of(x, y, flags));
  });
  return flow::next;
}

// {.ftz}{.NaN}{.xorsign.abs}
inline uint16_t take_extreme_flags(decoder& d) {
  uint16_t flags = 0;
  if (d.take("ftz")) flags |= flag_ftz;
  if (d.take("NaN")) flags |= flag_nan;
  if (d.take("xorsign")) {
    if (!d.take("abs")) d.refuse(d.in().opcode + " wants .xorsign.abs");
    flags |= flag_xorsign;
  }
  return flags;
}
template <bool most>
void emit_extreme(decoder& d, type t, uint16_t flags) {
  if (t != type::f32 && (t != type::f64 || flags)) refuse_type(d, t);
  d.want(3, 3);
  if (flags)
    emit_like(d, flagged_extremes<most>, work::float32, t).flags = flags;
  else
    emit_float<extreme_of<most>, 2>(d, t, 0);
}

// --- signs ---

template <class T, bool clear>
flow change_sign(warp& w, const op& o, lanes active) {
  using U = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  constexpr U sign = U{1} << (8 * sizeof(T) - 1);
  const T* const a = w.lanes_of<T>(o.a);
  const bool ftz = o.flags & flag_ftz;
  fill<T>(w, o.d, active, [=](int i) {
    const U x = std::bit_cast<U>(ftz ? flushed(a[i]) : a[i]);
    return std::bit_cast<T>(clear ? x & ~sign : x ^ sign);
  });
  return flow::next;
}
template <bool clear>
void emit_sign(decoder& d, type t, bool ftz) {
  if (t != type::f32 && (t != type::f64 || ftz)) refuse_type(d, t);
  d.want(2, 2);
  const bool single = t == type::f32;
  emit_like(d, single ? handler{change_sign<float, clear>} : handler{change_sign<double, clear>}, single ? work::float32 : work::float64, t)
      .flags = ftz ? flag_ftz : 0;
}

// The sign of a on b.
struct sign_onto {
  template <class U>
  static U of(U a, U b) {
    constexpr U sign = U{1} << (8 * sizeof(U) - 1);
    return (a & sign) | (b & ~sign);
  }
};
inline void bind_copysign(decoder& d) {
  const type t = d.take_type();
  d.want(3, 3);
  if (t == type::f32)
    emit_like(d, two<sign_onto, uint32_t, uint32_t, uint32_t>, work::float32, t);
  else if (t == type::f64)
    emit_like(d, two<sign_onto, uint64_t, uint64_t, uint64_t>, work::float64, t);
  else
    refuse_type(d, t);
}

template <class T>
flow tested(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const auto is = [&](int wanted) { return where([=](int i) { return std::fpclassify(a[i]) == wanted; }); };
  const lanes nans = is(FP_NAN), infinite = is(FP_INFINITE);
  const lanes answers[] = {~(nans | infinite), infinite, ~nans, nans, is(FP_NORMAL), is(FP_SUBNORMAL)};
  put(w, o.d, active, answers[o.flags]);
  return flow::next;
}
inline void bind_testp(decoder& d) {
  const int question = d.take_one_of({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  const type t = d.take_type();
  d.want(2, 2);
  if (question < 0 || (t != type::f32 && t != type::f64)) refuse_type(d, t);
  const slot to = d.predicate_target(d.operand(0)), a = d.source(1, t);
  op& o = d.emit(t == type::f32 ? handler{tested<float>} : handler{tested<double>}, work::compare);
  o.d = to, o.a = a, o.flags = static_cast<uint16_t>(question);
}

}  // namespace ptxvm::PTXVM_ISA
