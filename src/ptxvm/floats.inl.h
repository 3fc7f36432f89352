// Numbers: the small floating-point formats, roundings, NaN and subnormals, for arithmetic and conversions alike.
#pragma once
#include <cfenv>

#include "ptxvm/apply.inl.h"

namespace ptxvm::PTXVM_ISA {

enum rounding : uint16_t { nearest_even, toward_zero, downward, upward, ties_away };

// The one NaN that f32 operations give; f64 operations keep what the host's do.
constexpr float nan_f32 = std::bit_cast<float>(0x7fffffffu);
constexpr double nan_f64 = std::bit_cast<double>(0x7fffffffffffffffull);
constexpr uint16_t nan_16 = 0x7fff;

inline float canonical(float x) { return x == x ? x : nan_f32; }
inline double canonical(double x) { return x; }

inline float flushed(float x) {
  const uint32_t b = std::bit_cast<uint32_t>(x);
  return b & 0x7f800000u ? x : std::bit_cast<float>(b & 0x80000000u);
}
inline double flushed(double x) { return x; }  // no f64 instruction flushes

// [0, 1]; NaN becomes +0.
template <class T>
inline T saturated(T x) {
  return x > T{0} ? (x < T{1} ? x : T{1}) : T{0};
}

// Keeps the compiler from computing before the rounding mode is set, or after it is back.
template <class T>
inline void pin(T& x) {
  volatile T kept = x;
  x = kept;
}

class rounding_mode {
 public:
  explicit rounding_mode(uint16_t mode) : changed_(mode != nearest_even) {
    constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD, FE_TONEAREST};
    if (changed_) std::fesetround(modes[mode]);
  }
  ~rounding_mode() {
    if (changed_) std::fesetround(FE_TONEAREST);
  }
  rounding_mode(const rounding_mode&) = delete;

 private:
  bool changed_;
};

// A sum of doubles rounded to odd: what a rounding to a format of at most 51 bits makes of it is what it makes of the exact sum.
inline double odd_sum(double a, double b) {
  const double s = a + b, back = s - a;
  const double error = (a - (s - back)) + (b - back);
  uint64_t bits = std::bit_cast<uint64_t>(s);
  const bool inexact = error != 0 && s - s == 0;
  if (inexact && !(bits & 1)) bits += (error > 0) == (s > 0) ? 1 : uint64_t(-1);
  return std::bit_cast<double>(bits);
}
// A double rounded to odd as a float: below, a rounding to 16 bits then sees all it must.
inline float odd_float(double x) {
  const float f = static_cast<float>(x);
  const double back = f;
  uint32_t bits = std::bit_cast<uint32_t>(f);
  if (back != x && x == x) {
    if (std::fabs(back) > std::fabs(x)) bits -= 1;
    bits |= 1;
  }
  return std::bit_cast<float>(bits);
}

// --- 16 bits ---

// Subnormals by way of an integer: no operand here is a subnormal float, which hosts are slow with.
inline float float_of_half(uint32_t h) {
  const uint32_t magnitude = h & 0x7fffu;
  const uint32_t normal = (magnitude << 13) + (magnitude >= 0x7c00 ? 0x70000000u : 0x38000000u);
  const uint32_t subnormal = std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f);
  const uint32_t bits = (magnitude < 0x400 ? subnormal : normal) | (h & 0x8000u) << 16;
  return std::bit_cast<float>(magnitude > 0x7c00 ? 0x7fffffffu : bits);
}
inline float from_f16(uint16_t h) { return float_of_half(h); }
inline float from_bf16(uint16_t h) { return std::bit_cast<float>(static_cast<uint32_t>(h) << 16); }

inline uint32_t half_of_float(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x), magnitude = u & 0x7fffffffu;
  const uint32_t normal = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  const uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  const uint32_t bits = (magnitude >= 0x47800000u ? 0x7c00u : finite) | (u >> 16 & 0x8000u);
  return magnitude > 0x7f800000u ? uint32_t{nan_16} : bits;
}
inline uint16_t to_f16(float x) { return static_cast<uint16_t>(half_of_float(x)); }

// Many at once, at most 64. What changes an element's width is a loop of its own: compilers make vectors of each, but not of all in one.
inline void from_f16_all(const uint16_t* from, float* to, int n) {
  alignas(64) uint32_t halves[64];
  for (int i = 0; i < n; ++i) halves[i] = from[i];
  for (int i = 0; i < n; ++i) to[i] = float_of_half(halves[i]);
}
inline void to_f16_all(const float* from, uint16_t* to, int n) {
  alignas(64) uint32_t halves[64];
  for (int i = 0; i < n; ++i) halves[i] = half_of_float(from[i]);
  for (int i = 0; i < n; ++i) to[i] = static_cast<uint16_t>(halves[i]);
}

inline uint16_t to_bf16(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x);
  const uint32_t rounded = (u + 0x7fffu + (u >> 16 & 1)) >> 16;
  return static_cast<uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? nan_16 : rounded);
}

