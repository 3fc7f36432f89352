// Sectors of global memory and banks of shared memory, counted by hand.
#include "harness.h"
#include "ptxvm/coalesce.h"

namespace {

using ptxvm::lanes;

struct addresses {
  uint64_t at[32];
  template <class F>
  explicit addresses(F&& of) {
    for (int lane = 0; lane < 32; ++lane) at[lane] = static_cast<uint64_t>(of(lane));
  }
};

TEST("meter: sectors of a warp's addresses") {
  const auto count = [](auto of, uint32_t bytes, lanes who = ~lanes{0}) { return ptxvm::sectors_of(addresses(of).at, who, bytes); };
  CHECK_EQ(count([](int l) { return 256 + 4 * l; }, 4), 4u);  // 128 bytes in a row
  CHECK_EQ(count([](int l) { return 260 + 4 * l; }, 4), 5u);  // the same, one word further
  CHECK_EQ(count([](int l) { return 256 + 16 * l; }, 16), 16u);
  CHECK_EQ(count([](int l) { return 256 + 32 * l; }, 4), 32u);
  CHECK_EQ(count([](int) { return 256; }, 4), 1u);
  CHECK_EQ(count([](int l) { return 256 + 4 * (31 - l); }, 4), 4u);  // backwards
  CHECK_EQ(count([](int l) { return 256 + (l % 2) * 4096; }, 4), 2u);
  CHECK_EQ(count([](int l) { return 256 + 64 * l; }, 4, 0x7), 3u);
  CHECK_EQ(count([](int l) { return l; }, 1, 0), 0u);
}

TEST("meter: wavefronts of shared memory") {
  const auto count = [](auto of, uint32_t bytes, lanes who = ~lanes{0}) { return ptxvm::banks_of(addresses(of).at, who, bytes); };
  const auto is = [](ptxvm::bank_use use, uint32_t wavefronts, uint32_t least) {
    return use.wavefronts == wavefronts && use.least == least;
  };
  CHECK(is(count([](int l) { return 4 * l; }, 4), 1, 1), "a row");
  CHECK(is(count([](int) { return 64; }, 4), 1, 1), "everybody one word");
  CHECK(is(count([](int l) { return 8 * l; }, 4), 2, 1), "every other word");
  CHECK(is(count([](int l) { return 128 * l; }, 4), 32, 1), "a column of 32 words");
  CHECK(is(count([](int l) { return 132 * l; }, 4), 1, 1), "the column of padded rows");
  CHECK(is(count([](int l) { return 2 * l; }, 2), 1, 1), "two lanes to a word");
  CHECK(is(count([](int l) { return 128 * (l % 2); }, 4), 2, 1), "two words of one bank");
  CHECK(is(count([](int l) { return 8 * l; }, 8), 2, 2), "a half warp at a time");
  CHECK(is(count([](int l) { return 16 * l; }, 8), 4, 2), "every other of them");
  CHECK(is(count([](int l) { return 16 * l; }, 16), 4, 4), "a quarter warp at a time");
  CHECK(is(count([](int l) { return 128 * l; }, 16), 32, 4), "a column of 16 bytes");
  CHECK(is(count([](int l) { return 144 * l; }, 16), 4, 4), "padded by 16 bytes");
  CHECK(is(count([](int l) { return 128 * l + ((l % 8) * 16); }, 16), 4, 4), "swizzled");
  CHECK(is(count([](int) { return 32; }, 16), 4, 4), "everybody the same 16 bytes");
  CHECK(is(count([](int l) { return 128 * l; }, 4, 0x3), 2, 1), "two lanes only");
  CHECK(is(count([](int l) { return 16 * l; }, 16, 0xff), 1, 1), "the first quarter only");
}

}  // namespace
