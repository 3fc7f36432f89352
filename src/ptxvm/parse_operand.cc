// Operands and constants.
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "ptxvm/parser.h"

namespace ptxvm {
namespace {

using kind = ast::operand::kind;

bool is_special(std::string_view name) {
  constexpr std::array<std::string_view, 30> known{
      "%tid.x",       "%tid.y",       "%tid.z",       "%ntid.x",      "%ntid.y",         "%ntid.z",
      "%ctaid.x",     "%ctaid.y",     "%ctaid.z",     "%nctaid.x",    "%nctaid.y",       "%nctaid.z",
      "%laneid",      "%warpid",      "%nwarpid",     "%smid",        "%nsmid",          "%gridid",
      "%clock",       "%clock_hi",    "%clock64",     "%globaltimer", "%globaltimer_lo", "%globaltimer_hi",
      "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge",    "%dynamic_smem_size"};
  for (std::string_view k : known) {
    if (k == name) return true;
  }
  return name == "%total_smem_size";
}

// A float's bits as a double's, a NaN with its payload.
uint64_t widened(uint32_t bits) {
  if ((bits & 0x7f800000) == 0x7f800000) {
    return uint64_t{bits >> 31} << 63 | 0x7ff0000000000000 | uint64_t{bits & 0x7fffff} << 29;
  }
  float f;
  std::memcpy(&f, &bits, 4);
  const double d = f;
  uint64_t wide;
  std::memcpy(&wide, &d, 8);
  return wide;
}

}  // namespace

// Literals: 12, 0x1F, 017, 0b11, each with U after it if one likes; 0f3F800000, 0d3FF0000000000000, 1.5, 1e3.
void parser::number(std::string_view text, ast::operand& o) const {
  o.name = text;
  const auto bad = [&]() { refuse("'" + std::string(text) + "' is no number"); };
  const auto integer = [&](std::string_view digits, int base) {
    if (!digits.empty() && digits.back() == 'U') digits.remove_suffix(1);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size()) bad();
    return value;
  };
  o.is = kind::integer;
  const char second = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
  if (second == 'x' || second == 'X') {
    o.bits = integer(text.substr(2), 16);
  } else if (second == 'b' || second == 'B') {
    o.bits = integer(text.substr(2), 2);
  } else if (second == 'f' || second == 'F') {
    if (text.size() != 10) bad();
    o.is = kind::real;
    o.single = true;
    o.bits = widened(static_cast<uint32_t>(integer(text.substr(2), 16)));
  } else if (second == 'd' || second == 'D') {
    if (text.size() != 18) bad();
    o.is = kind::real;
    o.bits = integer(text.substr(2), 16);
  } else if (text.find_first_of(".eE") != std::string_view::npos) {
    char* end = nullptr;
    const std::string copy(text);
    const double d = std::strtod(copy.c_str(), &end);
    if (*end != '\0') bad();
    o.is = kind::real;
    std::memcpy(&o.bits, &d, 8);
  } else {
    o.bits = integer(text, second != '\0' && second != 'U' ? 8 : 10);
  }
}

bool parser::constant_ahead() const {
  return here().is == token::kind::number || at("-") || at("~") || at("WARP_SZ") || (at("+") && here(1).is == token::kind::number);
}

