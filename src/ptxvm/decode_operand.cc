// Operands: what an instruction of a certain type reads from and writes to.
#include <cstring>
#include <string>

#include "ptxvm/code.h"

namespace ptxvm {
namespace {

using kind = ast::operand::kind;

struct special_name {
  std::string_view name;
  special what;
};

constexpr special_name special_names[] = {
    {"%tid.x", special::tid_x},
    {"%tid.y", special::tid_y},
    {"%tid.z", special::tid_z},
    {"%ntid.x", special::ntid_x},
    {"%ntid.y", special::ntid_y},
    {"%ntid.z", special::ntid_z},
    {"%ctaid.x", special::ctaid_x},
    {"%ctaid.y", special::ctaid_y},
    {"%ctaid.z", special::ctaid_z},
    {"%nctaid.x", special::nctaid_x},
    {"%nctaid.y", special::nctaid_y},
    {"%nctaid.z", special::nctaid_z},
    {"%laneid", special::laneid},
    {"%warpid", special::warpid},
    {"%nwarpid", special::nwarpid},
    {"%smid", special::smid},
    {"%nsmid", special::nsmid},
    {"%gridid", special::gridid},
    {"%lanemask_eq", special::lanemask_eq},
    {"%lanemask_lt", special::lanemask_lt},
    {"%lanemask_le", special::lanemask_le},
    {"%lanemask_gt", special::lanemask_gt},
    {"%lanemask_ge", special::lanemask_ge},
    {"%dynamic_smem_size", special::dynamic_smem_size},
    {"%total_smem_size", special::total_smem_size},
};

std::string bits_of(uint32_t width) { return width == 0 ? "a predicate" : std::to_string(width * 8) + " bits wide"; }

}  // namespace

std::string decoder::named(const ast::operand& o) const {
  switch (o.is) {
    case kind::memory: return "an address in brackets";
    case kind::vector: return "a vector";
    case kind::pair: return "a pair";
    case kind::list: return "a list";
    case kind::sink: return "'_'";
    default: return "'" + o.name + "'";
  }
}

const ast::operand& decoder::operand(size_t i) const {
  if (i >= in_->operands.size()) refuse("operand " + std::to_string(i + 1) + " is missing");
  return in_->operands[i];
}

void decoder::want(size_t least, size_t most) const {
  if (in_->operands.size() < least || in_->operands.size() > most) {
    refuse("has " + std::to_string(in_->operands.size()) + " operands, wanted " + std::to_string(least) +
           (most != least ? " to " + std::to_string(most) : ""));
  }
}

uint32_t decoder::register_width(const ast::operand& o) const {
  if (!is_register(o)) refuse(named(o) + " is no register");
  return width_of(from_.registers[o.number].declared);
}

bool decoder::is_predicate(const ast::operand& o) const { return is_register(o) && from_.registers[o.number].declared == type::pred; }

slot decoder::source(const ast::operand& o, type t) {
  const uint32_t width = width_of(t);
  if (o.negated) refuse("'!' stands before what is no predicate");
  if (is_register(o)) {
    if (register_width(o) != width) refuse(named(o) + " is " + bits_of(register_width(o)) + ", wanted " + bits_of(width));
    return register_slot(o.number);
  }
  if (width == 0) refuse(named(o) + " is no predicate");
  return constant_of(o, t);
}

slot decoder::source_at_least(const ast::operand& o, type t, uint32_t& width) {
  if (is_register(o)) {
    width = register_width(o);
    if (o.negated || width < width_of(t) || width == 0)
      refuse(named(o) + " is " + bits_of(width) + ", wanted at least " + bits_of(width_of(t)));
    return register_slot(o.number);
  }
  width = width_of(t);
  return constant_of(o, t);
}

slot decoder::target(const ast::operand& o, type t) {
  const uint32_t width = width_of(t);
  if (o.is == kind::sink) return sink(width);
  if (register_width(o) != width) refuse(named(o) + " is " + bits_of(register_width(o)) + ", wanted " + bits_of(width));
  if (o.negated) refuse("'!' stands before a target");
  return register_slot(o.number);
}

slot decoder::target_at_least(const ast::operand& o, type t, uint32_t& width) {
  width = width_of(t);
  if (o.is == kind::sink) return sink(width);
  width = register_width(o);
  if (o.negated || width < width_of(t) || width == 0)
    refuse(named(o) + " is " + bits_of(width) + ", wanted at least " + bits_of(width_of(t)));
  return register_slot(o.number);
}

slot decoder::predicate(const ast::operand& o, bool& negated) {
  if (!is_predicate(o)) refuse(named(o) + " is no predicate");
  negated = o.negated;
  return register_slot(o.number);
}

slot decoder::predicate_target(const ast::operand& o) {
  if (o.is == kind::sink) return sink(0);
  if (!is_predicate(o) || o.negated) refuse(named(o) + " is no predicate to write to");
  return register_slot(o.number);
}

bool decoder::integer_of(const ast::operand& o, int64_t& value) const {
  if (o.is != kind::integer) return false;
  value = static_cast<int64_t>(o.bits);
  return true;
}

slot decoder::constant_slot(uint64_t bits, uint32_t width) {
  if (width < 8) bits &= (uint64_t{1} << width * 8) - 1;
  const auto [at, made] = constants_[width].try_emplace(bits, no_slot);
  if (made) {
    at->second = new_slot(width);
    into_.constants.push_back({at->second, width, bits});
  }
  return at->second;
}

slot decoder::constant_of(const ast::operand& o, type t) {
  const uint32_t width = width_of(t);
  if (width > 8) refuse(named(o) + " cannot be " + bits_of(width));
  const bool real = t == type::f32 || t == type::f64;
  switch (o.is) {
    case kind::integer: {
      if (real) refuse("the integer " + named(o) + " where a real number is wanted");
      const auto value = static_cast<int64_t>(o.bits);
      const bool fits = width == 8 || (value >= -(int64_t{1} << (width * 8 - 1)) && value < (int64_t{1} << width * 8));
      if (!fits) refuse(named(o) + " does not fit " + std::to_string(width * 8) + " bits");
      return constant_slot(o.bits, width);
    }
    case kind::real: {
      const bool bits32 = t == type::f32 || (t == type::b32 && o.single), bits64 = t == type::f64 || (t == type::b64 && !o.single);
      if (!bits32 && !bits64) refuse("the real number " + named(o) + " is not wanted here");
      if (bits64) return constant_slot(o.bits, 8);
      uint32_t bits = static_cast<uint32_t>(o.bits >> 63) << 31 | 0x7f800000u | static_cast<uint32_t>(o.bits >> 29 & 0x7fffff);
      if ((o.bits & 0x7ff0000000000000) != 0x7ff0000000000000) {
        double d;
        std::memcpy(&d, &o.bits, 8);
        const auto f = static_cast<float>(d);
        std::memcpy(&bits, &f, 4);
      }
      return constant_slot(bits, 4);
    }
    case kind::special: return special_of(o, width);
    case kind::symbol: {
      if (real || width < 4) refuse("the address of " + named(o) + " is not wanted here");
      const uint64_t address = address_of(*o.of) + static_cast<uint64_t>(o.offset);
      if (width < 8 && address >> 32 != 0) refuse("the address of " + named(o) + " does not fit 32 bits");
      return constant_slot(address, width);
    }
    case kind::code:
      if (width != 8) refuse("the address of " + named(o) + " is 64 bits wide");
      return constant_slot(code_address(module_, *o.callee), 8);
    default: refuse(named(o) + " is not supported here");
  }
}

slot decoder::special_of(const ast::operand& o, uint32_t width) {
  for (const special_name& s : special_names) {
    if (s.name != o.name) continue;
    const bool fits = width == 4 || (s.what == special::gridid && width == 8);
    if (!fits) refuse(named(o) + " is 32 bits wide");
    const auto [at, made] = specials_[width].try_emplace(static_cast<int>(s.what), no_slot);
    if (made) {
      at->second = new_slot(width);
      into_.specials.push_back({at->second, width, s.what});
    }
    return at->second;
  }
  refuse("the special register " + named(o) + " is not supported here");
}

decoder::address decoder::memory(const ast::operand& o) {
  if (o.is != kind::memory) refuse(named(o) + " is no address in brackets");
  const ast::operand& base = o.parts.at(0);
  address a;
  a.offset = o.offset;
  if (is_register(base)) {
    a.base_width = register_width(base);
    if (a.base_width != 4 && a.base_width != 8) refuse("the address " + named(base) + " is " + bits_of(a.base_width));
    a.base = register_slot(base.number);
  } else if (base.is == kind::symbol) {
    a.of = base.of;
    a.offset += static_cast<int64_t>(address_of(*base.of)) + base.offset;
  } else if (!integer_of(base, a.offset)) {
    refuse(named(base) + " is no address");
  }
  return a;
}

}  // namespace ptxvm
