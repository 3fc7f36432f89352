// Modifiers and operands of memory instructions, and the addresses of a warp's lanes.
#include "ptxvm/mem.h"

#include <ios>

namespace ptxvm {
namespace {

// One of the two goes before the type only once; what it says is kept.
struct state {
  bool meaning = false, scope = false, where = false, nc = false;
};

void once(const decoder& d, bool& said, const char* what) {
  if (said) d.refuse(std::string("two modifiers say ") + what);
  said = true;
}

bool take_space(decoder& d, access_words& words) {
  switch (d.take_one_of({"global", "shared", "shared::cta", "local", "const", "param", "param::entry", "param::func"})) {
    case 0: words.where = space::global; return true;
    case 1:
    case 2: words.where = space::shared; return true;
    case 3: words.where = space::local; return true;
    case 4: words.where = space::constant; return true;
    case 5:
    case 6: words.where = space::param; return true;
    case 7:
      words.where = space::param;
      words.said_function = true;
      return true;
    default: return false;
  }
}

bool take_meaning(decoder& d, access_words& words) {
  const int i = d.take_one_of({"weak", "volatile", "relaxed", "acquire", "release", "acq_rel"});
  if (i < 0) return false;
  words.strong = i > 0;
  words.acquires = i == 3 || i == 5;
  words.releases = i == 4 || i == 5;
  return true;
}

// Caching is not simulated, so these have no effect.
bool take_caching(decoder& d, access_words& words) {
  if (d.take("L2::cache_hint")) {
    words.hint = true;
    return true;
  }
  return d.take_one_of({"ca", "cg", "cs", "cv", "lu", "wb", "wt", "L1::evict_normal", "L1::evict_unchanged", "L1::evict_first",
                        "L1::evict_last", "L1::no_allocate", "L2::evict_normal", "L2::evict_first", "L2::evict_last", "L2::64B", "L2::128B",
                        "L2::256B"}) >= 0;
}

}  // namespace

access_words take_access(decoder& d) {
  access_words words;
  state said;
  while (d.more_modifiers()) {
    if (take_meaning(d, words)) {
      once(d, said.meaning, "how it is ordered");
    } else if (d.take_one_of({"cta", "cluster", "gpu", "sys"}) >= 0) {
      once(d, said.scope, "for whom it is ordered");
    } else if (take_space(d, words)) {
      once(d, said.where, "the state space");
    } else if (d.take("nc")) {
      once(d, said.nc, ".nc");
      words.read_only = true;
    } else if (!take_caching(d, words)) {
      break;
    }
  }
  return words;
}

void want_target(const decoder& d, int least) {
  if (d.module().target < least) d.refuse("this form needs .target sm_" + std::to_string(least));
}

uint16_t flags_of(const access_words& words) {
  return static_cast<uint16_t>((words.strong ? is_strong : 0) | (words.acquires ? does_acquire : 0) | (words.releases ? does_release : 0));
}

place take_place(decoder& d, const ast::operand& o, space& where) {
  const decoder::address address = d.memory(o);
  if (address.of) {
    if (where == space::generic) where = address.of->where;
    if (where != address.of->where) d.refuse("'" + address.of->name + "' is in another state space");
  }
  const bool narrow = address.base != no_slot && address.base_width == 4;
  return {address.base, static_cast<uint64_t>(address.offset), static_cast<uint16_t>(narrow ? base_is_32 : 0)};
}

void fill_addresses(request& r, slot base, uint64_t offset) {
  if (base == no_slot) {
    for (uint64_t& a : r.at) a = offset;
  } else if (r.flags & base_is_32) {
    const uint32_t* from = r.w.lanes_of<uint32_t>(base);
    for (int lane = 0; lane < warp_size; ++lane) r.at[lane] = static_cast<uint32_t>(from[lane] + static_cast<uint32_t>(offset));
  } else {
    const uint64_t* from = r.w.lanes_of<uint64_t>(base);
    for (int lane = 0; lane < warp_size; ++lane) r.at[lane] = from[lane] + offset;
  }
}

void check_alignment(const request& r, const char* what) {
  uint64_t bits = 0;
  if (r.active == all_lanes) {
    for (uint64_t a : r.at) bits |= a;
  } else {
    for (lanes rest = r.active; rest; rest &= rest - 1) bits |= r.at[std::countr_zero(rest)];
  }
  if ((bits & (r.bytes - 1)) == 0) return;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (r.at[lane] & (r.bytes - 1))
      fail(status::misaligned_address, lane, what, " of ", r.bytes, " bytes at address 0x", std::hex, r.at[lane], std::dec,
           ", which is no multiple of ", r.bytes);
  }
}

}  // namespace ptxvm
