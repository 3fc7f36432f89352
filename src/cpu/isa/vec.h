// vec and mask: the vocabulary of base/num.h over one Highway register. Included after cpu/isa/<name>.h has named the instruction set.
#pragma once
#include <hwy/highway.h>
// Highway's per-target headers need HWY_NAMESPACE, so they follow highway.h.
#include <hwy/contrib/math/math-inl.h>

#include <cstdint>

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
WARPWEFT_HD vec max(vec a, vec b) { return hn::Max(a.v, b.v); }
WARPWEFT_HD vec min(vec a, vec b) { return hn::Min(a.v, b.v); }
WARPWEFT_HD vec abs(vec a) { return hn::Abs(a.v); }
WARPWEFT_HD vec sqrt(vec a) { return hn::Sqrt(a.v); }
WARPWEFT_HD vec exp(vec a) { return hn::Exp(tag(), a.v); }
WARPWEFT_HD vec log(vec a) { return hn::Log(tag(), a.v); }
WARPWEFT_HD vec log1p(vec a) { return hn::Log1p(tag(), a.v); }
WARPWEFT_HD vec fma(vec a, vec b, vec c) { return hn::MulAdd(a.v, b.v, c.v); }

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
