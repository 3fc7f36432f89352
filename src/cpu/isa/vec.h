// vec and mask: the vocabulary of base/num.h over one Highway register. Included after cpu/isa/<name>.h has named the instruction set.
#pragma once
#include <hwy/highway.h>
// After highway.h, which names the target's namespace.
#include <hwy/contrib/math/math-inl.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

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
// Past the cache; p is aligned to the register.
WARPWEFT_HD void stream(vec a, float* p) { hn::Stream(a.v, tag(), p); }

// The first `count` of a register's numbers; nothing beside them is touched, as another thread may write there.
WARPWEFT_HD void copy_first(const float* from, int count, float* to) {
#if defined(__AVX512F__)
  const auto first = hn::FirstN(tag(), static_cast<size_t>(count));
  hn::BlendedStore(hn::MaskedLoad(first, tag(), from), first, tag(), to);
#else
  std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
#endif
}

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
// As integers: the bits of a NaN are above those of infinity.
WARPWEFT_HD vec max_or_nan(vec a, vec b) { return hn::BitCast(tag(), hn::Max(hn::BitCast(itag(), a.v), hn::BitCast(itag(), b.v))); }
WARPWEFT_HD vec abs(vec a) { return hn::Abs(a.v); }
#if defined(__AVX512F__)
// One instruction looks the class of each number up: NaN stays, 0, 1, −∞, ∞, below 0, above 0.
WARPWEFT_HD vec sign_of(vec a) { return raw{_mm512_fixupimm_ps(a.v.raw, a.v.raw, _mm512_set1_epi32(static_cast<int>(0xa9a9a822u)), 0)}; }
#else
WARPWEFT_HD vec sign_of(vec a) {
  const raw one = hn::Or(hn::Set(tag(), 1.0f), hn::And(a.v, hn::Set(tag(), -0.0f)));
  return select(abs(a) > vec(0.0f), vec(one), a);
}
#endif
WARPWEFT_HD vec sqrt(vec a) { return hn::Sqrt(a.v); }
WARPWEFT_HD vec fma(vec a, vec b, vec c) { return hn::MulAdd(a.v, b.v, c.v); }
// Highway's logarithm reads a NaN's bits as a number; here it stays a NaN.
WARPWEFT_HD vec log(vec a) { return select(a == a, hn::Log(tag(), a.v), a); }
// ln(1 + a) for a ≥ −1, below 2 ulp. 1 + a rounds to u = 2ⁿ(1 + f) with 1 + f in [√½, √2), and what is lost by it counts as
// lost/u: ln(1 + f) = f − f²/2 + f³ times a minimax polynomial, 6e-9 off. Highway's own divides.
WARPWEFT_HD vec log1p(vec a) {
  const raw one = hn::Set(tag(), 1.0f), u = hn::Add(a.v, one), lost = hn::Sub(a.v, hn::Sub(u, one));
  const auto bits = hn::BitCast(itag(), u), above = hn::Sub(bits, hn::Set(itag(), 0x3f3504f3));  // the bits of √½
  const auto whole = hn::ShiftRight<23>(above);
  const raw f = hn::Sub(hn::BitCast(tag(), hn::Sub(bits, hn::ShiftLeft<23>(whole))), one), n = hn::ConvertTo(tag(), whole);
  const raw scale = hn::BitCast(tag(), hn::ShiftLeft<23>(hn::Sub(hn::Set(itag(), 127), whole)));
  raw p = hn::MulAdd(hn::Set(tag(), -0x1.38b558p-4f), f, hn::Set(tag(), 0x1.055b62p-3f));
  p = hn::MulAdd(p, f, hn::Set(tag(), -0x1.0d8546p-3f));
  p = hn::MulAdd(p, f, hn::Set(tag(), 0x1.22da1ep-3f));
  p = hn::MulAdd(p, f, hn::Set(tag(), -0x1.547244p-3f));
  p = hn::MulAdd(p, f, hn::Set(tag(), 0x1.99a008p-3f));
  p = hn::MulAdd(p, f, hn::Set(tag(), -0x1.000226p-2f));
  p = hn::MulAdd(p, f, hn::Set(tag(), 0x1.555554p-2f));
  p = hn::MulAdd(p, f, hn::Set(tag(), -0.5f));
  const raw rest = hn::Mul(lost, scale);  // its quotient by 1 + f need not be exact
  raw small = hn::MulAdd(n, hn::Set(tag(), 1.428606765330187e-6f), hn::NegMulAdd(rest, f, rest));
  small = hn::MulAdd(hn::Mul(f, f), p, small);
  const vec sum = hn::MulAdd(n, hn::Set(tag(), 0.693145751953125f), hn::Add(f, small));
  return select(a < vec(__builtin_inff()), select(a > vec(-1.0f), sum, vec(-__builtin_inff())), a);
}
WARPWEFT_HD vec tanh(vec a) { return select(a == a, hn::Tanh(tag(), a.v), a); }

