// Integer arithmetic: add sub mul mad div rem abs neg min max sad, 24-bit products, dot products of bytes, carries.
#pragma once
#include "ptxvm/apply.inl.h"

namespace ptxvm::PTXVM_ISA {

struct plus {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(static_cast<raw<T>>(a) + static_cast<raw<T>>(b));
  }
};
struct minus {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(static_cast<raw<T>>(a) - static_cast<raw<T>>(b));
  }
};
inline int32_t clamp32(int64_t x) { return static_cast<int32_t>(x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : x); }
struct plus_sat {
  static int32_t of(int32_t a, int32_t b) { return clamp32(int64_t{a} + b); }
};
struct minus_sat {
  static int32_t of(int32_t a, int32_t b) { return clamp32(int64_t{a} - b); }
};

template <class T>
using twice = std::conditional_t<sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
                                 std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                                                    std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;

struct times_low {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(static_cast<raw<T>>(a) * static_cast<raw<T>>(b));
  }
};
struct times_high {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>((static_cast<twice<T>>(a) * b) >> (8 * sizeof(T)));
  }
};
struct times_wide {
  template <class T>
  static twice<T> of(T a, T b) {
    return static_cast<twice<T>>(a) * b;
  }
};
template <class Product>
struct multiply_add {
  template <class T, class C>
  static C of(T a, T b, C c) {
    return plus::of<C>(static_cast<C>(Product::of(a, b)), c);
  }
};
struct multiply_add_high_sat {
  static int32_t of(int32_t a, int32_t b, int32_t c) { return clamp32(int64_t{times_high::of(a, b)} + c); }
};

// Division by zero gives all ones and the remainder a, as observed on hardware (the manual leaves it open); the most negative
// number divided by −1 wraps.
struct quotient {
  template <class T>
  static T of(T a, T b) {
    if (b == 0) return static_cast<T>(-1);
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return minus::of<T>(0, a);
    return static_cast<T>(a / b);
  }
};
struct remainder {
  template <class T>
  static T of(T a, T b) {
    if (b == 0) return a;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return static_cast<T>(a % b);
  }
};
struct magnitude {
  template <class T>
  static T of(T a) {
    return a < 0 ? minus::of<T>(0, a) : a;
  }
};
struct negative {
  template <class T>
  static T of(T a) {
    return minus::of<T>(0, a);
  }
};
struct lesser {
  template <class T>
  static T of(T a, T b) {
    return a < b ? a : b;
  }
};
struct greater {
  template <class T>
  static T of(T a, T b) {
    return a < b ? b : a;
  }
};
template <class F>
struct not_negative {
  template <class T>
  static T of(T a, T b) {
    return greater::of<T>(F::of(a, b), 0);
  }
};
// |a − b| + c
struct absolute_difference {
  template <class T>
  static T of(T a, T b, T c) {
    return plus::of<T>(a < b ? minus::of<T>(b, a) : minus::of<T>(a, b), c);
  }
};

// The low 24 bits of each; low and high are bits 0-31 and 16-47 of the 48-bit product.
template <bool high>
struct times_24 {
  static int32_t of(int32_t a, int32_t b) { return static_cast<int32_t>(cut(a) * cut(b) >> (high ? 16 : 0)); }
  static uint32_t of(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a & 0xffffff} * (b & 0xffffff) >> (high ? 16 : 0)); }
  static int64_t cut(int32_t x) { return static_cast<int32_t>(static_cast<uint32_t>(x) << 8) >> 8; }
};
struct multiply_add_24_high_sat {
  static int32_t of(int32_t a, int32_t b, int32_t c) { return clamp32(int64_t{times_24<true>::of(a, b)} + c); }
};

// c + Σ a's bytes · b's bytes
template <class A, class B>
struct dot_4 {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 4; ++i) c += static_cast<uint32_t>(static_cast<A>(a >> 8 * i) * static_cast<B>(b >> 8 * i));
    return c;
  }
};
// c + Σ a's halves · two of b's bytes, the low or the high two
template <class A, class B, bool high>
struct dot_2 {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 2; ++i)
      c += static_cast<uint32_t>(static_cast<A>(a >> 16 * i)) * static_cast<uint32_t>(static_cast<B>(b >> (8 * i + (high ? 16 : 0))));
    return c;
  }
};

// --- two 16-bit numbers in a register ---

template <class F, class T>
flow pairs(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const T* const b = w.lanes_of<T>(o.b);
  fill<T, 2>(w, o.d, active, [=](int i) { return F::of(a[i], b[i]); });
  return flow::next;
}
template <class F>
bool bind_pairs(decoder& d, type t) {
  if (t != type::s16x2 && t != type::u16x2) return false;
  d.want(3, 3);
  emit_like(d, t == type::s16x2 ? handler{pairs<F, int16_t>} : handler{pairs<F, uint16_t>}, work::integer, type::b32);
  return true;
}

}  // namespace ptxvm::PTXVM_ISA
