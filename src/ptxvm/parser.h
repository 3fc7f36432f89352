// The parser's inside: one object reads a module; its parts are in parse_*.cc.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ptxvm/ast.h"
#include "ptxvm/lexer.h"

namespace ptxvm {

class parser {
 public:
  explicit parser(std::string_view text) : tokens_(tokens_of(text)) {}
  ast::module run();

 private:
  // What a name stands for.
  struct meaning {
    enum class kind : uint8_t { nothing, reg, variable, function, prototype, table } is = kind::nothing;
    uint32_t number = 0;  // reg: index; table: index into tables_
    const ast::variable* of = nullptr;
    ast::function* function = nullptr;  // function, prototype
  };
  struct scope {
    std::unordered_map<std::string, meaning> names;
    std::unordered_map<std::string, uint32_t> labels;
  };
  // A label that is named before its scope is known: body[instruction].operands[operand], or a target of table `operand`.
  struct awaited {
    std::string name;
    size_t depth, instruction, operand;
    uint32_t line;
  };
  struct table {
    std::vector<ast::operand> parts;
    std::vector<std::pair<size_t, size_t>> users;  // instruction, operand
  };
  // Everything before a variable's name.
  struct declaration {
    type element = type::none;
    uint32_t align = 0;
    uint32_t vector = 1;
    bool pointer = false;
  };

  // --- tokens
  const token& here(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const token& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool at(std::string_view text) const { return here().text == text && here().is != token::kind::string; }
  bool accept(std::string_view text);
  void expect(std::string_view text);
  std::string word(const char* what);
  std::string string();
  [[noreturn]] void refuse(const std::string& words) const { throw refusal(here().line, words); }
  void skip_line();   // .loc and .file end with their line
  void skip_block();  // from { to its }

  // --- parse_module.cc
  void header();
  void statement();
  void function(bool kernel, bool external);
  std::vector<const ast::variable*> parameters(std::deque<ast::variable>& into, uint64_t& bytes);
  void performance(ast::function& f);
  uint32_t threads(const char* what);
  void finish();

  // --- parse_variable.cc
  bool at_space() const;
  void variables(std::deque<ast::variable>& into, bool external);
  declaration declared(space where);
  void shape(ast::variable& v, const declaration& d);
  void initialiser(ast::variable& v, const declaration& d, bool sized);
  void initial_value(ast::variable& v, type element);
  void relocated(ast::variable& v, uint8_t bytes, uint8_t shift);

  // --- parse_body.cc
  void body(ast::function& f);
  void open();
  void close(ast::function& f);
  void registers(ast::function& f);
  void label(ast::function& f);
  void instruction(ast::function& f);
  void call(ast::function& f, ast::instruction& i);

  // --- parse_operand.cc
  ast::operand operand(bool may_be_label = false);
  ast::operand simple(bool may_be_label);
  ast::operand memory();
  ast::operand parts(ast::operand::kind is, std::string_view end);
  ast::operand named(bool may_be_label);
  bool constant_ahead() const;
  // A literal with what is added to it; real constants come back with their kind.
  ast::operand constant();
  int64_t integer();
  void number(std::string_view text, ast::operand& into) const;

  void declare(const std::string& name, const meaning& m);
  const meaning* find(const std::string& name) const;
  void take_address(const ast::function* f);

  std::vector<token> tokens_;
  size_t at_ = 0;
  ast::module module_;
  std::vector<scope> scopes_;
  std::vector<awaited> awaited_;
  std::vector<table> tables_;
  std::vector<std::string> unresolved_externals_;
};

}  // namespace ptxvm
