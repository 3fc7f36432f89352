// Variables of every state space, and what they start with.
#include <cstring>
#include <optional>

#include "ptxvm/parser.h"

namespace ptxvm {
namespace {

constexpr uint64_t most_bytes = uint64_t{1} << 40;

std::optional<space> space_named(std::string_view name) {
  if (name == ".global") return space::global;
  if (name == ".const") return space::constant;
  if (name == ".shared" || name == ".shared::cta") return space::shared;
  if (name == ".local") return space::local;
  if (name == ".param") return space::param;
  return std::nullopt;
}

void store(ast::variable& v, uint64_t at, uint64_t bits, uint64_t bytes) {
  if (v.initial.size() < at + bytes) v.initial.resize(at + bytes);
  std::memcpy(v.initial.data() + at, &bits, bytes);
}

float narrowed(const ast::operand& o) {
  double d;
  std::memcpy(&d, &o.bits, 8);
  return static_cast<float>(d);
}

}  // namespace

bool parser::at_space() const { return space_named(here().text).has_value(); }

parser::declaration parser::declared(space where) {
  declaration d;
  for (;;) {
    if (here().is != token::kind::directive) break;
    const std::string name(here().text.substr(1));
    if (name == "align") {
      next();
      const int64_t n = integer();
      if (n < 1 || n > 4096 || (n & (n - 1)) != 0) refuse("an alignment of " + std::to_string(n));
      // `.ptr .align` is about what the pointer points at.
      if (!d.pointer) d.align = static_cast<uint32_t>(n);
    } else if (name == "v2" || name == "v4") {
      next();
      d.vector = name == "v2" ? 2 : 4;
    } else if (name == "ptr" && where == space::param) {
      next();
      d.pointer = true;
    } else if (d.pointer && (name == "global" || name == "shared" || name == "local" || name == "const")) {
      next();
    } else if (type_named(name) != type::none && type_named(name) != type::pred && d.element == type::none) {
      next();
      d.element = type_named(name);
    } else {
      refuse("'." + name + "' of a variable is not supported");
    }
  }
  if (d.element == type::none) refuse("a variable without a type");
  return d;
}

// The brackets after a name.
void parser::shape(ast::variable& v, const declaration& d) {
  v.element = d.element;
  const uint32_t each = width_of(d.element) * d.vector;
  v.align = d.align ? d.align : each;
  uint64_t count = 1;
  while (accept("[")) {
    if (accept("]")) {
      count = 0;
      continue;
    }
    const int64_t n = integer();
    if (n < 0 || static_cast<uint64_t>(n) > most_bytes || count * static_cast<uint64_t>(n) > most_bytes)
      refuse("'" + v.name + "' is too large");
    count *= static_cast<uint64_t>(n);
    expect("]");
  }
  v.bytes = count * each;
}

void parser::variables(std::deque<ast::variable>& into, bool external) {
  const uint32_t line = here().line;
  const space where = *space_named(next().text);
  if (where == space::param && scopes_.size() == 1) refuse("parameters outside a function are not supported");
  const declaration d = declared(where);
  do {
    ast::variable v;
    v.line = line;
    v.where = where;
    v.external = external;
    v.name = word("a variable's name");
    if (accept("<")) refuse("a variable of many names is not supported");
    shape(v, d);
    into.push_back(v);
    ast::variable& kept = into.back();
    meaning m;
    m.is = meaning::kind::variable;
    m.of = &kept;
    declare(v.name, m);
    const bool sized = v.bytes > 0;
    if (accept("=")) {
      if (where != space::global && where != space::constant) refuse("only .global and .const variables can be initialised");
      initialiser(kept, d, sized);
    }
    if (kept.bytes == 0 && !external && where != space::global) refuse("'" + v.name + "' has no size");
    if (external && where == space::shared && sized) kept.external = false;
  } while (accept(","));
  expect(";");
}

void parser::initialiser(ast::variable& v, const declaration& d, bool sized) {
  const uint64_t room = v.bytes;
  if (!at("{")) {
    initial_value(v, d.element);
  } else {
    int depth = 0;
    do {
      if (accept("{")) {
        ++depth;
      } else if (accept("}")) {
        --depth;
        if (depth > 0) accept(",");
      } else {
        initial_value(v, d.element);
        if (!at("}")) expect(",");
      }
    } while (depth > 0);
  }
  if (sized && v.initial.size() > room) refuse("'" + v.name + "' is initialised with more than it holds");
  if (!sized) v.bytes = v.initial.size();
  v.initial.resize(v.bytes);
}

void parser::initial_value(ast::variable& v, type element) {
  const uint32_t bytes = width_of(element);
  const bool symbol = here().is == token::kind::word && here().text != "WARP_SZ";
  if (symbol) return relocated(v, static_cast<uint8_t>(bytes), 0);
  if (here().is == token::kind::number && here(1).text == "(") {
    ast::operand mask;
    number(next().text, mask);
    expect("(");
    uint8_t shift = 0;
    while (shift < 64 && ((mask.bits >> shift) & 0xff) == 0) shift = static_cast<uint8_t>(shift + 8);
    if (mask.is != ast::operand::kind::integer || bytes != 1 || shift >= 64 || mask.bits >> shift != 0xff)
      refuse("the mask of an address is not supported");
    relocated(v, 1, shift);
    return expect(")");
  }
  const ast::operand o = constant();
  uint64_t bits = o.bits;
  if (o.is == ast::operand::kind::real) {
    const bool wide = bytes == 8;
    if ((!wide && bytes != 4) || element == type::tf32) refuse("a real number does not fit this variable");
    if (!wide) {
      const float f = narrowed(o);
      bits = 0;
      std::memcpy(&bits, &f, 4);
    }
  } else if (element == type::f32 || element == type::f64) {
    refuse("an integer does not fit a variable of real numbers");
  }
  store(v, v.initial.size(), bits, bytes);
}

// symbol, symbol + 8, generic(symbol) + 8
void parser::relocated(ast::variable& v, uint8_t bytes, uint8_t shift) {
  if (bytes != 8 && bytes != 1) refuse("an address does not fit this variable");
  ast::relocation r;
  r.bytes = bytes, r.shift = shift;
  r.offset = v.initial.size();
  r.generic = at("generic") && here(1).text == "(";
  if (r.generic) next(), next();
  const std::string name = word("a name");
  const meaning* const m = find(name);
  if (m && m->is == meaning::kind::variable) {
    r.of = m->of;
    if (r.of->where != space::global && r.of->where != space::constant)
      refuse("the address of '" + name + "' is not known before a launch");
  } else if (m && m->is == meaning::kind::function) {
    r.code = m->function;
    take_address(m->function);
  } else {
    refuse("'" + name + "' is unknown");
  }
  if (r.generic) expect(")");
  if (at("+") || at("-")) {
    const bool minus = next().text == "-";
    r.addend = minus ? -integer() : integer();
  }
  v.relocations.push_back(r);
  store(v, v.initial.size(), 0, bytes);
}

}  // namespace ptxvm
