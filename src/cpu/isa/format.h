// How a packed word enters the register tile. float32: one column a word. bf16_pairs: columns 2k and 2k+1 in one 32-bit word
// (even column in the low half), multiplied by the machine's dot instruction. Both layouts are the same on 32-bit words.
#pragma once
#include "cpu/isa/vec.h"

#if defined(__AVX512BF16__)
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

#if defined(__AVX512BF16__)
struct bf16_format {
  static constexpr int columns = 2;
  static WARPWEFT_HD raw load(const float* p) { return hn::LoadU(tag(), p); }
  static WARPWEFT_HD raw spread(const float* p) { return hn::Set(tag(), *p); }
  static WARPWEFT_HD raw dot(raw a, raw b, raw sum) {
    return raw{_mm512_dpbf16_ps(sum.raw, (__m512bh)_mm512_castps_si512(a.raw), (__m512bh)_mm512_castps_si512(b.raw))};
  }
  template <int part>
  static WARPWEFT_HD raw column(raw a) {
    const words w = hn::BitCast(utag(), a);
    return hn::BitCast(tag(), part == 0 ? hn::ShiftLeft<16>(w) : hn::And(w, hn::Set(utag(), 0xffff0000u)));
  }
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
