// Eight-bit floats with four bits of exponent (bias 7) and three of mantissa, without infinities: S.1111.111 is NaN, 448 the largest.
// A tile of columns shares a factor, max|x| / 448 rounded up to a power of two and at least 1e-4 so rounded: value = factor · code.
#pragma once
#include <cstdint>

#include "base/num.h"

namespace warpweft::attention::WARPWEFT_ISA {

constexpr float e4m3_largest = 448.0f;
constexpr float least_factor = 1e-4f;

// 2^n ≥ max(largest / 448, 1e-4), the least such.
WARPWEFT_HD float factor_of(float largest) {
  int exponent;
  const float wanted = max(largest / e4m3_largest, least_factor);
  const float mantissa = ::frexpf(min(wanted, 1e38f), &exponent);  // in [½, 1)
  return ::ldexpf(1.0f, mantissa == 0.5f ? exponent - 1 : exponent);
}

// To nearest even; beyond 448 it stays 448. What is no number, or infinite, is NaN.
WARPWEFT_HD uint8_t e4m3_of(float x) {
  const uint8_t sign = ::copysignf(1.0f, x) < 0.0f ? 0x80 : 0;
  const float size = abs(x);
  if (!(size < __builtin_inff())) return static_cast<uint8_t>(sign | 0x7f);
  if (size >= e4m3_largest) return static_cast<uint8_t>(sign | 0x7e);
  // Steps of 2⁻⁹ below 2⁻⁶, above it of an eighth of the power of two; a mantissa that rounds up to 16 carries into the exponent.
  int exponent;
  ::frexpf(size, &exponent);
  const int power = size < 0x1p-6f ? -6 : exponent - 1;
  const int steps = static_cast<int>(::nearbyintf(::ldexpf(size, 3 - power)));
  return static_cast<uint8_t>(sign | (steps + ((power + 6) << 3)));
}

WARPWEFT_HD float e4m3_value(uint8_t code) {
  const int magnitude = code & 0x7f, exponent = magnitude >> 3, mantissa = magnitude & 7;
  const float size = magnitude == 0x7f ? __builtin_nanf("")
                     : exponent == 0   ? ::ldexpf(static_cast<float>(mantissa), -9)
                                       : ::ldexpf(static_cast<float>(8 + mantissa), exponent - 10);
  return code & 0x80 ? -size : size;
}

}  // namespace warpweft::attention::WARPWEFT_ISA
