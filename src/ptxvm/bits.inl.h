// Logic, shifts and bit fields. Shift counts and field positions are what the manual makes of them, not what the host's shifts would.
#pragma once
#include "ptxvm/apply.inl.h"

namespace ptxvm::PTXVM_ISA {

struct bit_and {
  template <class T>
  static T of(T a, T b) {
    return a & b;
  }
};
struct bit_or {
  template <class T>
  static T of(T a, T b) {
    return a | b;
  }
};
struct bit_xor {
  template <class T>
  static T of(T a, T b) {
    return a ^ b;
  }
};
struct bit_not {
  template <class T>
  static T of(T a) {
    return static_cast<T>(~a);
  }
};
struct is_zero {
  template <class T>
  static T of(T a) {
    return a == 0;
  }
};

// Counts of the width and more shift everything out (or leave the sign).
struct shift_left {
  template <class T>
  static T of(T a, uint32_t n) {
    return n >= 8 * sizeof(T) ? T{0} : static_cast<T>(static_cast<raw<T>>(a) << n);
  }
};
struct shift_right {
  template <class T>
  static T of(T a, uint32_t n) {
    constexpr uint32_t width = 8 * sizeof(T);
    if constexpr (std::is_signed_v<T>)
      return static_cast<T>(a >> (n >= width ? width - 1 : n));
    else
      return n >= width ? T{0} : static_cast<T>(a >> n);
  }
};

// b:a shifted; the high word of the left shift, the low word of the right shift.
template <bool left, bool wrap>
struct funnel {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t n = wrap ? c & 31 : c < 32 ? c : 32;
    const uint64_t both = uint64_t{b} << 32 | a;
    return static_cast<uint32_t>(left ? both << n >> 32 : both >> n);
  }
};

struct extract_field {
  template <class T>
  static T of(T a, uint32_t b, uint32_t c) {
    constexpr uint32_t width = 8 * sizeof(T);
    using U = std::make_unsigned_t<T>;
    const uint32_t at = b & 0xff, length = c & 0xff;
    const uint32_t last = at + length - 1 < width - 1 ? at + length - 1 : width - 1;
    const U sign = std::is_signed_v<T> && length != 0 ? (static_cast<U>(a) >> last) & 1 : 0;
    const U shifted = at < width ? static_cast<U>(a) >> at : 0;
    const uint32_t held = at < width ? (length < width - at ? length : width - at) : 0;  // bits that a has of the field
    const U mask = held >= width ? ~U{0} : (U{1} << held) - 1;
    return static_cast<T>((shifted & mask) | (sign ? ~mask : 0));
  }
};
struct insert_field {
  template <class T>
  static T of(T a, T b, uint32_t c, uint32_t d) {
    constexpr uint32_t width = 8 * sizeof(T);
    const uint32_t at = c & 0xff, length = d & 0xff;
    if (at >= width || length == 0) return b;
    const T ones = length >= width ? ~T{0} : (T{1} << length) - 1;
    const T mask = static_cast<T>(ones << at);
    return (b & ~mask) | (static_cast<T>(a << at) & mask);
  }
};
template <bool shift_amount>
struct find_bit {
  template <class T>
  static uint32_t of(T a) {
    using U = std::make_unsigned_t<T>;
    const U x = static_cast<U>(std::is_signed_v<T> && a < 0 ? ~a : a);
    if (x == 0) return ~0u;
    const uint32_t zeros = static_cast<uint32_t>(std::countl_zero(x));
    return shift_amount ? zeros : static_cast<uint32_t>(8 * sizeof(T)) - 1 - zeros;
  }
};
struct count_ones {
  template <class T>
  static uint32_t of(T a) {
    return static_cast<uint32_t>(std::popcount(a));
  }
};
struct leading_zeros {
  template <class T>
  static uint32_t of(T a) {
    return static_cast<uint32_t>(std::countl_zero(a));
  }
};
struct reversed {
  static uint32_t of(uint32_t x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    x = (x >> 8 & 0x00ff00ffu) | (x & 0x00ff00ffu) << 8;
    return x >> 16 | x << 16;
  }
  static uint64_t of(uint64_t x) { return uint64_t{of(static_cast<uint32_t>(x))} << 32 | of(static_cast<uint32_t>(x >> 32)); }
};
// The low n bits of a, extended: by sign or zeros. Clamped counts beyond 32 leave a; n = 0 gives 0.
template <bool wrap, bool is_signed>
struct extend_from {
  static uint32_t of(uint32_t a, uint32_t n) {
    n = wrap ? n & 31 : n < 32 ? n : 32;
    if (n == 0) return 0;
    const uint32_t up = a << (32 - n);
    return is_signed ? static_cast<uint32_t>(static_cast<int32_t>(up) >> (32 - n)) : up >> (32 - n);
  }
};
// Ones from bit a on, b of them.
template <bool wrap>
struct bit_mask {
  static uint32_t of(uint32_t a, uint32_t b) {
    const uint32_t at = wrap ? a & 31 : a < 32 ? a : 32, length = wrap ? b & 31 : b < 32 ? b : 32;
    return static_cast<uint32_t>(((uint64_t{1} << length) - 1) << at);
  }
};
// The place of the n-th set bit from `base` on, upwards for n > 0, downwards for n < 0; base itself counts.
struct nth_bit {
  static uint32_t of(uint32_t mask, uint32_t base, int32_t n) {
    if (base > 31) return ~0u;
    if (n == 0) return mask >> base & 1 ? base : ~0u;
    const int step = n > 0 ? 1 : -1;
    for (int at = static_cast<int>(base); at >= 0 && at < 32; at += step)
      if (mask >> at & 1 && (n -= step) == 0) return static_cast<uint32_t>(at);
    return ~0u;
  }
};