// 2ⁿ for whole n in [−126, 127]; −127 gives 0.
WARPWEFT_HD vec two_to(vec n) { return hn::BitCast(tag(), hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(itag(), n.v), hn::Set(itag(), 127)))); }

// How far from 0 exp_parts is right: n times the upper part of ln 2 must be exact, in itself or inside a fused operation.
constexpr float exp_parts_limit = vec_lanes > 1 ? 65536.0f : 256.0f;

// e^a = m 2ⁿ with whole n and m in [0.7, 1.42]; a NaN stays. m = e^r with n = round(a/ln 2), |r| ≤ ln 2/2, which is
// 1 + r + the minimax polynomial of the rest, 4e-9 off: Taylor's to the same power alone would be an ulp off.
WARPWEFT_HD vec exp_parts(vec a, vec& n) {
  n = hn::Round(hn::Mul(a.v, hn::Set(tag(), 1.44269504088896341f)));
  raw r = hn::NegMulAdd(n.v, hn::Set(tag(), 0.693145751953125f), a.v);
  r = hn::NegMulAdd(n.v, hn::Set(tag(), 1.428606765330187e-6f), r);
  raw p = hn::MulAdd(hn::Set(tag(), 0x1.6a2318p-10f), r, hn::Set(tag(), 0x1.123a8ep-7f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.5558f6p-5f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.55549p-3f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 0x1.fffffcp-2f));
  p = hn::MulAdd(p, r, hn::Set(tag(), 1.0f));
  return hn::MulAdd(p, r, hn::Set(tag(), 1.0f));
}

// Below 2 ulp. A NaN stays, below −87 it is 0, above 88 it stays e⁸⁸. Highway's own turns a NaN into 0 and costs half as much again.
WARPWEFT_HD vec exp(vec a) {
  constexpr float lowest_exponent = -87.0f, highest_exponent = 88.0f;
  vec n;
  const vec m = exp_parts(min(vec(highest_exponent), max(vec(lowest_exponent), a)), n);  // a NaN passes
  return select(a < vec(lowest_exponent), vec(0.0f), m * two_to(n));
}

