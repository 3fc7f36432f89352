// Instructions about addresses and order: cvta, isspacep, prefetch, membar, fence.
#include <atomic>

#include "ptxvm/mem.h"

namespace ptxvm {
namespace {

// What a space's address 0 is as a generic address.
uint64_t base_of(const warp& w, space s) {
  switch (s) {
    case space::shared: return shared_window;
    case space::local: return local_window + w.present->local_base;
    case space::param: return param_window;
    default: return 0;
  }
}

template <space S, bool To>
flow convert(warp& w, const op& o, lanes active) {
  const uint64_t base = base_of(w, S);
  const uint64_t* from = w.lanes_of<uint64_t>(o.a);
  uint64_t* to = w.lanes_of<uint64_t>(o.d);
  for (int lane = 0; lane < warp_size; ++lane) {
    const uint64_t value = To ? from[lane] - base : from[lane] + base;
    to[lane] = active >> lane & 1 ? value : to[lane];
  }
  return flow::next;
}

template <space S>
handler converter(bool to) {
  return to ? convert<S, true> : convert<S, false>;
}

space take_window(decoder& d) {
  switch (d.take_one_of({"global", "shared", "shared::cta", "local", "const", "param", "param::entry"})) {
    case 0: return space::global;
    case 1:
    case 2: return space::shared;
    case 3: return space::local;
    case 4: return space::constant;
    case 5:
    case 6:
      if (!d.from().kernel) d.refuse("generic addresses of a function's parameters");
      return space::param;
    default: d.refuse("a state space is wanted");
  }
}

handler converter_of(space s, bool to) {
  switch (s) {
    case space::shared: return converter<space::shared>(to);
    case space::local: return converter<space::local>(to);
    case space::param: return converter<space::param>(to);
    default: return converter<space::global>(to);
  }
}

void bind_cvta(decoder& d) {
  const bool to = d.take("to");
  const space s = take_window(d);
  if (!d.take("u64")) d.refuse("cvta works on .u64 here");
  d.want(2, 2);
  const slot target = d.target(0, type::u64), source = d.source(1, type::u64);
  op& o = d.emit(converter_of(s, to), work::integer);
  o.d = target;
  o.a = source;
}

// Global memory holds the constants too.
template <space S>
flow is_space(warp& w, const op& o, lanes active) {
  const uint64_t* from = w.lanes_of<uint64_t>(o.a);
  lanes holds = 0;
  for (int lane = 0; lane < warp_size; ++lane) holds |= static_cast<lanes>(space_at(from[lane]) == S) << lane;
  lanes& to = w.predicate(o.d);
  to = (to & ~active) | (holds & active);
  return flow::next;
}

void bind_isspacep(decoder& d) {
  const space s = take_window(d);
  if (s == space::constant) d.refuse("isspacep.const: constants lie in global memory here");
  d.want(2, 2);
  const slot target = d.predicate_target(d.operand(0)), source = d.source(1, type::u64);
  op& o = d.emit(s == space::shared  ? is_space<space::shared>
                 : s == space::local ? is_space<space::local>
                 : s == space::param ? is_space<space::param>
                                     : is_space<space::global>,
                 work::compare);
  o.d = target;
  o.a = source;
}

flow nothing(warp&, const op&, lanes) { return flow::next; }

flow fence(warp& w, const op&, lanes) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  w.block->shared.fence(w.number);
  return flow::next;
}

void bind_prefetch(decoder& d) {
  space s = space::generic;
  const int which = d.take_one_of({"global", "local"});
  if (which >= 0) s = which == 0 ? space::global : space::local;
  if (d.take_one_of({"L1", "L2", "L2::evict_last", "L2::evict_normal"}) < 0) d.refuse("a cache level is wanted");
  d.want(1, 1);
  take_place(d, d.operand(0), s);
  d.emit(nothing, work::other);
}

void bind_applypriority(decoder& d) {
  space s = d.take("global") ? space::global : space::generic;
  if (!d.take("L2::evict_normal")) d.refuse("a priority is wanted");
  d.want(2, 2);
  int64_t size = 0;
  if (!d.integer_of(d.operand(1), size) || size != 128) d.refuse("the size must be 128");
  take_place(d, d.operand(0), s);
  d.emit(nothing, work::other);
}

void bind_membar(decoder& d) {
  if (d.take_one_of({"cta", "gl", "sys"}) < 0) d.refuse("a scope is wanted");
  d.want(0, 0);
  d.emit(fence, work::other);
}

void bind_fence(decoder& d) {
  d.take_one_of({"sc", "acq_rel"});
  if (d.take_one_of({"cta", "cluster", "gpu", "sys"}) < 0) d.refuse("a scope is wanted");
  d.want(0, 0);
  d.emit(fence, work::other);
}

}  // namespace

void register_spaces(registry& r) {
  r.add("cvta", bind_cvta);
  r.add("isspacep", bind_isspacep);
  r.add("prefetch", bind_prefetch);
  r.add("prefetchu", bind_prefetch);
  r.add("applypriority", bind_applypriority);
  r.add("membar", bind_membar);
  r.add("fence", bind_fence);
}

}  // namespace ptxvm