struct as_f16 {
  static float up(uint16_t h) { return from_f16(h); }
  static uint16_t down(float x) { return to_f16(x); }
  static void up_all(const uint16_t* from, float* to, int n) { from_f16_all(from, to, n); }
  static void down_all(const float* from, uint16_t* to, int n) { to_f16_all(from, to, n); }
  static uint16_t flush(uint16_t h) { return h & 0x7c00 ? h : h & 0x8000; }
};
struct as_bf16 {
  static float up(uint16_t h) { return from_bf16(h); }
  static uint16_t down(float x) { return to_bf16(x); }
  static void up_all(const uint16_t* from, float* to, int n) {
    for (int i = 0; i < n; ++i) to[i] = from_bf16(from[i]);
  }
  static void down_all(const float* from, uint16_t* to, int n) {
    for (int i = 0; i < n; ++i) to[i] = to_bf16(from[i]);
  }
  static uint16_t flush(uint16_t h) { return h & 0x7f80 ? h : h & 0x8000; }
};

// --- any format: sign, `exponent` bits, `mantissa` bits; rounds |x| exactly. NaN is the caller's. ---

struct format {
  int exponent, mantissa;
  uint64_t infinity() const { return ((uint64_t{1} << exponent) - 1) << mantissa; }
};
constexpr format format_f16{5, 10}, format_bf16{8, 7}, format_tf32{8, 10}, format_e4m3{4, 3}, format_e5m2{5, 2}, format_f32{8, 23};

// The bits of |x| in the format, the exponent unbounded above: what is at least infinity() has overflowed.
inline uint64_t rounded_magnitude(double x, format to, uint16_t mode) {
  const uint64_t bits = std::bit_cast<uint64_t>(x), magnitude = bits & ~(uint64_t{1} << 63);
  const bool negative = bits >> 63;
  if (magnitude == 0) return 0;
  const int bias = (1 << (to.exponent - 1)) - 1, least = 1 - bias;
  int exponent = static_cast<int>(magnitude >> 52);
  uint64_t significand = magnitude & ((uint64_t{1} << 52) - 1);
  if (exponent)
    significand |= uint64_t{1} << 52;
  else
    exponent = 1;
  exponent -= 1023;
  int shift = 52 - to.mantissa;
  if (exponent < least) shift += least - exponent;
  if (shift > 62) significand = 1, shift = 62;  // only that something is there still matters
  const uint64_t rest = significand & ((uint64_t{1} << shift) - 1), half = uint64_t{1} << (shift - 1);
  uint64_t kept = significand >> shift;
  switch (mode) {
    case nearest_even: kept += rest > half || (rest == half && (kept & 1)); break;
    case ties_away: kept += rest >= half; break;
    case downward: kept += rest && negative; break;
    case upward: kept += rest && !negative; break;
    default: break;
  }
  return exponent < least ? kept : (static_cast<uint64_t>(exponent - least) << to.mantissa) + kept;
}

// To f16, bf16 or tf32's 19 bits. `finite`: overflow and infinity become the greatest number.
inline uint32_t encoded(double x, format to, uint16_t mode, bool finite) {
  const uint32_t nan = to.mantissa == 10 && to.exponent == 8 ? 0x7fffffffu >> 13 : nan_16;
  if (x != x) return nan;
  const bool negative = std::signbit(x);
  uint64_t magnitude = std::isinf(x) ? to.infinity() : rounded_magnitude(x, to, mode);
  if (magnitude >= to.infinity()) {
    const bool inward = mode == toward_zero || (mode == downward && !negative) || (mode == upward && negative);
    magnitude = finite || (inward && !std::isinf(x)) ? to.infinity() - 1 : to.infinity();
  }
  return static_cast<uint32_t>(magnitude) | (negative ? 1u << (to.exponent + to.mantissa) : 0);
}

// --- 8 bits, always saturating: e4m3 has no infinity and one NaN, 0x7f; e5m2 has both, and its NaN is 0x7f too ---

inline uint8_t to_e4m3(double x) {
  if (x != x) return 0x7f;
  const uint64_t magnitude = std::isinf(x) ? 0x7e : rounded_magnitude(x, format_e4m3, nearest_even);
  return static_cast<uint8_t>((magnitude > 0x7e ? 0x7e : magnitude) | (std::signbit(x) ? 0x80 : 0));
}
inline uint8_t to_e5m2(double x) {
  if (x != x) return 0x7f;
  const uint64_t magnitude = std::isinf(x) ? 0x7b : rounded_magnitude(x, format_e5m2, nearest_even);
  return static_cast<uint8_t>((magnitude > 0x7b ? 0x7b : magnitude) | (std::signbit(x) ? 0x80 : 0));
}
inline float from_e4m3(uint8_t b) {
  const uint32_t magnitude = b & 0x7f;
  if (magnitude == 0x7f) return nan_f32;
  const float value = magnitude >> 3 ? std::ldexp(static_cast<float>(8 + (magnitude & 7)), static_cast<int>(magnitude >> 3) - 10)
                                     : std::ldexp(static_cast<float>(magnitude), -9);
  return b & 0x80 ? -value : value;
}
inline float from_e5m2(uint8_t b) { return from_f16(static_cast<uint16_t>(b << 8)); }

}  // namespace ptxvm::PTXVM_ISA