// Signs before a literal, and sums of literals.
ast::operand parser::constant() {
  ast::operand o;
  const auto one = [&](ast::operand& into) {
    bool minus = false, complement = false;
    while (at("-") || at("+") || at("~")) {
      const std::string_view sign = next().text;
      if (sign == "~" ? minus || complement : complement) refuse("this constant expression is not supported");
      if (sign == "-") minus = !minus;
      if (sign == "~") complement = true;
    }
    if (accept("WARP_SZ")) {
      into.is = kind::integer, into.bits = 32, into.name = "WARP_SZ";
    } else if (here().is == token::kind::number) {
      number(next().text, into);
    } else {
      refuse("'" + std::string(here().text) + "' is no constant");
    }
    if (into.is == kind::real) {
      if (complement) refuse("this constant expression is not supported");
      if (minus) into.bits ^= uint64_t{1} << 63;
    } else {
      if (minus) into.bits = 0 - into.bits;
      if (complement) into.bits = ~into.bits;
    }
    if (minus) into.name = "-" + into.name;
  };
  one(o);
  while (o.is == kind::integer && (at("+") || at("-"))) {
    const bool minus = next().text == "-";
    ast::operand more;
    one(more);
    if (more.is != kind::integer) refuse("this constant expression is not supported");
    o.bits = minus ? o.bits - more.bits : o.bits + more.bits;
    o.name += (minus ? "-" : "+") + more.name;
  }
  return o;
}

int64_t parser::integer() {
  const ast::operand o = constant();
  if (o.is != kind::integer) refuse("'" + o.name + "' is no integer");
  return static_cast<int64_t>(o.bits);
}

ast::operand parser::parts(kind is, std::string_view end) {
  ast::operand o;
  o.is = is;
  next();
  while (!accept(end)) {
    if (!o.parts.empty()) expect(",");
    o.parts.push_back(simple(false));
  }
  return o;
}

ast::operand parser::memory() {
  ast::operand o;
  o.is = kind::memory;
  expect("[");
  if (constant_ahead()) {
    o.parts.push_back(constant());
  } else {
    o.parts.push_back(named(false));
    const kind base = o.parts[0].is;
    if (base != kind::reg && base != kind::symbol) refuse("'" + o.parts[0].name + "' is no address");
    std::swap(o.offset, o.parts[0].offset);
    while (at("+") || at("-")) {
      const bool minus = next().text == "-";
      const int64_t more = integer();
      o.offset += minus ? -more : more;
    }
  }
  if (!accept("]")) refuse("this form of an address is not supported");
  return o;
}

ast::operand parser::named(bool may_be_label) {
  ast::operand o;
  o.name = word("an operand");
  if (o.name == "_") return o;
  if (here().is == token::kind::directive && !here().spaced) o.name += next().text;
  const meaning* const m = find(o.name);
  if (!m) {
    if (is_special(o.name)) {
      o.is = kind::special;
    } else if (may_be_label) {
      o.is = kind::label;
    } else {
      refuse("'" + o.name + "' is unknown");
    }
    return o;
  }
  switch (m->is) {
    case meaning::kind::reg:
      o.is = kind::reg;
      o.number = m->number;
      break;
    case meaning::kind::variable:
      o.is = kind::symbol;
      o.of = m->of;
      while ((at("+") || at("-")) && here(1).is == token::kind::number) {
        const bool minus = next().text == "-";
        const int64_t more = integer();
        o.offset += minus ? -more : more;
      }
      break;
    case meaning::kind::function:
      o.is = kind::code;
      o.callee = m->function;
      take_address(m->function);
      break;
    case meaning::kind::table:
      o.is = kind::list;
      o.number = m->number;
      break;
    default: refuse("'" + o.name + "' is no operand");
  }
  return o;
}

ast::operand parser::simple(bool may_be_label) {
  if (accept("!")) {
    ast::operand o = named(false);
    if (o.is != kind::reg) refuse("'!" + o.name + "' is no predicate");
    o.negated = true;
    return o;
  }
  if (constant_ahead()) return constant();
  return named(may_be_label);
}

ast::operand parser::operand(bool may_be_label) {
  if (at("{")) return parts(kind::vector, "}");
  if (at("(")) return parts(kind::list, ")");
  if (at("[")) return memory();
  ast::operand o = simple(may_be_label);
  if (accept("|")) {
    ast::operand pair;
    pair.is = kind::pair;
    pair.parts.push_back(std::move(o));
    pair.parts.push_back(simple(false));
    return pair;
  }
  return o;
}

}  // namespace ptxvm
