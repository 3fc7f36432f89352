// What setp, set, selp and slct take.
#pragma once
#include "ptxvm/compare.inl.h"

namespace ptxvm::PTXVM_ISA {

inline void bind_setp(decoder& d) {
  comparison_modifiers m = take_comparison(d);
  const type t = d.take_type();
  const handler run = comparing(d, t, m);
  const bool combines = m.flags & 3;
  d.want(combines ? 4 : 3, combines ? 4 : 3);
  const ast::operand& first = d.operand(0);
  const bool pair = first.is == ast::operand::kind::pair;
  if (is_pair_type(t) && !pair) d.refuse("setp of pairs wants two predicates, p|q");
  const slot p = d.predicate_target(pair ? first.parts[0] : first);
  const slot* const more = pair ? d.keep({d.predicate_target(first.parts[1])}) : nullptr;
  const slot a = d.source(1, t), b = d.source(2, t);
  bool negated = false;
  const slot c = combines ? d.predicate(d.operand(3), negated) : no_slot;
  op& o = d.emit(run, work::compare);
  o.d = p, o.a = a, o.b = b, o.c = c, o.more = more, o.flags = static_cast<uint16_t>(m.flags | (negated ? compare_negated : 0));
}

inline void bind_set(decoder& d) {
  comparison_modifiers m = take_comparison(d);
  const type result = d.take_type(), t = d.take_type();
  const handler run = comparing(d, t, m);
  const bool half = t == type::f16 || t == type::bf16, pair = is_pair_type(t);
  uint64_t one = 0;
  switch (result) {
    case type::u32:
    case type::s32: one = pair ? 0xffff : 0xffffffff; break;
    case type::u16:
    case type::s16:
      one = 0xffff;
      if (!half) refuse_type(d, result);
      break;
    case type::f32:
      one = 0x3f800000;
      if (pair) refuse_type(d, result);
      break;
    case type::f16:
      one = 0x3c00;
      if (t != type::f16) refuse_type(d, result);
      break;
    case type::bf16:
      one = 0x3f80;
      if (t != type::bf16) refuse_type(d, result);
      break;
    case type::f16x2:
      one = 0x3c00;
      if (t != type::f16x2) refuse_type(d, result);
      break;
    case type::bf16x2:
      one = 0x3f80;
      if (t != type::bf16x2) refuse_type(d, result);
      break;
    default: refuse_type(d, result);
  }
  const bool combines = m.flags & 3;
  d.want(combines ? 4 : 3, combines ? 4 : 3);
  const slot to = d.target(0, result), a = d.source(1, t), b = d.source(2, t);
  bool negated = false;
  const slot c = combines ? d.predicate(d.operand(3), negated) : no_slot;
  op& o = d.emit(run, work::compare);
  o.d = to, o.a = a, o.b = b, o.c = c, o.imm = one;
  o.flags = static_cast<uint16_t>(m.flags | compare_values | (negated ? compare_negated : 0) | width_of(result) << 8);
}

template <class T>
flow selected(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const T* const b = w.lanes_of<T>(o.b);
  const lanes c = o.flags ? ~w.predicate(o.c) : w.predicate(o.c);
  fill<T>(w, o.d, active, [=](int i) { return c >> i & 1 ? a[i] : b[i]; });
  return flow::next;
}
template <class T, class C>
flow selected_by_sign(warp& w, const op& o, lanes active) {
  const T* const a = w.lanes_of<T>(o.a);
  const T* const b = w.lanes_of<T>(o.b);
  const C* const c = w.lanes_of<C>(o.c);
  const bool ftz = o.flags;
  fill<T>(w, o.d, active, [=](int i) {
    C sign = c[i];
    if constexpr (std::is_same_v<C, float>)
      if (ftz) sign = flushed(sign);
    return sign >= 0 ? a[i] : b[i];
  });
  return flow::next;
}

inline void need_plain_type(decoder& d, type t) {
  switch (t) {
    case type::b16:
    case type::b32:
    case type::b64:
    case type::u16:
    case type::u32:
    case type::u64:
    case type::s16:
    case type::s32:
    case type::s64:
    case type::f32:
    case type::f64: return;
    default: refuse_type(d, t);
  }
}

inline void bind_selp(decoder& d) {
  const type t = d.take_type();
  need_plain_type(d, t);
  d.want(4, 4);
  const slot to = d.target(0, t), a = d.source(1, t), b = d.source(2, t);
  bool negated = false;
  const slot c = d.predicate(d.operand(3), negated);
  const uint32_t width = width_of(t);
  op& o = d.emit(width == 2   ? handler{selected<uint16_t>}
                 : width == 4 ? handler{selected<uint32_t>}
                              : handler{selected<uint64_t>},
                 work::move);
  o.d = to, o.a = a, o.b = b, o.c = c, o.flags = negated;
}

inline void bind_slct(decoder& d) {
  const bool ftz = d.take("ftz");
  const type t = d.take_type(), sign = d.take_type();
  need_plain_type(d, t);
  if ((sign != type::s32 && sign != type::f32) || (ftz && sign != type::f32)) refuse_type(d, sign);
  d.want(4, 4);
  const slot to = d.target(0, t), a = d.source(1, t), b = d.source(2, t), c = d.source(3, sign);
  const uint32_t width = width_of(t);
  const bool real = sign == type::f32;
  const handler runs[] = {selected_by_sign<uint16_t, int32_t>, selected_by_sign<uint32_t, int32_t>, selected_by_sign<uint64_t, int32_t>,
                          selected_by_sign<uint16_t, float>,   selected_by_sign<uint32_t, float>,   selected_by_sign<uint64_t, float>};
  op& o = d.emit(runs[(real ? 3 : 0) + (width == 2 ? 0 : width == 4 ? 1 : 2)], work::move);
  o.d = to, o.a = a, o.b = b, o.c = c, o.flags = ftz;
}

}  // namespace ptxvm::PTXVM_ISA
