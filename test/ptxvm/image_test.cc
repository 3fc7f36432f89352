// Fatbins: the container as fatbinary lays it out.
#include <cstring>

#include <string>
#include <vector>

#include "harness.h"
#include "ptxvm/fatbin.h"
#include "ptxvm/fault.h"

using namespace ptxvm;

namespace {

struct part {
  uint16_t kind;  // 1: PTX, 2: machine code
  uint32_t arch;
  std::string payload;
  uint32_t compressed = 0;
  uint64_t flags = 0, text_bytes = 0;
};

template <class T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string fatbin(const std::vector<part>& parts) {
  std::string inside;
  for (const part& p : parts) {
    std::string payload = p.payload;
    payload.resize((payload.size() + 8) / 8 * 8);
    put<uint16_t>(inside, p.kind);
    put<uint16_t>(inside, 0x101);
    put<uint32_t>(inside, 64);
    put<uint64_t>(inside, payload.size());
    put<uint32_t>(inside, p.compressed);
    put<uint32_t>(inside, 64);
    put<uint32_t>(inside, 9u << 16);
    put<uint32_t>(inside, p.arch);
    put<uint64_t>(inside, 0);
    put<uint64_t>(inside, p.flags);
    put<uint64_t>(inside, 0);
    put<uint64_t>(inside, p.text_bytes);
    inside += payload;
  }
  std::string whole;
  put<uint32_t>(whole, 0xba55ed50);
  put<uint16_t>(whole, 1);
  put<uint16_t>(whole, 16);
  put<uint64_t>(whole, inside.size());
  return whole + inside;
}

std::string refused(const std::string& image, int capability = 80) {
  try {
    ptx_of(image.data(), capability);
  } catch (const fault& f) {
    return std::to_string(static_cast<int>(f.code)) + " " + f.words;
  }
  return "";
}

}  // namespace

TEST("image: PTX as it is") { CHECK_EQ(ptx_of("// made by hand\n.version 9.0\n", 80), "// made by hand\n.version 9.0\n"); }

TEST("image: of a fatbin, the PTX with the highest target that runs") {
  const std::string image = fatbin({{2, 80, "\177ELF"}, {1, 75, ".version 7.5"}, {1, 80, ".version 8.0"}, {1, 90, ".version 9.0"}});
  CHECK_EQ(ptx_of(image.data(), 80), ".version 8.0");
  CHECK_EQ(ptx_of(image.data(), 86), ".version 8.0");
  CHECK_EQ(ptx_of(image.data(), 75), ".version 7.5");
  CHECK_EQ(ptx_of(image.data(), 120), ".version 9.0");
  const struct {
    uint32_t magic = 0x466243b1, version = 1;
    const void* data;
    void* more = nullptr;
  } wrapper{.data = image.data()};
  CHECK_EQ(ptx_of(&wrapper, 80), ".version 8.0");
}

TEST("image: what this machine cannot read is refused in words") {
  CHECK_EQ(refused(fatbin({{2, 80, "\177ELF"}, {1, 80, "xxxxxxxx", 8}, {1, 90, ".version 9.0"}})),
           "209 the fatbin holds no PTX this machine can read: 1 entries of machine code, 1 of PTX compressed otherwise than with LZ4 "
           "(fatbinary --compress-mode=speed makes it readable), 1 of PTX for a higher capability than 8.0");
  CHECK_EQ(refused(std::string("\177ELF    ")), "209 the image is machine code, and this machine runs PTX only");
  CHECK_EQ(refused("int main() {}"), "200 the image is no PTX, no fatbin and no machine code");
  std::string cut = fatbin({{1, 80, ".version 8.0"}});
  const uint64_t less = 40;
  std::memcpy(cut.data() + 8, &less, 8);
  CHECK_EQ(refused(cut), "200 the fatbin is cut off");
  std::string damaged = fatbin({{1, 80, ".version 8.0"}});
  const uint64_t more = 1 << 20;
  std::memcpy(damaged.data() + 16 + 8, &more, 8);
  CHECK_EQ(refused(damaged), "200 the fatbin is damaged");
}

TEST("image: PTX that LZ4 packed, with a match that reaches into itself and lengths beyond 15") {
  const auto packed = [](const std::string& block, uint64_t bytes) {
    return fatbin({{1, 80, block, static_cast<uint32_t>(block.size()), 0x2011, bytes}});
  };
  // 5 literals, then 7 bytes from 2 back; 13 literals.
  const std::string match("\x53// ab\x02\x00\xd0\n.version 8.0", 22);
  CHECK_EQ(ptx_of(packed(match, 25).data(), 80), "// ababababa\n.version 8.0");
  // 15 + 5 literals, then 15 + 1 + 4 bytes from 1 back; no literals.
  const std::string lengths("\xff\x05.version 8.0\n///////\x01\x00\x01\x10 ", 27);
  CHECK_EQ(ptx_of(packed(lengths, 41).data(), 80), ".version 8.0\n" + std::string(27, '/') + " ");
  for (const uint64_t wrong : {24, 26}) CHECK_EQ(refused(packed(match, wrong)), "200 the fatbin's compressed PTX is damaged");
  const std::string before_the_start(
      "\x13"
      "a\x02\x00\x10 ",
      6),
      cut("\xf0\xff", 2);
  CHECK_EQ(refused(packed(before_the_start, 9)), "200 the fatbin's compressed PTX is damaged");
  CHECK_EQ(refused(packed(cut, 300)), "200 the fatbin's compressed PTX is damaged");
}
