// What ld, st, atom, cp.async, ldmatrix and their like share: addresses of a warp's lanes, state spaces, checks, and the way to the bytes.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include "ptxvm/machine.h"

namespace ptxvm {

constexpr uint64_t param_window = 0x0000'0300'0000'0000ull;  // generic addresses of a kernel's parameters

// The state space of a generic address.
inline space space_at(uint64_t generic) {
  switch (generic >> std::countr_zero(shared_window)) {
    case shared_window >> std::countr_zero(shared_window): return space::shared;
    case local_window >> std::countr_zero(shared_window): return space::local;
    case param_window >> std::countr_zero(shared_window): return space::param;
    default: return space::global;
  }
}

// Words of a memory instruction before its type.
struct access_words {
  space where = space::generic;
  bool strong = false;  // volatile, relaxed, acquire, release
  bool acquires = false, releases = false;
  bool read_only = false;      // .nc
  bool hint = false;           // .L2::cache_hint: one more operand
  bool said_function = false;  // .param::func
};
access_words take_access(decoder& d);
// Refuses what the module's target does not have yet.
void want_target(const decoder& d, int least);

// How op::flags hold what a handler must know.
enum : uint16_t { mover_mask = 0x3f, is_strong = 0x40, does_acquire = 0x80, does_release = 0x100, base_is_32 = 0x200 };
uint16_t flags_of(const access_words& words);

// Fills a, imm and the width's flag of `o` from a memory operand. `where` becomes the space of a symbol when none was written.
struct place {
  slot base;
  uint64_t offset;
  uint16_t flags;
};
place take_place(decoder& d, const ast::operand& o, space& where);

// One instruction's addresses.
struct request {
  warp& w;
  lanes active;
  uint32_t bytes;  // of each lane
  uint16_t flags;
  alignas(64) uint64_t at[warp_size];

  request(warp& w_, lanes active_, uint32_t bytes_, uint16_t flags_) : w(w_), active(active_), bytes(bytes_), flags(flags_) {}
  bool strong() const { return flags & is_strong; }
  int first() const { return std::countr_zero(active); }
};
void fill_addresses(request& r, slot base, uint64_t offset);
// Natural alignment.
void check_alignment(const request& r, const char* what);

// Bytes of all active lanes, `bytes` of each, lane after lane in `to` or `from`. Everything is checked and counted.
void fetch(space where, request& r, std::byte* to);
void put(space where, request& r, const std::byte* from);
// For atomics, in one of global and shared: checked, marked as written and counted; at[] become host addresses.
void reach(space where, request& r);
// The lanes of a generic request, by space; f(space, request) has addresses within the space.
template <class F>
void by_space(request& r, F&& f);

// Parts of these, for copies.
void check_global(const request& r, const char* what);
void check_global_written(const request& r);
void count_global(const request& r, bool writes);
void count_shared(const request& r);

template <class F>
void by_space(request& r, F&& f) {
  lanes rest = r.active;
  const auto window = [](space s) {
    return s == space::shared ? shared_window : s == space::local ? local_window : s == space::param ? param_window : 0;
  };
  while (rest) {
    const space where = space_at(r.at[std::countr_zero(rest)]);
    lanes same = 0;
    for (int lane = 0; lane < warp_size; ++lane) same |= static_cast<lanes>(space_at(r.at[lane]) == where) << lane;
    same &= rest;
    rest &= ~same;
    request part(r.w, same, r.bytes, r.flags);
    for (int lane = 0; lane < warp_size; ++lane) part.at[lane] = r.at[lane] - window(where);
    f(where, part);
  }
}

}  // namespace ptxvm
