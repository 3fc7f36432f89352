// The .approx instructions, computed in double and rounded once, which is closer than hardware comes; PTXVM_PERTURB moves the
// results to show who counts on that.
#pragma once
#include "ptxvm/float.inl.h"

namespace ptxvm::PTXVM_ISA {

// 2^x for floats: x = n + r, |r| ≤ ½, a polynomial of degree 9 for 2^r (error below 1e-11), n added to the exponent.
struct exp2_near {
  static constexpr int operations = 1;
  static double of(float a) {
    const double wide = a, below = wide < 200 ? wide : 200, x = below > -200 ? below : -200;  // a NaN goes through at the end
    constexpr double shifter = 0x1.8p52;
    const double n = x + shifter, t = (x - (n - shifter)) * 0x1.62e42fefa39efp-1;
    double p = 1.0 / 362880;
    p = p * t + 1.0 / 40320;
    p = p * t + 1.0 / 5040;
    p = p * t + 1.0 / 720;
    p = p * t + 1.0 / 120;
    p = p * t + 1.0 / 24;
    p = p * t + 1.0 / 6;
    p = p * t + 0.5;
    p = p * t + 1.0;
    p = p * t + 1.0;
    const double r = std::bit_cast<double>(std::bit_cast<uint64_t>(p) + (std::bit_cast<uint64_t>(n) << 52));
    return wide == wide ? r : wide;
  }
};
struct log2_near {
  static constexpr int operations = 1;
  static double of(float a) { return std::log2(static_cast<double>(a)); }
};
struct sine {
  static constexpr int operations = 1;
  static double of(float a) { return std::sin(static_cast<double>(a)); }
};
struct cosine {
  static constexpr int operations = 1;
  static double of(float a) { return std::cos(static_cast<double>(a)); }
};
struct tanh_near {
  static constexpr int operations = 1;
  static double of(float a) { return std::tanh(static_cast<double>(a)); }
};
struct reciprocal_near {
  static constexpr int operations = 1;
  static double of(float a) { return 1.0 / a; }
};
struct root_near {
  static constexpr int operations = 1;
  static double of(float a) { return std::sqrt(static_cast<double>(a)); }
};
struct inverse_root {
  static constexpr int operations = 1;
  static double of(float a) { return 1.0 / std::sqrt(static_cast<double>(a)); }
};
// The manual: for |b| in (2^126, 2^128) the quotient is 0, or NaN where a is infinite.
struct ratio_near {
  static constexpr int operations = 1;
  static double of(float a, float b) {
    const double q = static_cast<double>(a) / b, size = std::fabs(b);
    const bool beyond = size > 0x1p126 && size < 0x1p128;
    return beyond ? (std::isinf(a) ? std::numeric_limits<double>::quiet_NaN() : std::copysign(0.0, q)) : q;
  }
};
struct ratio_full {
  static constexpr int operations = 1;
  static double of(float a, float b) { return static_cast<double>(a) / b; }
};

// Moved by some units in the last place; zeros, infinities and NaN stay.
inline float moved(float x, int most) {
  if (!most || x == 0 || x - x != 0) return x;
  const int32_t bits = std::bit_cast<int32_t>(x), by = random_ulps(most);
  const float y = std::bit_cast<float>(bits + by);
  return y - y == 0 && y != 0 && std::signbit(y) == std::signbit(x) ? y : x;
}

template <class F, int n>
flow approximate(warp& w, const op& o, lanes active) {
  const float* const a = w.lanes_of<float>(o.a);
  const float* const b = n > 1 ? w.lanes_of<float>(o.b) : a;
  const bool ftz = o.flags & flag_ftz;
  float x[warp_size], y[warp_size];
  double wide[warp_size];
  for (int i = 0; i < warp_size; ++i) x[i] = ftz ? flushed(a[i]) : a[i], y[i] = ftz ? flushed(b[i]) : b[i];
  for (int i = 0; i < warp_size; ++i)
    if constexpr (n == 1)
      wide[i] = F::of(x[i]);
    else
      wide[i] = F::of(x[i], y[i]);
  fill<float>(w, o.d, active, [&](int i) {
    const float r = canonical(static_cast<float>(wide[i]));
    return ftz ? flushed(r) : r;
  });
  if (const int most = perturbation()) {
    float* const d = w.lanes_of<float>(o.d);
    for (lanes left = active; left; left &= left - 1) d[std::countr_zero(left)] = moved(d[std::countr_zero(left)], most);
  }
  count_operations<F>(w, active);
  return flow::next;
}

template <class F, int n>
void emit_approximate(decoder& d, bool ftz) {
  const type t = d.take_type();
  d.want(n + 1, n + 1);
  if (t != type::f32) refuse_type(d, t);
  emit_like(d, approximate<F, n>, work::float32, t).flags = ftz ? flag_ftz : 0;
}
template <class F>
void bind_approximate(decoder& d) {
  if (!d.take("approx")) d.refuse(d.in().opcode + " wants .approx");
  const bool ftz = d.take("ftz");
  emit_approximate<F, 1>(d, ftz);
}

// Reciprocals of f64 to 20 bits: the low word of the operand does not count, that of the result is 0.
template <bool of_root>
struct coarse {
  static double of(double a) {
    const double x = std::bit_cast<double>(std::bit_cast<uint64_t>(a) & 0xffffffff00000000ull);
    const double r = of_root ? 1.0 / std::sqrt(x) : 1.0 / x;
    const double kept = flush(r);
    return kept == kept ? std::bit_cast<double>(std::bit_cast<uint64_t>(kept) & 0xffffffff00000000ull) : nan_f64;
  }
  static double flush(double x) { return std::fabs(x) < 0x1p-1022 ? std::copysign(0.0, x) : x; }
};
struct inverse_root_f64 {
  static constexpr int operations = 1;
  static double of(double a) { return 1.0 / std::sqrt(a); }
};
template <class F>
void emit_f64(decoder& d) {
  d.want(2, 2);
  emit_like(d, plain_float<F, double, 1>, work::float64, type::f64);
}

inline bool last_is_f64(const decoder& d) { return !d.in().modifiers.empty() && d.in().modifiers.back() == "f64"; }

inline void bind_div(decoder& d) {
  const int how = d.take_one_of({"approx", "full"});
  if (how < 0) return bind_rounded<ratio, 2, true, false>(d);
  const bool ftz = d.take("ftz");
  if (how == 0)
    emit_approximate<ratio_near, 2>(d, ftz);
  else
    emit_approximate<ratio_full, 2>(d, ftz);
}
inline void bind_rcp(decoder& d) {
  if (!d.take("approx")) return bind_rounded<reciprocal, 1, true, false>(d);
  const bool ftz = d.take("ftz");
  if (!last_is_f64(d)) return emit_approximate<reciprocal_near, 1>(d, ftz);
  if (!ftz) d.refuse("rcp.approx.f64 wants .ftz");
  d.take_type();
  emit_f64<coarse<false>>(d);
}
inline void bind_sqrt(decoder& d) {
  if (!d.take("approx")) return bind_rounded<root, 1, true, false>(d);
  const bool ftz = d.take("ftz");
  emit_approximate<root_near, 1>(d, ftz);
}
inline void bind_rsqrt(decoder& d) {
  if (!d.take("approx")) d.refuse("rsqrt wants .approx");
  const bool ftz = d.take("ftz");
  if (!last_is_f64(d)) return emit_approximate<inverse_root, 1>(d, ftz);
  d.take_type();
  if (ftz)
    emit_f64<coarse<true>>(d);
  else
    emit_f64<inverse_root_f64>(d);
}

}  // namespace ptxvm::PTXVM_ISA
