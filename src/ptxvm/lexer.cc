#include "ptxvm/lexer.h"

#include <cctype>
#include <string>

#include "ptxvm/ast.h"

namespace ptxvm {
namespace {

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool inner(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

class lexer {
 public:
  explicit lexer(std::string_view text) : text_(text) {}

  std::vector<token> run() {
    std::vector<token> all;
    for (;;) {
      const bool spaced = skip();
      if (at_ >= text_.size()) break;
      token t;
      t.spaced = spaced;
      t.line = line_;
      const size_t from = at_;
      t.is = next();
      t.text = text_.substr(from, at_ - from);
      if (t.is == token::kind::string) t.text = t.text.substr(1, t.text.size() - 2);
      all.push_back(t);
    }
    token end;
    end.line = line_;
    all.push_back(end);
    return all;
  }

 private:
  char here(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  // Spaces and comments.
  bool skip() {
    const size_t from = at_;
    for (;;) {
      const char c = here();
      if (c == '\n') {
        ++line_, ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
        ++at_;
      } else if (c == '/' && here(1) == '/') {
        while (at_ < text_.size() && here() != '\n') ++at_;
      } else if (c == '/' && here(1) == '*') {
        const uint32_t opened = line_;
        for (at_ += 2; !(here() == '*' && here(1) == '/'); ++at_) {
          if (at_ >= text_.size()) throw refusal(opened, "the comment never ends");
          if (here() == '\n') ++line_;
        }
        at_ += 2;
      } else {
        return at_ != from;
      }
    }
  }

  token::kind next() {
    const char c = here();
    if (letter(c)) {
      ++at_;
      while (inner(here())) ++at_;
      return token::kind::word;
    }
    if (c == '.' && inner(here(1))) {
      do {
        at_ += here() == ':' ? 2 : 1;
        while (inner(here())) ++at_;
      } while (here() == ':' && here(1) == ':' && inner(here(2)));
      return token::kind::directive;
    }
    if (digit(c)) return number();
    if (c == '"') {
      for (++at_; here() != '"'; ++at_) {
        if (at_ >= text_.size() || here() == '\n') throw refusal(line_, "the string never ends");
        if (here() == '\\') ++at_;
      }
      ++at_;
      return token::kind::string;
    }
    constexpr std::string_view marks = "{}[]()<>,;:=+-*/@!|&~^?";
    if (marks.find(c) == std::string_view::npos) throw refusal(line_, "the character '" + std::string(1, c) + "' has no meaning here");
    ++at_;
    return token::kind::mark;
  }

  token::kind number() {
    const bool decimal = here() != '0' || !std::isalpha(static_cast<unsigned char>(here(1)));
    while (std::isalnum(static_cast<unsigned char>(here()))) {
      const bool exponent = decimal && (here() == 'e' || here() == 'E') && (here(1) == '-' || here(1) == '+');
      at_ += exponent ? 2 : 1;
    }
    if (decimal && here() == '.' && digit(here(1))) {
      ++at_;
      number();
    }
    return token::kind::number;
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

std::vector<token> tokens_of(std::string_view text) { return lexer(text).run(); }

}  // namespace ptxvm