// Whole numbers in a register of floats: they are moved and selected, never added.
WARPWEFT_HD vec bits(int32_t a) { return hn::BitCast(tag(), hn::Set(itag(), a)); }
WARPWEFT_HD vec load_bits(const int32_t* p) { return hn::BitCast(tag(), hn::LoadU(itag(), p)); }
WARPWEFT_HD void store_bits(vec a, int32_t* p) { hn::StoreU(hn::BitCast(itag(), a.v), itag(), p); }
WARPWEFT_HD mask fewer_bits(vec a, vec b) { return {hn::RebindMask(tag(), hn::Lt(hn::BitCast(itag(), a.v), hn::BitCast(itag(), b.v)))}; }
// Lanes below `count`.
WARPWEFT_HD mask first_lanes(int count) { return {hn::FirstN(tag(), static_cast<size_t>(count))}; }
// a^p for 0 ≤ a ≤ 1, or a little above, as 2^(p log₂ a); 0 below 2⁻¹²⁶. What it makes of a NaN is not said.
// a = 2ⁿ(1 + f) with 1 + f in [√½, √2): log₂(1 + f) is f times a minimax polynomial, 3e-8 off; 2^r for |r| ≤ ½ is one, 2e-9 off.
WARPWEFT_HD vec power_of_ratio(vec a, vec p) {
  const auto bits = hn::BitCast(itag(), a.v), above = hn::Sub(bits, hn::Set(itag(), 0x3f3504f3));  // the bits of √½
  const auto whole = hn::ShiftRight<23>(above);
  const raw f = hn::Sub(hn::BitCast(tag(), hn::Sub(bits, hn::ShiftLeft<23>(whole))), hn::Set(tag(), 1.0f));
  raw q = hn::MulAdd(hn::Set(tag(), 0x1.01b6dcp-3f), f, hn::Set(tag(), -0x1.a87d0cp-3f));
  q = hn::MulAdd(q, f, hn::Set(tag(), 0x1.b9c91ap-3f));
  q = hn::MulAdd(q, f, hn::Set(tag(), -0x1.e95be6p-3f));
  q = hn::MulAdd(q, f, hn::Set(tag(), 0x1.26d384p-2f));
  q = hn::MulAdd(q, f, hn::Set(tag(), -0x1.715c4ep-2f));
  q = hn::MulAdd(q, f, hn::Set(tag(), 0x1.ec73d6p-2f));
  q = hn::MulAdd(q, f, hn::Set(tag(), -0x1.71547p-1f));
  q = hn::MulAdd(q, f, hn::Set(tag(), 0x1.715476p+0f));
  const raw y = hn::Mul(p.v, hn::MulAdd(q, f, hn::ConvertTo(tag(), whole))), n = hn::Round(y), r = hn::Sub(y, n);
  raw e = hn::MulAdd(hn::Set(tag(), 0x1.41d334p-13f), r, hn::Set(tag(), 0x1.5f456ap-10f));
  e = hn::MulAdd(e, r, hn::Set(tag(), 0x1.3b2dbcp-7f));
  e = hn::MulAdd(e, r, hn::Set(tag(), 0x1.c6aed4p-5f));
  e = hn::MulAdd(e, r, hn::Set(tag(), 0x1.ebfbdap-3f));
  e = hn::MulAdd(e, r, hn::Set(tag(), 0x1.62e43p-1f));
  e = hn::MulAdd(e, r, hn::Set(tag(), 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(itag(), n), hn::Set(itag(), 127)));
  return hn::IfThenElseZero(hn::Ge(y, hn::Set(tag(), -126.0f)), hn::Mul(e, hn::BitCast(tag(), exponent)));
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
// Lanes whose set of bits has one in common with `bits`.
WARPWEFT_HD mask share_bits(const int32_t* sets, int32_t bits) {
  return {hn::RebindMask(tag(), hn::Ne(hn::And(hn::LoadU(itag(), sets), hn::Set(itag(), bits)), hn::Zero(itag())))};
}
// first, first + 1, …: exact up to 2²⁴
WARPWEFT_HD vec ascending(float first) { return {hn::Iota(tag(), first)}; }
// The lane `at` alone; no lane where `at` is outside [0, vec_lanes).
WARPWEFT_HD mask only_lane(int64_t at) {
  const int32_t lane = at < 0 || at >= vec_lanes ? -1 : static_cast<int32_t>(at);
  return {hn::RebindMask(tag(), hn::Eq(hn::Iota(itag(), 0), hn::Set(itag(), lane)))};
}
// The lanes before `at`: none up to 0, all from vec_lanes on.
WARPWEFT_HD mask lanes_before(int64_t at) {
  const int32_t end = static_cast<int32_t>(at < 0 ? 0 : at > vec_lanes ? vec_lanes : at);
  return {hn::RebindMask(tag(), hn::Lt(hn::Iota(itag(), 0), hn::Set(itag(), end)))};
}

}  // namespace WARPWEFT_ISA

template <>
struct vocabulary<WARPWEFT_ISA::vec> {
  using mask = WARPWEFT_ISA::mask;
};

}  // namespace warpweft
