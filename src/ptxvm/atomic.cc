// atom and red. Lanes act one after another, in their order; blocks that other threads run see each as one step.
#include <atomic>
#include <cmath>
#include <cstring>

#define PTXVM_ISA scalar
#include "ptxvm/floats.inl.h"
#include "ptxvm/mem.h"

namespace ptxvm {
namespace {

// What becomes of the value in memory; the f-types act on their bits.
template <class T>
struct add_of {
  static T act(T old, T b, T) { return static_cast<T>(old + b); }
};
template <class T>
struct min_of {
  static T act(T old, T b, T) { return b < old ? b : old; }
};
template <class T>
struct max_of {
  static T act(T old, T b, T) { return old < b ? b : old; }
};
template <class T>
struct and_of {
  static T act(T old, T b, T) { return old & b; }
};
template <class T>
struct or_of {
  static T act(T old, T b, T) { return old | b; }
};
template <class T>
struct xor_of {
  static T act(T old, T b, T) { return old ^ b; }
};
template <class T>
struct exch_of {
  static T act(T, T b, T) { return b; }
};
template <class T>
struct cas_of {
  static T act(T old, T b, T c) { return old == b ? c : old; }
};
struct inc_of {
  static uint32_t act(uint32_t old, uint32_t b, uint32_t) { return old >= b ? 0 : old + 1; }
};
struct dec_of {
  static uint32_t act(uint32_t old, uint32_t b, uint32_t) { return old == 0 || old > b ? b : old - 1; }
};

template <class To, class From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

constexpr uint32_t f32_nan = 0x7fffffff;
constexpr uint64_t f64_nan = 0x7fffffffffffffff;

uint32_t flushed(uint32_t f) { return (f & 0x7f800000) == 0 ? f & 0x80000000 : f; }

struct add_f32 {
  static uint32_t act(uint32_t old, uint32_t b, uint32_t) {
    const float sum = bits<float>(old) + bits<float>(b);
    return std::isnan(sum) ? f32_nan : bits<uint32_t>(sum);
  }
};
// In global memory subnormals become zeros; in shared memory they do not.
struct add_f32_flushed {
  static uint32_t act(uint32_t old, uint32_t b, uint32_t) { return flushed(add_f32::act(flushed(old), flushed(b), 0)); }
};
struct add_f64 {
  static uint64_t act(uint64_t old, uint64_t b, uint64_t) {
    const double sum = bits<double>(old) + bits<double>(b);
    return std::isnan(sum) ? f64_nan : bits<uint64_t>(sum);
  }
};
// A sum in float rounds once more without harm: 24 bits are more than twice the 11 or 8 of the operands and two.
struct add_f16 {
  static uint16_t act(uint16_t old, uint16_t b, uint16_t) { return scalar::to_f16(scalar::from_f16(old) + scalar::from_f16(b)); }
};
struct add_bf16 {
  static uint16_t act(uint16_t old, uint16_t b, uint16_t) { return scalar::to_bf16(scalar::from_bf16(old) + scalar::from_bf16(b)); }
};
template <class One>
struct pair_of {
  static uint32_t act(uint32_t old, uint32_t b, uint32_t) {
    const uint16_t low = One::act(static_cast<uint16_t>(old), static_cast<uint16_t>(b), 0);
    const uint16_t high = One::act(static_cast<uint16_t>(old >> 16), static_cast<uint16_t>(b >> 16), 0);
    return low | static_cast<uint32_t>(high) << 16;
  }
};

template <class T, class What>
void act_on(const op& o, request& r, bool alone) {
  const T* b = r.w.lanes_of<T>(o.b);
  const T* c = o.c == no_slot ? b : r.w.lanes_of<T>(o.c);
  T* d = o.d == no_slot ? nullptr : r.w.lanes_of<T>(o.d);
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    T& memory = *reinterpret_cast<T*>(r.at[lane]);
    T old;
    if (alone) {
      old = memory;
      memory = What::act(old, b[lane], c[lane]);
    } else {
      std::atomic_ref<T> shared(memory);
      old = shared.load(std::memory_order_relaxed);
      while (!shared.compare_exchange_weak(old, What::act(old, b[lane], c[lane]))) {
      }
    }
    if (d) d[lane] = old;
  }
}

enum : uint16_t { space_mask = 7 };

// A block's shared memory is its thread's alone.
template <class T, class InGlobal, class InShared>
flow atomic(warp& w, const op& o, lanes active) {
  request all(w, active, sizeof(T), o.flags);
  fill_addresses(all, o.a, o.imm);
  const auto in = [&](space s, request& r) {
    reach(s, r);
    if (s == space::shared)
      act_on<T, InShared>(o, r, true);
    else
      act_on<T, InGlobal>(o, r, false);
  };
  const auto where = static_cast<space>(o.flags & space_mask);
  if (where == space::generic)
    by_space(all, in);
  else
    in(where, all);
  return flow::next;
}

template <class T, class What>
constexpr handler plain = atomic<T, What, What>;

struct form {
  const char* what;
  type of;
  handler run;
};

constexpr form forms[] = {
    {"add", type::u32, plain<uint32_t, add_of<uint32_t>>},
    {"add", type::s32, plain<uint32_t, add_of<uint32_t>>},
    {"add", type::u64, plain<uint64_t, add_of<uint64_t>>},
    {"add", type::s64, plain<uint64_t, add_of<uint64_t>>},
    {"add", type::f32, atomic<uint32_t, add_f32_flushed, add_f32>},
    {"add", type::f64, plain<uint64_t, add_f64>},
    {"add", type::f16, plain<uint16_t, add_f16>},
    {"add", type::f16x2, plain<uint32_t, pair_of<add_f16>>},
    {"add", type::bf16, plain<uint16_t, add_bf16>},
    {"add", type::bf16x2, plain<uint32_t, pair_of<add_bf16>>},
    {"min", type::u32, plain<uint32_t, min_of<uint32_t>>},
    {"min", type::s32, plain<int32_t, min_of<int32_t>>},
    {"min", type::u64, plain<uint64_t, min_of<uint64_t>>},
    {"min", type::s64, plain<int64_t, min_of<int64_t>>},
    {"max", type::u32, plain<uint32_t, max_of<uint32_t>>},
    {"max", type::s32, plain<int32_t, max_of<int32_t>>},
    {"max", type::u64, plain<uint64_t, max_of<uint64_t>>},
    {"max", type::s64, plain<int64_t, max_of<int64_t>>},
    {"and", type::b32, plain<uint32_t, and_of<uint32_t>>},
    {"and", type::b64, plain<uint64_t, and_of<uint64_t>>},
    {"or", type::b32, plain<uint32_t, or_of<uint32_t>>},
    {"or", type::b64, plain<uint64_t, or_of<uint64_t>>},
    {"xor", type::b32, plain<uint32_t, xor_of<uint32_t>>},
    {"xor", type::b64, plain<uint64_t, xor_of<uint64_t>>},
    {"exch", type::b32, plain<uint32_t, exch_of<uint32_t>>},
    {"exch", type::b64, plain<uint64_t, exch_of<uint64_t>>},
    {"cas", type::b16, plain<uint16_t, cas_of<uint16_t>>},
    {"cas", type::b32, plain<uint32_t, cas_of<uint32_t>>},
    {"cas", type::b64, plain<uint64_t, cas_of<uint64_t>>},
    {"inc", type::u32, plain<uint32_t, inc_of>},
    {"dec", type::u32, plain<uint32_t, dec_of>},
};

void bind(decoder& d, bool returns) {
  access_words before = take_access(d);
  if (before.read_only) d.refuse("an atomic on read-only memory");
  const int what = d.take_one_of({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
  if (what < 0) d.refuse("the operation is unknown to this machine");
  const char* const names[] = {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"};
  const std::string name = names[what];
  // CUDA's C++ library writes the order and the scope behind the operation.
  const access_words behind = take_access(d);
  if (behind.where != space::generic || behind.read_only || (before.strong && behind.strong))
    d.refuse("the modifiers behind the operation are not supported");
  before.strong |= behind.strong, before.acquires |= behind.acquires, before.releases |= behind.releases, before.hint |= behind.hint;
  if (!returns && (name == "exch" || name == "cas")) d.refuse("red has no such operation");
  if (!returns && before.acquires) d.refuse("red cannot acquire");
  const bool keeps_subnormals = d.take("noftz");
  const bool hint = d.take("L2::cache_hint") || before.hint;
  const type t = d.take_type();
  const bool half = t == type::f16 || t == type::f16x2 || t == type::bf16 || t == type::bf16x2;
  if (half != keeps_subnormals) d.refuse(half ? ".noftz is wanted" : ".noftz goes with 16-bit floats only");
  handler run = nullptr;
  for (const form& f : forms)
    if (name == f.what && t == f.of) run = f.run;
  if (!run) d.refuse("the operation has no such type");
  if (t == type::bf16 || t == type::bf16x2) want_target(d, 90);

  const size_t first = returns ? 1 : 0, operands = first + 2 + (name == "cas" ? 1 : 0) + (hint ? 1 : 0);
  d.want(operands, operands);
  const slot target = returns && d.operand(0).is != ast::operand::kind::sink ? d.target(0, t) : no_slot;
  const slot b = d.source(first + 1, t);
  const slot c = name == "cas" ? d.source(first + 2, t) : no_slot;
  if (hint) d.source(operands - 1, type::b64);
  space where = before.where;
  const place p = take_place(d, d.operand(first), where);
  if (where != space::generic && where != space::global && where != space::shared) d.refuse("atomics work on global and shared memory");
  op& o = d.emit(run, work::atomic);
  o.d = target;
  o.a = p.base;
  o.b = b;
  o.c = c;
  o.imm = p.offset;
  o.flags = static_cast<uint16_t>(static_cast<uint16_t>(where) | p.flags | flags_of(before));
}

void bind_atom(decoder& d) { bind(d, true); }
void bind_red(decoder& d) { bind(d, false); }

}  // namespace

void register_mbarrier(registry& r);

void register_atomic(registry& r) {
  r.add("atom", bind_atom);
  r.add("red", bind_red);
  register_mbarrier(r);
}

}  // namespace ptxvm
