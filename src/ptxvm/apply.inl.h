// Lane loops. A handler computes all 32 lanes in one loop that the compiler turns into vectors; when only some lanes are active,
// it computes into a spare register and copies theirs, so functors may see any bits and must be defined for all of them.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "ptxvm/alu.h"
#include "ptxvm/machine.h"

namespace ptxvm::PTXVM_ISA {

template <class T, int n>
struct alignas(64) spare_lanes {
  T at[n];
};

// `per_lane` elements of d for each active lane: element i = f(i). Elements depend on nothing but their own index,
// which is what lets d be one of the sources.
template <class D, int per_lane = 1, class F>
[[gnu::always_inline]] inline void fill(warp& w, slot d, lanes active, F f) {
  D* const to = w.lanes_of<D>(d);
  constexpr int n = warp_size * per_lane;
  if (active == all_lanes) {
#pragma GCC ivdep
    for (int i = 0; i < n; ++i) to[i] = f(i);
    return;
  }
  spare_lanes<D, n> spare;
#pragma GCC ivdep
  for (int i = 0; i < n; ++i) spare.at[i] = f(i);
  for (lanes left = active; left; left &= left - 1) {
    const int lane = std::countr_zero(left);
    for (int j = 0; j < per_lane; ++j) to[lane * per_lane + j] = spare.at[lane * per_lane + j];
  }
}

// A bit for each lane where f(i) holds.
template <class F>
[[gnu::always_inline]] inline lanes where(F f) {
  lanes result = 0;
  for (int i = 0; i < warp_size; ++i) result |= static_cast<lanes>(f(i) ? 1 : 0) << i;
  return result;
}

inline void put(warp& w, slot predicate, lanes active, lanes value) {
  lanes& at = w.predicate(predicate);
  at = (at & ~active) | (value & active);
}

template <class F>
concept counts_operations = requires {
  F::operations;
};

template <class F>
[[gnu::always_inline]] inline void count_operations(warp& w, lanes active, int per_lane = 1) {
  if constexpr (counts_operations<F>)
    w.block->counts.float_operations += static_cast<uint64_t>(F::operations * per_lane) * std::popcount(active);
}

// d = F::of(a, b, c), as many sources as there are types.
template <class F, class D, class A>
flow one(warp& w, const op& o, lanes active) {
  const A* const a = w.lanes_of<A>(o.a);
  fill<D>(w, o.d, active, [=](int i) { return static_cast<D>(F::of(a[i])); });
  count_operations<F>(w, active);
  return flow::next;
}

template <class F, class D, class A, class B>
flow two(warp& w, const op& o, lanes active) {
  const A* const a = w.lanes_of<A>(o.a);
  const B* const b = w.lanes_of<B>(o.b);
  fill<D>(w, o.d, active, [=](int i) { return static_cast<D>(F::of(a[i], b[i])); });
  count_operations<F>(w, active);
  return flow::next;
}

template <class F, class D, class A, class B, class C>
flow three(warp& w, const op& o, lanes active) {
  const A* const a = w.lanes_of<A>(o.a);
  const B* const b = w.lanes_of<B>(o.b);
  const C* const c = w.lanes_of<C>(o.c);
  fill<D>(w, o.d, active, [=](int i) { return static_cast<D>(F::of(a[i], b[i], c[i])); });
  count_operations<F>(w, active);
  return flow::next;
}

// d, a, b and c as the instruction's operands 0 to 3, all of one type.
inline op& emit_like(decoder& d, handler run, work as, type t) {
  const size_t n = d.count();
  const slot to = d.target(0, t);
  const slot a = n > 1 ? d.source(1, t) : no_slot, b = n > 2 ? d.source(2, t) : no_slot, c = n > 3 ? d.source(3, t) : no_slot;
  op& o = d.emit(run, as);
  o.d = to, o.a = a, o.b = b, o.c = c;
  return o;
}

// Arithmetic that wraps: on unsigned numbers of at least 32 bits.
template <class T>
using raw = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <int bytes, bool is_signed>
using integer_of = std::conditional_t<
    bytes == 2, std::conditional_t<is_signed, int16_t, uint16_t>,
    std::conditional_t<bytes == 4, std::conditional_t<is_signed, int32_t, uint32_t>, std::conditional_t<is_signed, int64_t, uint64_t>>>;

// f is called with a value of the C++ type that t names; refuses other types.
template <class F>
auto with_integer(decoder& d, type t, F f) {
  switch (t) {
    case type::s16: return f(int16_t{});
    case type::u16: return f(uint16_t{});
    case type::s32: return f(int32_t{});
    case type::u32: return f(uint32_t{});
    case type::s64: return f(int64_t{});
    case type::u64: return f(uint64_t{});
    default: refuse_type(d, t);
  }
}

// Where a sign does not matter.
template <class F>
auto with_bits(decoder& d, type t, F f) {
  switch (t) {
    case type::b16: return f(uint16_t{});
    case type::b32: return f(uint32_t{});
    case type::b64: return f(uint64_t{});
    default: refuse_type(d, t);
  }
}

}  // namespace ptxvm::PTXVM_ISA
