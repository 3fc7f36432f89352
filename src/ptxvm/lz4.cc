#include "ptxvm/lz4.h"

#include <cstdint>

#include "ptxvm/fault.h"

namespace ptxvm {
namespace {

// A block is sequences: a byte with two lengths of 4 bits, literals, and how far back in the output a match starts. A length of 15
// goes on in the bytes that follow; a match is 4 longer than it says. The last sequence ends behind its literals.
class reader {
 public:
  reader(std::string_view block, size_t bytes) : in_(block), most_(bytes) { out_.reserve(bytes); }

  std::string run() {
    for (;;) {
      const uint8_t lengths = next();
      literals(length(lengths >> 4));
      if (at_ == in_.size()) break;
      const size_t back = next() | size_t{next()} << 8;
      match(back, length(lengths & 15) + 4);
    }
    if (out_.size() != most_) damaged();
    return std::move(out_);
  }

 private:
  [[noreturn]] static void damaged() { fail(status::invalid_image, -1, "the fatbin's compressed PTX is damaged"); }

  uint8_t next() {
    if (at_ == in_.size()) damaged();
    return static_cast<uint8_t>(in_[at_++]);
  }
  size_t length(size_t first) {
    if (first < 15) return first;
    for (uint8_t more = 255; more == 255;) first += more = next();
    return first;
  }
  void literals(size_t count) {
    if (count > in_.size() - at_ || count > most_ - out_.size()) damaged();
    out_.append(in_.substr(at_, count));
    at_ += count;
  }
  // It may reach into what it is writing.
  void match(size_t back, size_t count) {
    if (back == 0 || back > out_.size() || count > most_ - out_.size()) damaged();
    for (size_t from = out_.size() - back; count > 0; --count) out_.push_back(out_[from++]);
  }

  const std::string_view in_;
  const size_t most_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string unpack_lz4(std::string_view block, size_t bytes) { return reader(block, bytes).run(); }

}  // namespace ptxvm
