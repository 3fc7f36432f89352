// vec and mask: the vocabulary of base/num.h over one Highway register. Included after cpu/isa/<name>.h has named the instruction set.
#pragma once
#include <hwy/highway.h>
// After highway.h, which names the target's namespace.
#include <hwy/contrib/math/math-inl.h>

#include <cstdint>
#include <cstring>

#include "base/num.h"

namespace warpweft {
namespace WARPWEFT_ISA {

namespace hn = hwy::HWY_NAMESPACE;
using tag = hn::ScalableTag<float>;
using itag = hn::RebindToSigned<tag>;
using raw = hn::Vec<tag>;
constexpr int vec_lanes = static_cast<int>(hn::MaxLanes(tag()));

struct mask {
  hn::Mask<tag> m;
};

struct vec {
  raw v;
  vec() = default;
  WARPWEFT_HD vec(raw x) : v(x) {}
  WARPWEFT_HD vec(float x) : v(hn::Set(tag(), x)) {}
};

WARPWEFT_HD vec load(const float* p) { return hn::LoadU(tag(), p); }
WARPWEFT_HD void store(vec a, float* p) { hn::StoreU(a.v, tag(), p); }

WARPWEFT_HD vec operator+(vec a, vec b) { return hn::Add(a.v, b.v); }
WARPWEFT_HD vec operator-(vec a, vec b) { return hn::Sub(a.v, b.v); }
WARPWEFT_HD vec operator*(vec a, vec b) { return hn::Mul(a.v, b.v); }
WARPWEFT_HD vec operator/(vec a, vec b) { return hn::Div(a.v, b.v); }
WARPWEFT_HD vec operator-(vec a) { return hn::Neg(a.v); }
WARPWEFT_HD mask operator<(vec a, vec b) { return {hn::Lt(a.v, b.v)}; }
WARPWEFT_HD mask operator<=(vec a, vec b) { return {hn::Le(a.v, b.v)}; }
WARPWEFT_HD mask operator>(vec a, vec b) { return {hn::Gt(a.v, b.v)}; }
WARPWEFT_HD mask operator>=(vec a, vec b) { return {hn::Ge(a.v, b.v)}; }
WARPWEFT_HD mask operator==(vec a, vec b) { return {hn::Eq(a.v, b.v)}; }
WARPWEFT_HD mask operator&&(mask a, mask b) { return {hn::And(a.m, b.m)}; }
WARPWEFT_HD mask operator||(mask a, mask b) { return {hn::Or(a.m, b.m)}; }
WARPWEFT_HD mask operator!(mask a) { return {hn::Not(a.m)}; }

WARPWEFT_HD bool any(mask a) { return !hn::AllFalse(tag(), a.m); }
WARPWEFT_HD vec select(mask m, vec yes, vec no) { return hn::IfThenElse(m.m, yes.v, no.v); }
// The second operand where either is NaN. NEON's own instruction would return the number.
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
WARPWEFT_HD vec max(vec a, vec b) { return hn::Max(a.v, b.v); }
WARPWEFT_HD vec min(vec a, vec b) { return hn::Min(a.v, b.v); }
#else
WARPWEFT_HD vec max(vec a, vec b) { return select(a > b, a, b); }
WARPWEFT_HD vec min(vec a, vec b) { return select(a < b, a, b); }
#endif
WARPWEFT_HD vec abs(vec a) { return hn::Abs(a.v); }
WARPWEFT_HD vec sqrt(vec a) { return hn::Sqrt(a.v); }
WARPWEFT_HD vec fma(vec a, vec b, vec c) { return hn::MulAdd(a.v, b.v, c.v); }
// Highway's logarithms read a NaN's bits as a number; here it stays a NaN.
WARPWEFT_HD vec log(vec a) { return select(a == a, hn::Log(tag(), a.v), a); }
WARPWEFT_HD vec log1p(vec a) { return select(a == a, hn::Log1p(tag(), a.v), a); }

// e^a = 2ⁿ e^r with n = round(a/ln 2), |r| ≤ ln 2/2; below 2 ulp. e^r is 1 + r + the minimax polynomial of the rest, 4e-9 off:
// Taylor's to the same power alone would be an ulp off. A NaN stays, below −87 it is 0, above 88 it stays e⁸⁸.
// Highway's own turns a NaN into 0 and costs half as much again.
WARPWEFT_HD vec exp(vec a) {
  constexpr float lowest_exponent = -87.0f, highest_exponent = 88.0f;
  const raw x = min(vec(highest_exponent), max(vec(lowest_exponent), a)).v;  // a NaN passes
  const raw n = hn::Round(hn::Mul(x, hn::Set(tag(), 1.44269504088896341f)));
  raw r = hn::NegMulAdd(n, hn::Set(tag(), 0.693145751953125f), x);
  r = hn::NegMulAdd(n, hn::Set(tag(), 1.428606765330187e-6f), r);
  raw p = hn::MulAdd(hn::Set(tag(), 0x1.6a2318p-10f), r, hn::Set(tag(), 0x1.123a8ep-7f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.5558f6p-5f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.55549p-3f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.fffffcp-2f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 1.0f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(itag(), n), hn::Set(itag(), 127)));
  return select(a < vec(lowest_exponent), vec(0.0f), hn::Mul(p, hn::BitCast(tag(), exponent)));
}

// Bit l is lane l.
WARPWEFT_HD uint64_t bits_of(mask a) {
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(tag(), a.m, bytes);
  uint64_t bits;
  std::memcpy(&bits, bytes, 8);
  return bits & ((uint64_t{1} << vec_lanes) - 1);
}

// Lanes whose label equals `label`; labels are compared as integers, so ids above 2²⁴ stay apart.
WARPWEFT_HD mask same_label(const int32_t* labels, int32_t label) {
  return {hn::RebindMask(tag(), hn::Eq(hn::LoadU(itag(), labels), hn::Set(itag(), label)))};
}
// The lane `at` alone; no lane where `at` is outside [0, vec_lanes).
WARPWEFT_HD mask only_lane(int64_t at) {
  const int32_t lane = at < 0 || at >= vec_lanes ? -1 : static_cast<int32_t>(at);
  return {hn::RebindMask(tag(), hn::Eq(hn::Iota(itag(), 0), hn::Set(itag(), lane)))};
}

}  // namespace WARPWEFT_ISA

template <>
struct vocabulary<WARPWEFT_ISA::vec> {
  using mask = WARPWEFT_ISA::mask;
};

}  // namespace warpweft
