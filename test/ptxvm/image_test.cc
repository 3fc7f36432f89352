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
    inside.append(32, '\0');
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
           "209 the fatbin holds no PTX this machine can read: 1 entries of machine code, 1 of compressed PTX (fatbinary --no-compress leaves it readable), 1 of "
           "PTX for a higher capability than 8.0");
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
