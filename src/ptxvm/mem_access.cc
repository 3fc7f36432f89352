// ld, ldu and st.
#include <type_traits>

#include "ptxvm/mem_bytes.h"

namespace ptxvm {
namespace {

// Moves elements between registers and a buffer that holds all of a lane's elements together. Into a wider register the element is
// extended as its own type says; out of one it is cut.
struct mover {
  uint32_t element;  // bytes in memory
  uint32_t reg;      // bytes of a register
  bool is_signed;
  uint32_t count;  // of the vector
  void (*unpack)(warp& w, const op& o, lanes active, const std::byte* from);
  void (*pack)(warp& w, const op& o, std::byte* to);
};

template <class E, class R, int Count>
void unpack(warp& w, const op& o, lanes active, const std::byte* from) {
  const E* values = reinterpret_cast<const E*>(from);
  for (int i = 0; i < Count; ++i) {
    R* to = w.lanes_of<R>(Count == 1 ? o.d : o.more[i]);
    if (active == all_lanes) {
      for (int lane = 0; lane < warp_size; ++lane) to[lane] = static_cast<R>(values[lane * Count + i]);
    } else {
      for (int lane = 0; lane < warp_size; ++lane)
        if (active >> lane & 1) to[lane] = static_cast<R>(values[lane * Count + i]);
    }
  }
}

template <class E, class R, int Count>
void pack(warp& w, const op& o, std::byte* to) {
  E* values = reinterpret_cast<E*>(to);
  for (int i = 0; i < Count; ++i) {
    const R* from = w.lanes_of<R>(Count == 1 ? o.b : o.more[i]);
    for (int lane = 0; lane < warp_size; ++lane) values[lane * Count + i] = static_cast<E>(from[lane]);
  }
}

#define PTXVM_MOVERS(E, R) \
  {sizeof(E), sizeof(R), std::is_signed_v<E>, 1, unpack<E, R, 1>, pack<E, R, 1>}, \
      {sizeof(E), sizeof(R), std::is_signed_v<E>, 2, unpack<E, R, 2>, pack<E, R, 2>}, { \
    sizeof(E), sizeof(R), std::is_signed_v<E>, 4, unpack<E, R, 4>, pack<E, R, 4> \
  }

constexpr mover movers[] = {PTXVM_MOVERS(uint8_t, uint16_t),  PTXVM_MOVERS(uint8_t, uint32_t),  PTXVM_MOVERS(uint8_t, uint64_t),
                            PTXVM_MOVERS(int8_t, uint16_t),   PTXVM_MOVERS(int8_t, uint32_t),   PTXVM_MOVERS(int8_t, uint64_t),
                            PTXVM_MOVERS(uint16_t, uint16_t), PTXVM_MOVERS(uint16_t, uint32_t), PTXVM_MOVERS(uint16_t, uint64_t),
                            PTXVM_MOVERS(int16_t, uint16_t),  PTXVM_MOVERS(int16_t, uint32_t),  PTXVM_MOVERS(int16_t, uint64_t),
                            PTXVM_MOVERS(uint32_t, uint32_t), PTXVM_MOVERS(uint32_t, uint64_t), PTXVM_MOVERS(int32_t, uint32_t),
                            PTXVM_MOVERS(int32_t, uint64_t),  PTXVM_MOVERS(uint64_t, uint64_t), PTXVM_MOVERS(int64_t, uint64_t)};
#undef PTXVM_MOVERS
static_assert(std::size(movers) <= mover_mask + 1u);

constexpr uint32_t widest = 16;  // bytes of an access

bool direct(const mover& m) { return m.count == 1 && m.element == m.reg; }

template <class Fetch>
flow load_by(warp& w, const op& o, lanes active, const Fetch& bytes) {
  const mover& m = movers[o.flags & mover_mask];
  request r(w, active, m.element * m.count, o.flags);
  fill_addresses(r, o.a, o.imm);
  if (direct(m)) {
    bytes(r, reinterpret_cast<std::byte*>(w.registers + o.d));
    return flow::next;
  }
  alignas(64) std::byte values[warp_size * widest];
  bytes(r, values);
  m.unpack(w, o, active, values);
  return flow::next;
}

template <space S>
flow load(warp& w, const op& o, lanes active) {
  return load_by(w, o, active, [](request& r, std::byte* to) { fetch(S, r, to); });
}

// A kernel's own parameters are the launch's; what a call in it passes is the frame's.
flow load_kernel_params(warp& w, const op& o, lanes active) { return load_by(w, o, active, fetch_kernel_params); }

bool is_of_kernel(const decoder& d, const ast::operand& memory) {
  const ast::operand& base = memory.is == ast::operand::kind::memory ? memory.parts[0] : memory;
  return d.from().kernel && (base.is != ast::operand::kind::symbol || (base.of && d.is_kernel_parameter(*base.of)));
}

template <space S>
flow store(warp& w, const op& o, lanes active) {
  const mover& m = movers[o.flags & mover_mask];
  request r(w, active, m.element * m.count, o.flags);
  fill_addresses(r, o.a, o.imm);
  if (direct(m)) {
    put(S, r, reinterpret_cast<const std::byte*>(w.registers + o.b));
    return flow::next;
  }
  alignas(64) std::byte values[warp_size * widest];
  m.pack(w, o, values);
  put(S, r, values);
  return flow::next;
}

handler of_space(space s, bool loads) {
  switch (s) {
    case space::generic: return loads ? load<space::generic> : store<space::generic>;
    case space::global: return loads ? load<space::global> : store<space::global>;
    case space::constant: return loads ? load<space::constant> : nullptr;
    case space::shared: return loads ? load<space::shared> : store<space::shared>;
    case space::local: return loads ? load<space::local> : store<space::local>;
    case space::param: return loads ? load<space::param> : store<space::param>;
  }
  return nullptr;
}

bool is_signed(type t) { return t == type::s8 || t == type::s16 || t == type::s32 || t == type::s64; }

void check_type(decoder& d, type t) {
  switch (t) {
    case type::b8:
    case type::b16:
    case type::b32:
    case type::b64:
    case type::u8:
    case type::u16:
    case type::u32:
    case type::u64:
    case type::s8:
    case type::s16:
    case type::s32:
    case type::s64:
    case type::f32:
    case type::f64: return;
    default: d.refuse(d.in().opcode + " of this type");
  }
}

uint16_t find_mover(decoder& d, type t, uint32_t reg, uint32_t count) {
  for (size_t i = 0; i < std::size(movers); ++i) {
    const mover& m = movers[i];
    if (m.element == width_of(t) && m.reg == reg && m.is_signed == is_signed(t) && m.count == count) return static_cast<uint16_t>(i);
  }
  d.refuse("a register of " + std::to_string(reg) + " bytes for a value of " + std::to_string(width_of(t)) + " bytes");
}

// The registers of a vector, or the only one; all of one width.
std::vector<slot> values(decoder& d, const ast::operand& o, type t, uint32_t count, bool loads, uint32_t& reg) {
  std::vector<const ast::operand*> parts;
  if (count == 1) {
    if (o.is == ast::operand::kind::vector) d.refuse("a vector operand without .v2 or .v4");
    parts.push_back(&o);
  } else {
    if (o.is != ast::operand::kind::vector || o.parts.size() != count) d.refuse("the vector operand has another number of elements");
    for (const auto& part : o.parts) parts.push_back(&part);
  }
  reg = 0;
  for (const auto* part : parts) {
    if (!d.is_register(*part)) continue;
    const uint32_t width = d.register_width(*part);
    if (reg != 0 && width != reg) d.refuse("registers of different widths in a vector");
    reg = width;
  }
  if (reg == 0) reg = std::max(2u, width_of(t));
  std::vector<slot> slots;
  for (const auto* part : parts) {
    uint32_t width = reg;
    if (loads && part->is == ast::operand::kind::sink)
      slots.push_back(d.scratch(reg));
    else if (loads)
      slots.push_back(d.target_at_least(*part, t, width));
    else if (d.is_register(*part))
      slots.push_back(d.source_at_least(*part, t, width));
    else
      slots.push_back(d.source(*part, reg == 2 ? type::b16 : reg == 4 ? (t == type::f32 ? t : type::b32) : t == type::f64 ? t : type::b64));
    if (width != reg) d.refuse("registers of different widths in a vector");
  }
  return slots;
}

void bind_access(decoder& d, bool loads) {
  access_words words = take_access(d);
  const int vector = d.take_one_of({"v2", "v4"});
  const uint32_t count = vector < 0 ? 1 : vector == 0 ? 2 : 4;
  const type t = d.take_type();
  check_type(d, t);
  if (width_of(t) * count > widest) d.refuse("an access of more than 16 bytes");
  if (words.read_only && (!loads || words.where != space::global)) d.refuse(".nc goes with ld.global only");
  if (words.acquires && (!loads || words.releases)) d.refuse(loads ? "ld.acq_rel" : "st.acquire");
  if (words.releases && loads) d.refuse("ld.release");
  d.want(words.hint ? 3 : 2, words.hint ? 3 : 2);
  if (words.hint) d.source(2, type::b64);
  const ast::operand& memory = d.operand(loads ? 1 : 0);
  const ast::operand& value = d.operand(loads ? 0 : 1);
  uint32_t reg = 0;
  const std::vector<slot> slots = values(d, value, t, count, loads, reg);
  if ((t == type::f32 || t == type::f64) && reg != width_of(t)) d.refuse("a float value and a register of another width");
  const place p = take_place(d, memory, words.where);
  const bool of_kernel = words.where == space::param && is_of_kernel(d, memory);
  if (of_kernel && !loads) d.refuse("a store to a kernel's parameters");
  const handler run = of_kernel ? load_kernel_params : of_space(words.where, loads);
  if (!run) d.refuse("a store to constant memory");
  const uint16_t moves = find_mover(d, t, reg, count);
  const slot* more = count > 1 ? d.keep(slots) : nullptr;
  op& o = d.emit(run, loads ? work::load : work::store);
  (loads ? o.d : o.b) = slots[0];
  o.more = more;
  o.a = p.base;
  o.imm = p.offset;
  o.flags = static_cast<uint16_t>(moves | flags_of(words) | p.flags);
}

void bind_load(decoder& d) { bind_access(d, true); }
void bind_store(decoder& d) { bind_access(d, false); }

}  // namespace

void register_spaces(registry& r);
void register_copy(registry& r);
void register_matrix(registry& r);

void register_memory(registry& r) {
  r.add("ld", bind_load);
  r.add("ldu", bind_load);
  r.add("st", bind_store);
  register_spaces(r);
  register_copy(r);
  register_matrix(r);
}

}  // namespace ptxvm
