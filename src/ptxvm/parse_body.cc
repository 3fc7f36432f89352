// The body of a function: scopes, registers, labels and instructions.
#include "ptxvm/parser.h"

namespace ptxvm {

void parser::open() { scopes_.emplace_back(); }

// Labels of this scope are known now; the others are looked for further out.
void parser::close(ast::function& f) {
  const scope& here = scopes_.back();
  const size_t depth = scopes_.size();
  std::vector<awaited> left;
  for (awaited& a : awaited_) {
    if (a.depth != depth) {
      left.push_back(a);
      continue;
    }
    const auto found = here.labels.find(a.name);
    if (found == here.labels.end()) {
      a.depth = depth - 1;
      left.push_back(a);
      continue;
    }
    constexpr size_t of_table = ~size_t{0};
    ast::operand& o =
        a.instruction == of_table ? tables_[a.operand >> 32].parts[a.operand & 0xffffffff] : f.body[a.instruction].operands[a.operand];
    o.is = ast::operand::kind::label;
    o.number = found->second;
  }
  awaited_ = std::move(left);
  scopes_.pop_back();
}

void parser::body(ast::function& f) {
  expect("{");
  awaited_.clear();
  tables_.clear();
  open();
  for (size_t inner = 0;;) {
    if (here().is == token::kind::end) refuse("the body of '" + f.name + "' never ends");
    if (accept("{")) {
      open();
      ++inner;
    } else if (accept("}")) {
      close(f);
      if (inner-- == 0) break;
    } else if (at(".reg")) {
      registers(f);
    } else if (at_space()) {
      variables(f.variables, false);
    } else if (at(".loc") || at(".file")) {
      skip_line();
    } else if (accept(".pragma")) {
      string();
      expect(";");
    } else if (here().is == token::kind::word && here(1).text == ":" && here(1).is == token::kind::mark) {
      label(f);
    } else if (!accept(";")) {
      instruction(f);
    }
  }
  if (!awaited_.empty()) throw refusal(awaited_[0].line, "'" + awaited_[0].name + "' is unknown");
  for (const table& t : tables_) {
    for (const auto& [instruction, operand] : t.users) f.body[instruction].operands[operand].parts = t.parts;
  }
}

// .reg .b32 %r<100>; .reg .pred p, q;
void parser::registers(ast::function& f) {
  expect(".reg");
  if (here().is != token::kind::directive) refuse("registers without a type");
  const type t = type_named(here().text.substr(1));
  if (t == type::none) refuse("registers of '" + std::string(here().text) + "' are not supported");
  next();
  const auto add = [&](const std::string& name) {
    meaning m;
    m.is = meaning::kind::reg;
    m.number = static_cast<uint32_t>(f.registers.size());
    f.registers.push_back({name, t});
    declare(name, m);
  };
  do {
    const std::string name = word("a register's name");
    if (accept("<")) {
      const int64_t count = integer();
      if (count < 0 || count > 1'000'000) refuse(std::to_string(count) + " registers");
      expect(">");
      for (int64_t i = 0; i < count; ++i) add(name + std::to_string(i));
    } else {
      add(name);
    }
  } while (accept(","));
  expect(";");
}

void parser::label(ast::function& f) {
  const std::string name = word("a label");
  expect(":");
  if (accept(".branchtargets") || at(".calltargets")) {
    const bool calls = accept(".calltargets");
    tables_.emplace_back();
    const uint64_t index = tables_.size() - 1;
    do {
      ast::operand o;
      const uint32_t line = here().line;
      o.name = word(calls ? "a function" : "a label");
      if (calls) {
        const meaning* const m = find(o.name);
        if (!m || m->is != meaning::kind::function) refuse("'" + o.name + "' is no function");
        o.is = ast::operand::kind::code;
        o.callee = m->function;
      } else {
        awaited_.push_back({o.name, scopes_.size(), ~size_t{0}, index << 32 | tables_.back().parts.size(), line});
      }
      tables_.back().parts.push_back(o);
    } while (accept(","));
    expect(";");
    meaning m;
    m.is = meaning::kind::table;
    m.number = static_cast<uint32_t>(index);
    return declare(name, m);
  }
  if (accept(".callprototype")) {
    module_.prototypes.emplace_back();
    ast::function& p = module_.prototypes.back();
    p.name = name;
    p.line = here().line;
    open();
    if (at("(")) p.returns = parameters(p.variables, p.returns_bytes);
    if (word("'_' for the function's name") != "_") refuse("a prototype's function is written '_'");
    if (at("(")) p.params = parameters(p.variables, p.params_bytes);
    accept(".noreturn");
    scopes_.pop_back();
    expect(";");
    meaning m;
    m.is = meaning::kind::prototype;
    m.function = &p;
    return declare(name, m);
  }
  if (!scopes_.back().labels.emplace(name, static_cast<uint32_t>(f.body.size())).second) refuse("the label '" + name + "' stands twice");
}

void parser::instruction(ast::function& f) {
  ast::instruction i;
  i.line = here().line;
  if (accept("@")) {
    i.guard_negated = accept("!");
    const std::string name = word("a predicate");
    const meaning* const m = find(name);
    if (!m || m->is != meaning::kind::reg || f.registers[m->number].declared != type::pred) refuse("'" + name + "' is no predicate");
    i.guard = static_cast<int32_t>(m->number);
  }
  i.line = here().line;
  if (here().is == token::kind::directive) refuse("'" + std::string(here().text) + "' is not supported here");
  i.opcode = word("an instruction");
  while (here().is == token::kind::directive) i.modifiers.emplace_back(next().text.substr(1));
  if (i.opcode == "call") {
    call(f, i);
  } else if (!at(";")) {
    do {
      i.operands.push_back(operand(i.opcode == "bra" || i.opcode == "brx"));
    } while (accept(","));
  }
  expect(";");
  for (size_t n = 0; n < i.operands.size(); ++n) {
    const ast::operand& o = i.operands[n];
    if (o.is == ast::operand::kind::label) {
      awaited_.push_back({o.name, scopes_.size(), f.body.size(), n, i.line});
    } else if (o.is == ast::operand::kind::list && i.opcode == "brx") {
      tables_[o.number].users.emplace_back(f.body.size(), n);
    }
  }
  f.body.push_back(std::move(i));
}

// call.uni (results), callee, (arguments), prototype;
void parser::call(ast::function&, ast::instruction& i) {
  ast::operand none;
  none.is = ast::operand::kind::list;
  if (at("(")) {
    i.operands.push_back(operand());
    expect(",");
  } else {
    i.operands.push_back(none);
  }
  const meaning* const m = here().is == token::kind::word ? find(std::string(here().text)) : nullptr;
  if (m && m->is == meaning::kind::function) {
    ast::operand callee;
    callee.is = ast::operand::kind::code;
    callee.name = word("a function");
    callee.callee = m->function;
    i.operands.push_back(callee);
  } else {
    i.operands.push_back(operand());
    if (i.operands.back().is != ast::operand::kind::reg) refuse("a call of what is no function and no register");
  }
  if (!accept(",")) return i.operands.push_back(none);
  if (at("(")) {
    i.operands.push_back(operand());
    if (!accept(",")) return;
  } else {
    i.operands.push_back(none);
  }
  const std::string name = word("a prototype");
  const meaning* const p = find(name);
  ast::operand o;
  o.name = name;
  if (p && p->is == meaning::kind::prototype) {
    o.is = ast::operand::kind::code;
    o.callee = p->function;
  } else if (p && p->is == meaning::kind::table) {
    o.is = ast::operand::kind::list;
    o.parts = tables_[p->number].parts;
  } else {
    refuse("'" + name + "' is no prototype");
  }
  i.operands.push_back(o);
}

}  // namespace ptxvm
