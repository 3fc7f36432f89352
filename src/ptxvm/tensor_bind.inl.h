// Shapes and types of mma.sync, and its operands.
#pragma once
#include <iterator>
#include <vector>

#include "ptxvm/tensor.inl.h"

namespace ptxvm::PTXVM_ISA {

struct shape {
  handler run = nullptr;
  int a = 0, b = 0, c = 0;
};
template <class EA, class EB, class Acc, int m, int k>
shape shape_of() {
  return {multiplied<EA, EB, Acc, m, k>, a_registers<EA, m, k>, b_registers<EB, k>, c_registers<Acc, m>};
}
template <int m, int k>
shape integer_shape(type a, type b) {
  const bool sa = a == type::s8, sb = b == type::s8;
  if (sa) return sb ? shape_of<element_s8, element_s8, accumulator_s32, m, k>() : shape_of<element_s8, element_u8, accumulator_s32, m, k>();
  return sb ? shape_of<element_u8, element_s8, accumulator_s32, m, k>() : shape_of<element_u8, element_u8, accumulator_s32, m, k>();
}

inline shape mma_shape(int which, type d, type a, type b) {
  enum { m16n8k16, m16n8k8, m16n8k4, m16n8k32, m8n8k16, m8n8k4 };
  const bool bytes = (a == type::s8 || a == type::u8) && (b == type::s8 || b == type::u8) && d == type::s32;
  if (bytes) {
    if (which == m16n8k16) return integer_shape<16, 16>(a, b);
    if (which == m16n8k32) return integer_shape<16, 32>(a, b);
    if (which == m8n8k16) return integer_shape<8, 16>(a, b);
    return {};
  }
  if (a != b) return {};
  if (which == m16n8k16) {
    if (a == type::f16 && d == type::f32) return shape_of<element_f16, element_f16, accumulator_f32, 16, 16>();
    if (a == type::f16 && d == type::f16) return shape_of<element_f16, element_f16, accumulator_f16, 16, 16>();
    if (a == type::bf16 && d == type::f32) return shape_of<element_bf16, element_bf16, accumulator_f32, 16, 16>();
  }
  if (which == m16n8k8) {
    if (a == type::f16 && d == type::f32) return shape_of<element_f16, element_f16, accumulator_f32, 16, 8>();
    if (a == type::f16 && d == type::f16) return shape_of<element_f16, element_f16, accumulator_f16, 16, 8>();
    if (a == type::bf16 && d == type::f32) return shape_of<element_bf16, element_bf16, accumulator_f32, 16, 8>();
    if (a == type::tf32 && d == type::f32) return shape_of<element_tf32, element_tf32, accumulator_f32, 16, 8>();
  }
  if (which == m16n8k4 && a == type::tf32 && d == type::f32) return shape_of<element_tf32, element_tf32, accumulator_f32, 16, 4>();
  if (which == m8n8k4 && a == type::f64 && d == type::f64) return shape_of<element_f64, element_f64, accumulator_f64, 8, 4>();
  return {};
}

// A vector operand of n registers, appended to the list.
inline void collect(decoder& d, std::vector<slot>& list, size_t operand, int n, type t, bool target) {
  const ast::operand& o = d.operand(operand);
  const bool vector = o.is == ast::operand::kind::vector;
  const size_t count = vector ? o.parts.size() : 1;
  if (count != static_cast<size_t>(n)) d.refuse(d.in().opcode + " wants a vector of another number of registers here");
  for (size_t i = 0; i < count; ++i) {
    const ast::operand& part = vector ? o.parts[i] : o;
    list.push_back(target ? d.target(part, t) : d.source(part, t));
  }
}

inline void bind_mma(decoder& d) {
  if (!d.take("sync") || !d.take("aligned")) d.refuse("mma wants .sync.aligned");
  const int which = d.take_one_of({"m16n8k16", "m16n8k8", "m16n8k4", "m16n8k32", "m8n8k16", "m8n8k4"});
  if (which < 0) d.refuse("mma has no such shape here");
  if (!d.take("row") || !d.take("col")) d.refuse("mma is understood with .row.col alone");
  const bool saturate = d.take("satfinite");
  d.take("rn");
  const type to = d.take_type(), a = d.take_type(), b = d.take_type(), c = d.take_type();
  const shape s = to == c ? mma_shape(which, to, a, b) : shape{};
  if (!s.run || (saturate && to != type::s32)) refuse_type(d, to);
  d.want(4, 4);
  const bool wide = to == type::f64;
  const type element = wide ? type::b64 : type::b32;
  std::vector<slot> list;
  list.reserve(32);
  collect(d, list, 0, s.c, element, true);
  collect(d, list, 1, s.a, element, false);
  collect(d, list, 2, s.b, element, false);
  collect(d, list, 3, s.c, element, false);
  const slot* const more = d.keep(list);
  op& o = d.emit(s.run, work::tensor);
  o.more = more, o.flags = saturate;
}

constexpr binding tensors[] = {{"mma", bind_mma}};

}  // namespace ptxvm::PTXVM_ISA
