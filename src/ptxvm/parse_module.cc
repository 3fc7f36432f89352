// Module level: the header, functions with their parameters, and what is only skipped.
#include "ptxvm/parser.h"

namespace ptxvm {

bool parser::accept(std::string_view text) {
  if (!at(text) || here().is == token::kind::end) return false;
  next();
  return true;
}

void parser::expect(std::string_view text) {
  if (!accept(text)) {
    refuse("wanted '" + std::string(text) + "' instead of " +
           (here().is == token::kind::end ? "the end" : "'" + std::string(here().text) + "'"));
  }
}

std::string parser::word(const char* what) {
  if (here().is != token::kind::word) refuse(std::string("wanted ") + what + " instead of '" + std::string(here().text) + "'");
  return std::string(next().text);
}

std::string parser::string() {
  if (here().is != token::kind::string) refuse("wanted a string instead of '" + std::string(here().text) + "'");
  return std::string(next().text);
}

void parser::skip_line() {
  const uint32_t line = here().line;
  while (here().is != token::kind::end && here().line == line) next();
}

void parser::skip_block() {
  expect("{");
  for (int depth = 1; depth > 0;) {
    if (here().is == token::kind::end) refuse("a '}' is missing");
    if (at("{")) ++depth;
    if (at("}")) --depth;
    next();
  }
}

ast::module parser::run() {
  scopes_.emplace_back();
  header();
  while (here().is != token::kind::end) statement();
  finish();
  return std::move(module_);
}

void parser::header() {
  if (!accept(".version")) refuse("PTX begins with .version");
  const std::string version(next().text);
  const size_t dot = version.find('.');
  if (dot == std::string::npos || version.find_first_not_of("0123456789.") != std::string::npos) refuse("'" + version + "' is no version");
  module_.version = std::stoi(version.substr(0, dot)) * 10 + std::stoi(version.substr(dot + 1));
  if (!accept(".target")) refuse("after .version comes .target");
  const std::string target = word("a target");
  if (target.rfind("sm_", 0) != 0 || target.size() < 5) refuse("the target '" + target + "' is unknown");
  const size_t digits = target.find_first_not_of("0123456789", 3);
  module_.target = std::stoi(target.substr(3));
  if (digits != std::string::npos) {
    module_.target_kind = target[digits];
    if (digits + 1 != target.size() || (target[digits] != 'a' && target[digits] != 'f')) refuse("the target '" + target + "' is unknown");
  }
  while (accept(",")) {
    const std::string more = word("a target's option");
    if (more != "debug" && more != "texmode_unified") refuse("the target's option '" + more + "' is not supported");
  }
  if (accept(".address_size") && next().text != "64") refuse("only .address_size 64 is supported");
}

void parser::statement() {
  if (accept(";")) return;
  bool external = false;
  for (;;) {
    if (accept(".extern")) {
      external = true;
    } else if (!accept(".visible") && !accept(".weak") && !accept(".common")) {
      break;
    }
  }
  if (accept(".entry")) return function(true, external);
  if (accept(".func")) return function(false, external);
  if (at_space()) return variables(module_.variables, external);
  if (at(".loc") || at(".file")) return skip_line();
  if (accept(".section")) {
    next();
    return skip_block();
  }
  if (accept(".pragma")) {
    string();
    return expect(";");
  }
  refuse("'" + std::string(here().text) + "' is not supported here");
}

// (.param .u64 .ptr .align 1 a, .param .align 8 .b8 b[24])
std::vector<const ast::variable*> parser::parameters(std::deque<ast::variable>& into, uint64_t& bytes) {
  std::vector<const ast::variable*> list;
  expect("(");
  while (!accept(")")) {
    if (!list.empty()) expect(",");
    if (at(".reg")) refuse("parameters in registers are not supported");
    ast::variable v;
    v.line = here().line;
    v.where = space::param;
    expect(".param");
    const declaration d = declared(space::param);
    v.name = word("a parameter's name");
    shape(v, d);
    v.offset = (bytes + v.align - 1) / v.align * v.align;
    bytes = v.offset + v.bytes;
    into.push_back(v);
    list.push_back(&into.back());
    if (v.name != "_") declare(v.name, {meaning::kind::variable, 0, &into.back(), nullptr});
  }
  return list;
}

uint32_t parser::threads(const char* what) {
  uint64_t product = 1;
  int axes = 0;
  do {
    const int64_t n = integer();
    if (n < 1 || n > 1024) refuse(std::string(what) + " of " + std::to_string(n) + " threads");
    product *= static_cast<uint64_t>(n);
    ++axes;
  } while (accept(","));
  if (axes > 3 || product > 1024) refuse(std::string(what) + " of more than 1024 threads or three axes");
  return static_cast<uint32_t>(product);
}

void parser::performance(ast::function& f) {
  for (;;) {
    if (accept(".maxntid")) {
      f.max_threads = threads(".maxntid");
    } else if (accept(".reqntid")) {
      f.exact_threads = threads(".reqntid");
    } else if (accept(".minnctapersm") || accept(".maxnctapersm") || accept(".maxnreg")) {
      integer();  // for ptxas alone
    } else if (accept(".pragma")) {
      string();
      expect(";");
    } else if (!accept(".noreturn")) {
      return;
    }
  }
}

void parser::function(bool kernel, bool external) {
  const uint32_t line = here().line;
  scopes_.emplace_back();
  ast::function made;
  made.line = line;
  made.kernel = kernel;
  if (!kernel && at("(")) made.returns = parameters(made.variables, made.returns_bytes);
  made.name = word("a function's name");
  if (at("(")) made.params = parameters(made.variables, made.params_bytes);
  performance(made);

  ast::function* f = nullptr;
  const auto known = scopes_[0].names.find(made.name);
  if (known != scopes_[0].names.end()) {
    f = known->second.function;
    if (!f || f->kernel != kernel) refuse("'" + made.name + "' is already something else");
    if (f->params_bytes != made.params_bytes || f->returns_bytes != made.returns_bytes || f->params.size() != made.params.size()) {
      refuse("'" + made.name + "' was declared with other parameters");
    }
  } else {
    module_.functions.emplace_back();
    f = &module_.functions.back();
    f->name = made.name;
    f->kernel = kernel;
    f->line = line;
    meaning m;
    m.is = meaning::kind::function;
    m.function = f;
    scopes_[0].names.emplace(made.name, m);
  }
  if (at("{")) {
    if (f->defined || external) refuse("'" + f->name + "' has a second body");
    // The deque's elements stay where they are when it is moved, so the scope's pointers hold.
    *f = std::move(made);
    f->defined = true;
    body(*f);
  } else {
    if (!f->defined) {
      f->params_bytes = made.params_bytes, f->returns_bytes = made.returns_bytes;
      f->variables = std::move(made.variables), f->params = made.params, f->returns = made.returns;
    }
    expect(";");
  }
  scopes_.pop_back();
}

void parser::finish() {
  for (const ast::variable& v : module_.variables) {
    if (v.external && v.where != space::shared) throw refusal(v.line, "'" + v.name + "' is defined nowhere: there is no linker");
  }
}

void parser::declare(const std::string& name, const meaning& m) {
  if (!scopes_.back().names.emplace(name, m).second) refuse("'" + name + "' is declared twice");
}

const parser::meaning* parser::find(const std::string& name) const {
  for (auto s = scopes_.rbegin(); s != scopes_.rend(); ++s) {
    const auto found = s->names.find(name);
    if (found != s->names.end()) return &found->second;
  }
  return nullptr;
}

void parser::take_address(const ast::function* f) {
  if (f->kernel) refuse("the address of the kernel '" + f->name + "' is not supported");
  auto& all = module_.address_taken;
  if (std::find(all.begin(), all.end(), f) == all.end()) all.push_back(f);
}

ast::module parse(std::string_view text) { return parser(text).run(); }

}  // namespace ptxvm
