// PTX text as tokens.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace ptxvm {

struct token {
  enum class kind : uint8_t {
    word,       // an identifier; %r1 and $L__BB0_1 are some
    directive,  // a dot and what follows: ".reg", ".shared::cta"
    number,     // as written: "0x1F", "12U", "0f3F800000", "1.5e3"
    string,     // without its quotes
    mark,       // one character
    end
  };
  kind is = kind::end;
  bool spaced = false;  // something stood between it and the token before
  uint32_t line = 0;
  std::string_view text;
};

// The last one is `end`. Throws refusal for characters that begin no token.
std::vector<token> tokens_of(std::string_view text);

}  // namespace ptxvm
