// setp, set, selp, slct. A comparison makes a mask of all lanes; what becomes of it is the same for every type.
#pragma once
#include <iterator>

#include "ptxvm/floats.inl.h"

namespace ptxvm::PTXVM_ISA {

// a < b is false where either is NaN; the unordered forms (ltu, …) are true there.
enum comparison { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan_, comparisons };

template <comparison c>
struct holds {
  template <class T>
  static bool of(T a, T b) {
    switch (c) {
      case eq: return a == b;
      case ne: return a < b || a > b;
      case lt: return a < b;
      case le: return a <= b;
      case gt: return a > b;
      case ge: return a >= b;
      case equ: return !(a < b || a > b);
      case neu: return !(a == b);
      case ltu: return !(a >= b);
      case leu: return !(a > b);
      case gtu: return !(a <= b);
      case geu: return !(a < b);
      case num: return a == a && b == b;
      default: return a != a || b != b;
    }
  }
};

// op::flags: 0-1 and/or/xor with the predicate c; 2 c is negated; 3 flush; 4 values, not predicates; from 8 on their bytes.
constexpr uint16_t compare_negated = 4, compare_ftz = 8, compare_values = 16;

inline lanes combined(warp& w, const op& o, lanes mask) {
  if (!(o.flags & 3)) return mask;
  const lanes c = o.flags & compare_negated ? ~w.predicate(o.c) : w.predicate(o.c);
  return (o.flags & 3) == 1 ? mask & c : (o.flags & 3) == 2 ? mask | c : mask ^ c;
}

template <class T>
void put_values(warp& w, slot d, lanes active, lanes mask, uint64_t one) {
  const T value = static_cast<T>(one);
  fill<T>(w, d, active, [=](int i) { return mask >> i & 1 ? value : T{0}; });
}

// p = mask ∘ c, q = ¬mask ∘ c
inline flow finish(warp& w, const op& o, lanes active, lanes mask) {
  const lanes result = combined(w, o, mask);
  if (o.flags & compare_values) {
    if (o.flags >> 8 == 2)
      put_values<uint16_t>(w, o.d, active, result, o.imm);
    else
      put_values<uint32_t>(w, o.d, active, result, o.imm);
    return flow::next;
  }
  const lanes other = o.more ? combined(w, o, ~mask) : 0;
  put(w, o.d, active, result);
  if (o.more) put(w, o.more[0], active, other);
  return flow::next;
}

template <comparison c, class T>
flow compared(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const T* const b = w.lanes_of<T>(o.b);
  if constexpr (std::is_same_v<T, float>)
    if (o.flags & compare_ftz) return finish(w, o, active, where([=](int i) { return holds<c>::of(flushed(a[i]), flushed(b[i])); }));
  return finish(w, o, active, where([=](int i) { return holds<c>::of(a[i], b[i]); }));
}

inline float half_up(uint16_t h, bool brain, bool ftz) {
  if (brain) return from_bf16(h);
  return from_f16(ftz && !(h & 0x7c00) ? h & 0x8000 : h);
}
template <comparison c, bool brain>
flow compared_halves(warp& w, const op& o, lanes active) {
  const uint16_t* const a = w.lanes_of<uint16_t>(o.a);
  const uint16_t* const b = w.lanes_of<uint16_t>(o.b);
  const bool ftz = o.flags & compare_ftz;
  return finish(w, o, active, where([=](int i) { return holds<c>::of(half_up(a[i], brain, ftz), half_up(b[i], brain, ftz)); }));
}
// Pairs: p is of the low halves, q of the high ones; set gives a value to each half.
template <comparison c, bool brain>
flow compared_pairs(warp& w, const op& o, lanes active) {
  const uint16_t* const a = w.lanes_of<uint16_t>(o.a);
  const uint16_t* const b = w.lanes_of<uint16_t>(o.b);
  const bool ftz = o.flags & compare_ftz;
  const auto of = [=](int k) {
    return where([=](int i) { return holds<c>::of(half_up(a[2 * i + k], brain, ftz), half_up(b[2 * i + k], brain, ftz)); });
  };
  const lanes low = combined(w, o, of(0)), high = combined(w, o, of(1));
  if (o.flags & compare_values) {
    const uint16_t value = static_cast<uint16_t>(o.imm);
    fill<uint16_t, 2>(w, o.d, active, [=](int i) { return (i & 1 ? high : low) >> (i / 2) & 1 ? value : uint16_t{0}; });
    return flow::next;
  }
  put(w, o.d, active, low);
  if (o.more) put(w, o.more[0], active, high);
  return flow::next;
}

template <class T>
handler comparing(int c) {
  constexpr handler ordered[] = {compared<eq, T>, compared<ne, T>, compared<lt, T>, compared<le, T>, compared<gt, T>, compared<ge, T>};
  if constexpr (std::is_floating_point_v<T>) {
    constexpr handler unordered[] = {compared<equ, T>, compared<neu, T>, compared<ltu, T>, compared<leu, T>,
                                     compared<gtu, T>, compared<geu, T>, compared<num, T>, compared<nan_, T>};
    return c < equ ? ordered[c] : unordered[c - equ];
  } else {
    return ordered[c];
  }
}
template <bool brain>
handler comparing_halves(int c, bool pairs) {
  constexpr handler one_each[] = {compared_halves<eq, brain>,  compared_halves<ne, brain>,  compared_halves<lt, brain>,
                                  compared_halves<le, brain>,  compared_halves<gt, brain>,  compared_halves<ge, brain>,
                                  compared_halves<equ, brain>, compared_halves<neu, brain>, compared_halves<ltu, brain>,
                                  compared_halves<leu, brain>, compared_halves<gtu, brain>, compared_halves<geu, brain>,
                                  compared_halves<num, brain>, compared_halves<nan_, brain>};
  constexpr handler two_each[] = {compared_pairs<eq, brain>,  compared_pairs<ne, brain>,  compared_pairs<lt, brain>,
                                  compared_pairs<le, brain>,  compared_pairs<gt, brain>,  compared_pairs<ge, brain>,
                                  compared_pairs<equ, brain>, compared_pairs<neu, brain>, compared_pairs<ltu, brain>,
                                  compared_pairs<leu, brain>, compared_pairs<gtu, brain>, compared_pairs<geu, brain>,
                                  compared_pairs<num, brain>, compared_pairs<nan_, brain>};
  return (pairs ? two_each : one_each)[c];
}

inline bool is_pair_type(type t) { return t == type::f16x2 || t == type::bf16x2; }

inline handler comparing(decoder& d, type t, int c) {
  const bool ordered = c <= ge;
  switch (t) {
    case type::b16:
      if (c <= ne) return comparing<uint16_t>(c);
      break;
    case type::b32:
      if (c <= ne) return comparing<uint32_t>(c);
      break;
    case type::b64:
      if (c <= ne) return comparing<uint64_t>(c);
      break;
    case type::u16:
      if (ordered) return comparing<uint16_t>(c);
      break;
    case type::u32:
      if (ordered) return comparing<uint32_t>(c);
      break;
    case type::u64:
      if (ordered) return comparing<uint64_t>(c);
      break;
    case type::s16:
      if (ordered) return comparing<int16_t>(c);
      break;
    case type::s32:
      if (ordered) return comparing<int32_t>(c);
      break;
    case type::s64:
      if (ordered) return comparing<int64_t>(c);
      break;
    case type::f32: return comparing<float>(c);
    case type::f64: return comparing<double>(c);
    case type::f16:
    case type::f16x2: return comparing_halves<false>(c, is_pair_type(t));
    case type::bf16:
    case type::bf16x2: return comparing_halves<true>(c, is_pair_type(t));
    default: break;
  }
  refuse_type(d, t);
}

// .cmp{.boolop}{.ftz}; lo, ls, hi and hs are the unsigned order's own names.
struct comparison_modifiers {
  int compare = 0;
  bool unsigned_only = false;
  uint16_t flags = 0;
};
inline comparison_modifiers take_comparison(decoder& d) {
  comparison_modifiers m;
  m.compare =
      d.take_one_of({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan", "lo", "ls", "hi", "hs"});
  if (m.compare < 0) d.refuse(d.in().opcode + " wants a comparison");
  if (m.compare >= comparisons) m.compare = lt + (m.compare - comparisons), m.unsigned_only = true;
  m.flags = static_cast<uint16_t>(d.take_one_of({"and", "or", "xor"}) + 1);
  if (d.take("ftz")) m.flags |= compare_ftz;
  return m;
}
inline handler comparing(decoder& d, type t, const comparison_modifiers& m) {
  if (m.unsigned_only && t != type::u16 && t != type::u32 && t != type::u64) refuse_type(d, t);
  if (m.flags & compare_ftz && t != type::f32 && t != type::f16 && t != type::f16x2) refuse_type(d, t);
  return comparing(d, t, m.compare);
}

}  // namespace ptxvm::PTXVM_ISA
