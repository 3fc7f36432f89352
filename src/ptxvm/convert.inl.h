// cvt between any two of the integers and floating-point formats: one path that is exact for every rounding, and what a value
// becomes on it. The loops for common forms are in convert_bind.inl.h.
#pragma once
#include <iterator>

#include "ptxvm/floats.inl.h"

namespace ptxvm::PTXVM_ISA {

// Roundings to an integer, after those of `rounding`.
constexpr uint16_t integral = 8;  // | nearest_even, toward_zero, downward, upward: rni, rzi, rmi, rpi
constexpr uint16_t no_rounding = 0xff;

struct conversion {
  type to = type::none, from = type::none;
  uint8_t rounding = no_rounding;
  bool ftz = false, sat = false, relu = false, finite = false;
  uint8_t to_width = 0, from_width = 0;  // of the registers
};
static_assert(sizeof(conversion) <= 16);

inline bool is_integer(type t) {
  return t == type::u8 || t == type::s8 || t == type::u16 || t == type::s16 || t == type::u32 || t == type::s32 || t == type::u64 ||
         t == type::s64;
}
inline bool is_signed_type(type t) { return t == type::s8 || t == type::s16 || t == type::s32 || t == type::s64; }
inline bool is_plain_float(type t) { return t == type::f16 || t == type::bf16 || t == type::f32 || t == type::f64; }

inline uint64_t low_bits(uint64_t x, uint32_t bytes) { return bytes >= 8 ? x : x & ((uint64_t{1} << 8 * bytes) - 1); }

// A register's bits as the number that the type makes of its low part.
inline __int128 integer_in(uint64_t bits, type t) {
  const uint32_t width = 8 * width_of(t);
  bits = low_bits(bits, width / 8);
  if (is_signed_type(t) && bits >> (width - 1) & 1) return static_cast<__int128>(bits) - (static_cast<__int128>(1) << width);
  return bits;
}
inline double real_in(uint64_t bits, type t) {
  switch (t) {
    case type::f16: return from_f16(static_cast<uint16_t>(bits));
    case type::bf16: return from_bf16(static_cast<uint16_t>(bits));
    case type::f32: return std::bit_cast<float>(static_cast<uint32_t>(bits));
    default: return std::bit_cast<double>(bits);
  }
}

inline __int128 least_of(type t) { return is_signed_type(t) ? -(static_cast<__int128>(1) << (8 * width_of(t) - 1)) : 0; }
inline __int128 most_of(type t) { return (static_cast<__int128>(1) << (8 * width_of(t) - (is_signed_type(t) ? 1 : 0))) - 1; }

inline double to_integral(double x, uint8_t mode) {
  switch (mode & 3) {
    case nearest_even: return std::nearbyint(x);
    case toward_zero: return std::trunc(x);
    case downward: return std::floor(x);
    default: return std::ceil(x);
  }
}

// Out of range becomes the nearest integer there is. NaN becomes 0; where either side has 64 bits (source f64, or target s64 or
// u64), the integer whose top bit alone is set.
inline uint64_t real_to_integer(double x, const conversion& how) {
  const type t = how.to;
  if (x != x) return how.from != type::f64 && width_of(t) < 8 ? 0 : uint64_t{1} << (8 * width_of(t) - 1);
  x = to_integral(x, how.rounding);
  const double least = static_cast<double>(least_of(t)), beyond = static_cast<double>(most_of(t)) + (width_of(t) < 8 ? 1.0 : 0.0);
  const __int128 value = x < least ? least_of(t) : x >= beyond ? most_of(t) : static_cast<__int128>(x);
  return static_cast<uint64_t>(value);
}

// An integer as a double that rounds, to at most 51 bits, as the integer itself would.
inline double odd_from(__int128 x) {
  const bool negative = x < 0;
  uint64_t magnitude = static_cast<uint64_t>(negative ? -x : x);
  int shift = 0;
  if (magnitude >> 53) {
    shift = 11;
    magnitude = magnitude >> 11 | ((magnitude & 0x7ff) != 0);
  }
  const double d = std::ldexp(static_cast<double>(magnitude), shift);
  return negative ? -d : d;
}

inline uint64_t real_to_real(double x, const conversion& how) {
  const uint8_t mode = how.rounding & integral ? uint8_t{nearest_even} : how.rounding;  // no_rounding has that bit too
  if (how.relu && x <= 0) x = 0;
  if (how.sat) x = saturated(x);
  switch (how.to) {
    case type::f64: return std::bit_cast<uint64_t>(x);
    case type::f32: {
      const rounding_mode as(mode);
      pin(x);
      float r = static_cast<float>(x);
      pin(r);
      r = canonical(r);
      if (how.ftz) r = flushed(r);
      return std::bit_cast<uint32_t>(r);
    }
    case type::tf32: return x != x ? 0x7fffffff : encoded(x, format_tf32, mode, how.finite) << 13;
    case type::f16: return encoded(x, format_f16, mode, how.finite);
    default: return encoded(x, format_bf16, mode, how.finite);
  }
}

inline uint64_t integer_to_real(__int128 x, const conversion& how) {
  if (how.to == type::f16 || how.to == type::bf16) return real_to_real(odd_from(x), how);
  const rounding_mode as(how.rounding);
  if (how.to == type::f64) {
    double r;
    if (x < 0) {
      int64_t narrow = static_cast<int64_t>(x);
      pin(narrow);
      r = static_cast<double>(narrow);
    } else {
      uint64_t narrow = static_cast<uint64_t>(x);
      pin(narrow);
      r = static_cast<double>(narrow);
    }
    pin(r);
    return std::bit_cast<uint64_t>(how.sat ? saturated(r) : r);
  }
  double odd = odd_from(x);
  pin(odd);
  float r = static_cast<float>(odd);
  pin(r);
  return std::bit_cast<uint32_t>(how.sat ? saturated(r) : r);
}

inline uint64_t converted(uint64_t bits, const conversion& how) {
  if (is_integer(how.from)) {
    const __int128 x = integer_in(bits, how.from);
    if (!is_integer(how.to)) return integer_to_real(x, how);
    if (how.sat && x < least_of(how.to)) return static_cast<uint64_t>(least_of(how.to));
    if (how.sat && x > most_of(how.to)) return static_cast<uint64_t>(most_of(how.to));
    return static_cast<uint64_t>(x);
  }
  double x = real_in(bits, how.from);
  if (how.ftz && how.from == type::f32) x = flushed(static_cast<float>(x));
  if (is_integer(how.to)) return real_to_integer(x, how);
  if (how.rounding != no_rounding && how.rounding & integral) x = to_integral(x, how.rounding);
  return real_to_real(x, how);
}

// Kept where other instructions have further operands: see keep_conversion.
inline const conversion& conversion_of(const op& o) { return *reinterpret_cast<const conversion*>(o.more); }

// Registers may be wider than the types: the source's low part counts, an integer result is extended by its sign or zeros.
inline flow convert_any(warp& w, const op& o, lanes active) {
  const conversion& how = conversion_of(o);
  const std::byte* const from = w.registers + o.a;
  std::byte* const to = w.registers + o.d;
  for (lanes left = active; left; left &= left - 1) {
    const uint32_t i = static_cast<uint32_t>(std::countr_zero(left));
    uint64_t bits = 0;
    std::memcpy(&bits, from + i * how.from_width, how.from_width);
    uint64_t result = converted(bits, how);
    if (is_integer(how.to)) result = static_cast<uint64_t>(integer_in(result, how.to));
    std::memcpy(to + i * how.to_width, &result, how.to_width);
  }
  return flow::next;
}

// --- two numbers in a register ---

// f16x2 and bf16x2 of two f32: a in the high half.
inline flow convert_pair(warp& w, const op& o, lanes active) {
  const conversion& how = conversion_of(o);
  const float* const a = w.lanes_of<float>(o.a);
  const float* const b = w.lanes_of<float>(o.b);
  conversion each = how;
  each.to = how.to == type::f16x2 ? type::f16 : type::bf16, each.from = type::f32;
  uint16_t* const to = w.lanes_of<uint16_t>(o.d);
  for (lanes left = active; left; left &= left - 1) {
    const int i = std::countr_zero(left);
    const uint64_t high = real_to_real(a[i], each), low = real_to_real(b[i], each);
    to[2 * i] = static_cast<uint16_t>(low), to[2 * i + 1] = static_cast<uint16_t>(high);
  }
  return flow::next;
}

inline uint8_t to_byte(double x, const conversion& how) {
  if (how.relu && x <= 0) x = 0;
  return how.to == type::e4m3x2 ? to_e4m3(x) : to_e5m2(x);
}
// e4m3x2 and e5m2x2 of two f32 (a in the high byte) or of an f16x2.
inline flow convert_to_bytes(warp& w, const op& o, lanes active) {
  const conversion& how = conversion_of(o);
  uint8_t* const to = w.lanes_of<uint8_t>(o.d);
  for (lanes left = active; left; left &= left - 1) {
    const int i = std::countr_zero(left);
    double high, low;
    if (how.from == type::f32) {
      high = w.lanes_of<float>(o.a)[i], low = w.lanes_of<float>(o.b)[i];
    } else {
      high = from_f16(w.lanes_of<uint16_t>(o.a)[2 * i + 1]), low = from_f16(w.lanes_of<uint16_t>(o.a)[2 * i]);
    }
    to[2 * i] = to_byte(low, how), to[2 * i + 1] = to_byte(high, how);
  }
  return flow::next;
}
inline flow convert_from_bytes(warp& w, const op& o, lanes active) {
  const conversion& how = conversion_of(o);
  const uint8_t* const from = w.lanes_of<uint8_t>(o.a);
  fill<uint16_t, 2>(w, o.d, active, [&](int i) {
    const float x = how.from == type::e4m3x2 ? from_e4m3(from[i]) : from_e5m2(from[i]);
    return to_f16(how.relu && x <= 0 ? 0.0f : x);
  });
  return flow::next;
}

// cvt.pack: a and b clamped, b the lowest; of bytes, c's low half above them.
template <class T>
flow pack_clamped(warp& w, const op& o, lanes active) {
  const int32_t* const a = w.lanes_of<int32_t>(o.a);
  const int32_t* const b = w.lanes_of<int32_t>(o.b);
  const uint32_t* const c = sizeof(T) == 1 ? w.lanes_of<uint32_t>(o.c) : nullptr;
  const auto clamped = [](int32_t x) -> uint32_t {
    constexpr int32_t least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
    return static_cast<std::make_unsigned_t<T>>(static_cast<T>(x < least ? least : x > most ? most : x));
  };
  fill<uint32_t>(w, o.d, active, [=](int i) {
    const uint32_t pair = clamped(b[i]) | clamped(a[i]) << 8 * sizeof(T);
    return sizeof(T) == 1 ? pair | c[i] << 16 : pair;
  });
  return flow::next;
}

}  // namespace ptxvm::PTXVM_ISA