// --- byte permutations ---

inline uint32_t permuted(uint32_t a, uint32_t b, uint32_t control) {
  const uint64_t bytes = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const uint32_t pick = control >> 4 * i;
    const uint32_t byte = static_cast<uint32_t>(bytes >> 8 * (pick & 7)) & 0xff;
    result |= (pick & 8 ? (byte & 0x80 ? 0xffu : 0u) : byte) << 8 * i;
  }
  return result;
}
struct permute {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) { return permuted(a, b, c & 0xffff); }
};
// f4e, b4e, rc8, ecl, ecr, rc16: the two low bits of c choose one of four permutations.
constexpr uint16_t permutations[6][4] = {{0x3210, 0x4321, 0x5432, 0x6543}, {0x5670, 0x6701, 0x7012, 0x0123},
                                         {0x0000, 0x1111, 0x2222, 0x3333}, {0x3210, 0x3211, 0x3222, 0x3333},
                                         {0x0000, 0x1110, 0x2210, 0x3210}, {0x1010, 0x3232, 0x1010, 0x3232}};
template <int mode>
struct permute_mode {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) { return permuted(a, b, permutations[mode][c & 3]); }
};

// --- handlers of more operands ---

// Bit k of the table, op::imm, is the result where a, b and c have the bits of k (a the highest).
inline flow lookup(warp& w, const op& o, lanes active) {
  const uint32_t* const a = w.lanes_of<uint32_t>(o.a);
  const uint32_t* const b = w.lanes_of<uint32_t>(o.b);
  const uint32_t* const c = w.lanes_of<uint32_t>(o.c);
  uint32_t term[8];
  for (int k = 0; k < 8; ++k) term[k] = 0u - static_cast<uint32_t>(o.imm >> k & 1);
  fill<uint32_t>(w, o.d, active, [=](int i) {
    uint32_t r = 0;
    for (int k = 0; k < 8; ++k) r |= term[k] & (k & 4 ? a[i] : ~a[i]) & (k & 2 ? b[i] : ~b[i]) & (k & 1 ? c[i] : ~c[i]);
    return r;
  });
  if (o.more) {  // p = (d ≠ 0) and/or q
    const uint32_t* const d = w.lanes_of<uint32_t>(o.d);
    const lanes set = where([=](int i) { return d[i] != 0; }), q = o.flags & 2 ? ~w.predicate(o.more[1]) : w.predicate(o.more[1]);
    put(w, o.more[0], active, o.flags & 1 ? set & q : set | q);
  }
  return flow::next;
}

template <class T>
flow insert(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const T* const b = w.lanes_of<T>(o.b);
  const uint32_t* const c = w.lanes_of<uint32_t>(o.c);
  const uint32_t* const n = w.lanes_of<uint32_t>(o.more[0]);
  fill<T>(w, o.d, active, [=](int i) { return insert_field::of<T>(a[i], b[i], c[i], n[i]); });
  return flow::next;
}

// Predicates are masks. op::flags: bits 0 and 1, a and b are negated.
template <class F>
flow of_predicates(warp& w, const op& o, lanes active) {
  const lanes a = w.predicate(o.a) ^ (o.flags & 1 ? all_lanes : 0), b = w.predicate(o.b) ^ (o.flags & 2 ? all_lanes : 0);
  put(w, o.d, active, F::of(a, b));
  return flow::next;
}
inline flow not_predicate(warp& w, const op& o, lanes active) {
  put(w, o.d, active, ~w.predicate(o.a) ^ (o.flags & 1 ? all_lanes : 0));
  return flow::next;
}

}  // namespace ptxvm::PTXVM_ISA
