// How a packed word enters the register tile. float32: one column a word. bf16_pairs: columns 2k and 2k+1 in one 32-bit word
// (even column in the low half), multiplied by the machine's dot instruction. Both layouts are the same on 32-bit words.
#pragma once
#include "cpu/isa/vec.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace warpweft {
namespace WARPWEFT_ISA {

using utag = hn::RebindToUnsigned<tag>;
using words = hn::Vec<utag>;

struct float32_format {
  static constexpr int columns = 1;  // per word
  static WARPWEFT_HD raw load(const float* p) { return hn::LoadU(tag(), p); }
  static WARPWEFT_HD raw spread(const float* p) { return hn::Set(tag(), *p); }
  static WARPWEFT_HD raw dot(raw a, raw b, raw sum) { return hn::MulAdd(a, b, sum); }
  template <int part>
  static WARPWEFT_HD raw column(raw a) {
    return a;
  }
  static WARPWEFT_HD float column(const float* p, int) { return *p; }
};

// The words of bf16_pairs read one column at a time, which every machine can do.
struct bf16_words {
  static constexpr int columns = 2;
  template <int part>
  static WARPWEFT_HD raw column(raw a) {
    const words w = hn::BitCast(utag(), a);
    return hn::BitCast(tag(), part == 0 ? hn::ShiftLeft<16>(w) : hn::And(w, hn::Set(utag(), 0xffff0000u)));
  }
};

// Four codes of a signed byte in a word, each 128 higher than it is, multiplied by four signed bytes and added up exactly.
struct int8_words {
  static constexpr int columns = 4;
  static constexpr int bias = 128;
  using ints = hn::Vec<itag>;
  static WARPWEFT_HD ints dot(ints a, ints b, ints sum) {
#if defined(__AVX512VNNI__)
    return ints{_mm512_dpbusd_epi32(sum.raw, a.raw, b.raw)};
#elif defined(__AVX512BW__)
    const __m512i low = _mm512_set1_epi16(0xff);
    const __m512i even = _mm512_madd_epi16(_mm512_and_si512(a.raw, low), _mm512_srai_epi16(_mm512_slli_epi16(b.raw, 8), 8));
    const __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16(a.raw, 8), _mm512_srai_epi16(b.raw, 8));
    return ints{_mm512_add_epi32(sum.raw, _mm512_add_epi32(even, odd))};
#elif defined(__AVX2__)
    const __m256i low = _mm256_set1_epi16(0xff);
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(a.raw, low), _mm256_srai_epi16(_mm256_slli_epi16(b.raw, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(a.raw, 8), _mm256_srai_epi16(b.raw, 8));
    return ints{_mm256_add_epi32(sum.raw, _mm256_add_epi32(even, odd))};
#else
    const auto code = [](ints w) HWY_ATTR { return hn::And(w, hn::Set(itag(), 0xff)); };
    const auto factor = [](ints w) HWY_ATTR { return hn::ShiftRight<24>(w); };
    sum = hn::Add(sum, hn::Mul(code(a), factor(hn::ShiftLeft<24>(b))));
    sum = hn::Add(sum, hn::Mul(code(hn::ShiftRight<8>(a)), factor(hn::ShiftLeft<16>(b))));
    sum = hn::Add(sum, hn::Mul(code(hn::ShiftRight<16>(a)), factor(hn::ShiftLeft<8>(b))));
    return hn::Add(sum, hn::Mul(code(hn::ShiftRight<24>(a)), factor(b)));
#endif
  }
};

#if defined(__AVX512BF16__)
#define WARPWEFT_BF16_DOT
struct bf16_format : bf16_words {
  static WARPWEFT_HD raw load(const float* p) { return hn::LoadU(tag(), p); }
  static WARPWEFT_HD raw spread(const float* p) { return hn::Set(tag(), *p); }
  static WARPWEFT_HD raw dot(raw a, raw b, raw sum) {
    return raw{_mm512_dpbf16_ps(sum.raw, (__m512bh)_mm512_castps_si512(a.raw), (__m512bh)_mm512_castps_si512(b.raw))};
  }
  // Rounded to nearest even, a in the low halves.
  static WARPWEFT_HD raw pair(raw a, raw b) {
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(b.raw, a.raw);  // a's sixteen, then b's
    const __m512i interleaved =
        _mm512_add_epi32(_mm512_set1_epi32(16 << 16), _mm512_mullo_epi32(_mm512_set1_epi32(0x10001), lane_numbers()));
    return raw{_mm512_castsi512_ps(_mm512_permutexvar_epi16(interleaved, both))};
  }
  static WARPWEFT_HD __m512i lane_numbers() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
  using bf16_words::column;
  static WARPWEFT_HD float column(const float* p, int part) {
    uint32_t w;
    __builtin_memcpy(&w, p, 4);
    w = part == 0 ? w << 16 : w & 0xffff0000u;
    float f;
    __builtin_memcpy(&f, &w, 4);
    return f;
  }
};
#endif

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
