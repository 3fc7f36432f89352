// One function at a time: each instruction goes to its opcode's binder, and whatever the binder leaves over is refused.
#include <algorithm>

#include "ptxvm/code.h"

namespace ptxvm {
namespace {

constexpr uint32_t vector_bytes = 64;
constexpr uint64_t param_align = 16;

uint64_t rounded(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

decoder::decoder(const ast::function& from, program& whole, const layout& where, const ast::module& in_module)
    : from_(from), whole_(whole), where_(where), module_(in_module), into_(*whole.functions.at(whole.numbers.at(&from))) {
  registers_.assign(from.registers.size(), no_slot);
  std::fill(std::begin(sinks_), std::end(sinks_), no_slot);
  if (from.kernel) return;
  for (const ast::variable* v : from.params) addresses_[v] = v->offset;
  into_.returns_at = static_cast<uint32_t>(rounded(from.params_bytes, param_align));
  for (const ast::variable* v : from.returns) addresses_[v] = into_.returns_at + v->offset;
  into_.param_bytes = static_cast<uint32_t>(rounded(into_.returns_at + from.returns_bytes, param_align));
}

void decoder::run() {
  ast::instruction last;
  last.opcode = "ret";
  last.line = from_.body.empty() ? from_.line : from_.body.back().line;
  for (size_t n = 0; n <= from_.body.size(); ++n) {
    in_ = n < from_.body.size() ? &from_.body[n] : &last;
    at_ = 0;
    const binder bind = registry::get().find(in_->opcode);
    if (!bind) refuse("the instruction is unknown to this machine");
    bind(*this);
    if (more_modifiers()) refuse("the modifier ." + in_->modifiers[at_] + " is not supported here");
    if (into_.ops.size() != n + 1) refuse("the instruction was not decoded into one operation");
  }
  into_.local_bytes = static_cast<uint32_t>(rounded(into_.local_bytes, param_align));
  into_.param_bytes = static_cast<uint32_t>(rounded(into_.param_bytes, param_align));
  into_.frame_bytes = static_cast<uint32_t>(rounded(into_.frame_bytes, vector_bytes));
}

op& decoder::emit(handler run, work counts_as) {
  op o;
  o.run = run;
  o.counts_as = counts_as;
  o.line = in_->line;
  o.aligned = std::find(in_->modifiers.begin(), in_->modifiers.end(), "aligned") != in_->modifiers.end();
  if (in_->guard >= 0) {
    o.guard = register_slot(static_cast<uint32_t>(in_->guard));
    o.guard_negated = in_->guard_negated;
  }
  into_.ops.push_back(o);
  return into_.ops.back();
}

const slot* decoder::keep(const std::vector<slot>& more) {
  into_.operand_lists.push_back(std::make_unique<slot[]>(more.size()));
  std::copy(more.begin(), more.end(), into_.operand_lists.back().get());
  return into_.operand_lists.back().get();
}

bool decoder::take(std::string_view modifier) {
  if (!more_modifiers() || in_->modifiers[at_] != modifier) return false;
  ++at_;
  return true;
}

int decoder::take_one_of(std::initializer_list<std::string_view> modifiers) {
  int n = 0;
  for (std::string_view m : modifiers) {
    if (take(m)) return n;
    ++n;
  }
  return -1;
}

type decoder::take_type_if() {
  if (!more_modifiers()) return type::none;
  const type t = type_named(in_->modifiers[at_]);
  if (t != type::none) ++at_;
  return t;
}

type decoder::take_type() {
  const type t = take_type_if();
  if (t == type::none) refuse(more_modifiers() ? "." + in_->modifiers[at_] + " is no type" : "a type is missing");
  return t;
}

void decoder::refuse(const std::string& words) const {
  std::string name = in_->opcode;
  for (const std::string& m : in_->modifiers) name += "." + m;
  throw refusal(in_->line, name + ": " + words);
}

slot decoder::new_slot(uint32_t width) {
  const auto fresh = [&](uint32_t bytes) {
    const slot at = static_cast<slot>(rounded(into_.frame_bytes, vector_bytes));
    into_.frame_bytes = at + bytes;
    return at;
  };
  if (width > 0) return fresh(width * warp_size);
  if (next_predicate_ % vector_bytes == 0) next_predicate_ = fresh(vector_bytes);
  const slot at = next_predicate_;
  next_predicate_ += sizeof(lanes);
  return at;
}

slot decoder::scratch(uint32_t width) { return new_slot(width); }

slot decoder::sink(uint32_t width) {
  if (sinks_[width] == no_slot) sinks_[width] = new_slot(width);
  return sinks_[width];
}

slot decoder::register_slot(uint32_t number) {
  slot& at = registers_[number];
  if (at == no_slot) at = new_slot(width_of(from_.registers[number].declared));
  return at;
}

uint64_t decoder::address_of(const ast::variable& v) {
  if (v.where == space::global || v.where == space::constant) {
    const auto found = where_.global.find(&v);
    if (found == where_.global.end()) refuse("'" + v.name + "' lies nowhere");
    return found->second;
  }
  if (v.where == space::shared) return whole_.shared_at.at(&v);
  if (is_kernel_parameter(v)) return v.offset;
  const auto known = addresses_.find(&v);
  if (known != addresses_.end()) return known->second;
  uint32_t& used = v.where == space::local ? into_.local_bytes : into_.param_bytes;
  const uint64_t at = rounded(used, v.align);
  constexpr uint64_t most = 512 << 10;  // of a thread, as on hardware
  if (v.bytes > most || at + v.bytes > most) refuse("'" + v.name + "' is larger than a thread's memory");
  used = static_cast<uint32_t>(at + v.bytes);
  addresses_[&v] = at;
  return at;
}

bool decoder::is_kernel_parameter(const ast::variable& v) const {
  return from_.kernel && v.where == space::param && std::find(from_.params.begin(), from_.params.end(), &v) != from_.params.end();
}

}  // namespace ptxvm
