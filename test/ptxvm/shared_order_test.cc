// The order that the race checker keeps, by itself: warps, lanes, barriers, fences and copies without a program around them.
#include <bit>
#include <string>
#include <vector>

#include "harness.h"
#include "ptxvm/shared.h"

namespace {

using ptxvm::lanes;

// Four warps on 1 KiB. Each call is one instruction; the words of its fault come back, or "".
struct block {
  ptxvm::shared_memory memory;
  block() { memory.reset(1024, 4, true); }

  template <class F>
  static std::string words_of(F&& f) {
    try {
      f();
    } catch (const ptxvm::fault& e) {
      return e.words;
    }
    return "";
  }
  std::string access(bool writes, uint32_t warp, lanes who, uint64_t offset, uint32_t bytes, uint64_t stride, bool strong) {
    uint64_t at[32];
    std::byte values[32 * 16] = {};
    for (uint64_t lane = 0; lane < 32; ++lane) at[lane] = offset + lane * stride;
    const ptxvm::shared_access a{warp, who, at, bytes, strong, writes ? values : nullptr};
    return words_of([&] { writes ? memory.write(a) : memory.read(a); });
  }
  std::string write(uint32_t warp, int lane, uint64_t offset, uint32_t bytes = 4, bool strong = false) {
    return access(true, warp, lanes{1} << lane, offset, bytes, 0, strong);
  }
  std::string read(uint32_t warp, int lane, uint64_t offset, uint32_t bytes = 4, bool strong = false) {
    return access(false, warp, lanes{1} << lane, offset, bytes, 0, strong);
  }
  std::string write_row(uint32_t warp, uint64_t offset, uint32_t bytes = 4) {
    return access(true, warp, ~lanes{0}, offset, bytes, bytes, false);
  }
  std::string read_row(uint32_t warp, uint64_t offset, uint32_t bytes = 4) {
    return access(false, warp, ~lanes{0}, offset, bytes, bytes, false);
  }
  void barrier() { memory.meet({0, 1, 2, 3}); }
};

bool says(const std::string& words, const char* part) { return words.find(part) != std::string::npos; }

TEST("shared checker: a write and a read of two warps race without a barrier") {
  block b;
  CHECK_EQ(b.write(0, 3, 64), "");
  CHECK_EQ(b.read(1, 5, 64),
           "data race in shared memory at offset 64: the read of 4 bytes by thread 37 and the write of thread 3, with no barrier between");
}

TEST("shared checker: a barrier orders write before read, read before write and write before write") {
  block b;
  CHECK_EQ(b.write_row(0, 0), "");
  b.barrier();
  for (uint32_t w = 0; w < 4; ++w) CHECK_EQ(b.read_row(w, 0), "");
  b.barrier();
  CHECK_EQ(b.write_row(2, 0), "");
  b.barrier();
  CHECK_EQ(b.write_row(1, 0), "");
}

TEST("shared checker: a write after the reads of other warps is a race") {
  block b;
  b.write_row(0, 0);
  b.barrier();
  CHECK_EQ(b.read_row(1, 0), "");
  CHECK_EQ(b.read_row(3, 0), "");
  const std::string words = b.write(1, 0, 0);
  CHECK(says(words, "the write of 4 bytes by thread 32 and a read by threads 96-127, with no barrier between"), words);
}

TEST("shared checker: two warps that write one word race, even the same value") {
  block b;
  b.write(0, 0, 8);
  CHECK(says(b.write(1, 0, 8), "and the write of thread 0, with no barrier between"), "");
}

TEST("shared checker: bytes of one word are told apart") {
  block b;
  CHECK_EQ(b.write(0, 0, 0, 2), "");
  CHECK_EQ(b.write(1, 0, 2, 2), "");
  CHECK_EQ(b.write(2, 0, 4, 1), "");
  CHECK_EQ(b.write(3, 0, 5, 1), "");
  CHECK_EQ(b.read(0, 0, 0, 2), "");
  CHECK(says(b.read(0, 0, 0, 4), "race"), "the half that warp 1 wrote");
  CHECK(says(b.write(2, 0, 5, 1), "race"), "");
  b.barrier();
  CHECK_EQ(b.read(0, 0, 0, 4), "");
  CHECK(says(b.read(0, 0, 4, 4), "nobody wrote the byte at offset 6"), "");
}

TEST("shared checker: a named barrier of two warps orders these two only") {
  block b;
  b.write(0, 0, 0);
  b.memory.meet({0, 1});
  CHECK_EQ(b.read(1, 0, 0), "");
  CHECK(says(b.read(2, 0, 0), "race"), "");
  block c;
  c.write(0, 0, 0);
  c.memory.meet({0, 1});
  c.memory.meet({1, 2});
  CHECK_EQ(c.read(2, 0, 0), "", "order goes on through warp 1");
  CHECK(says(c.write(1, 0, 0), "a read by threads 64-95"), "");
}

TEST("shared checker: who only arrives is before who waits, and not the other way round") {
  block b;
  ptxvm::vector_clock arrived{};
  b.write(0, 0, 0);
  b.memory.release(0, arrived);
  b.write(0, 0, 4);  // after the arrival: ordered with nobody
  b.write(1, 0, 8);
  b.memory.meet({1}, &arrived);
  CHECK_EQ(b.read(1, 0, 0), "");
  CHECK(says(b.read(1, 0, 4), "race"), "");
  CHECK(says(b.read(0, 0, 8), "race"), "");
}

TEST("shared checker: a read after the arrival counts, though the warp had read before it") {
  block b;
  ptxvm::vector_clock arrived{};
  b.write(0, 0, 0);
  b.barrier();
  b.read(1, 0, 0);
  b.memory.release(1, arrived);
  b.read(1, 0, 0);
  b.memory.meet({2}, &arrived);
  CHECK(says(b.write(2, 0, 0), "a read by threads 32-63"), "");
}

TEST("shared checker: readers at different times are all remembered") {
  block b;
  b.write(0, 0, 0);
  b.barrier();
  b.read(0, 0, 0);
  b.memory.meet({1, 2});
  b.read(1, 0, 0);
  b.memory.meet({0, 3});
  CHECK(says(b.write(3, 0, 0), "a read by threads 32-63"), "warp 0's read is before, warp 1's is not");
  block c;
  c.write(0, 0, 0);
  c.barrier();
  c.read(0, 0, 0);
  c.memory.meet({1, 2});
  c.read(1, 0, 0);
  c.memory.meet({1, 3});
  CHECK(says(c.write(3, 0, 0), "a read by threads 0-31"), "");
  block d;
  d.write(0, 0, 0);
  d.barrier();
  d.read(0, 0, 0);
  d.memory.meet({1, 2});
  d.read(1, 0, 0);
  d.memory.meet({0, 1, 3});
  CHECK_EQ(d.write(3, 0, 0), "");
}

TEST("shared checker: lanes of a warp are ordered by bar.warp.sync, and only those in its mask") {
  block b;
  b.write(0, 0, 0);
  CHECK(says(b.read(0, 1, 0), "of the same warp, with no bar.warp.sync between"), "");
  CHECK_EQ(b.read(0, 0, 0), "", "a lane's own order");
  b.memory.meet_lanes(0, ~lanes{0});
  CHECK_EQ(b.read(0, 1, 0), "");
  b.write(0, 4, 16);
  b.memory.meet_lanes(0, 0x30);
  CHECK_EQ(b.read(0, 5, 16), "");
  CHECK(says(b.read(0, 6, 16), "race"), "");
  block c;
  c.write(0, 4, 16);
  c.memory.meet_lanes(0, 0x30);
  c.memory.meet_lanes(0, 0x60);
  CHECK_EQ(c.read(0, 6, 16), "", "order goes on through lane 5");
}

TEST("shared checker: a lane that overwrites what another lane read") {
  block b;
  b.write_row(0, 0);
  b.memory.meet_lanes(0, ~lanes{0});
  b.read(0, 7, 0);
  CHECK(says(b.write(0, 8, 0), "no bar.warp.sync"), "");
  block c;
  c.write_row(0, 0);
  c.barrier();
  c.access(false, 0, ~lanes{0}, 0, 16, 0, false);
  c.access(false, 0, ~lanes{0}, 0, 16, 0, false);
  CHECK(says(c.write(0, 8, 4), "race"), "all lanes read 16 bytes there");
}

TEST("shared checker: strong accesses race with weak ones only") {
  block b;
  CHECK_EQ(b.write(0, 0, 0, 4, true), "");
  CHECK_EQ(b.write(1, 0, 0, 4, true), "");
  CHECK_EQ(b.read(2, 0, 0, 4, true), "");
  CHECK(says(b.read(3, 0, 0, 4, false), "race"), "");
  block c;
  c.write(0, 0, 0, 4, false);
  CHECK(says(c.write(1, 0, 0, 4, true), "race"), "");
}

TEST("shared checker: release and acquire, by themselves and by fences") {
  block b;
  b.write(0, 0, 0);
  b.memory.synchronize(0, 128, false, true, false, true);
  b.memory.synchronize(1, 128, true, false, true, false);
  CHECK_EQ(b.read(1, 0, 0), "");
  CHECK(says(b.read(2, 0, 0), "race"), "");
  block c;
  c.write(0, 0, 0);
  c.memory.fence(0);
  c.memory.synchronize(0, 128, false, true, false, false);
  c.memory.synchronize(1, 128, true, false, false, false);
  CHECK(says(c.read(1, 0, 0), "race"), "no fence yet after the relaxed read");
  c.memory.fence(1);
  CHECK_EQ(c.read(1, 0, 0), "");
  block d;
  d.write(0, 0, 0);
  d.memory.synchronize(0, 128, false, true, false, false);
  d.memory.synchronize(1, 128, true, false, false, false);
  d.memory.fence(1);
  CHECK(says(d.read(1, 0, 0), "race"), "no fence before the relaxed write");
}

TEST("shared checker: a copy's target is nobody's until it is waited for") {
  block b;
  b.memory.begin_copy(32, 16, 0, 2);
  const std::string words = "of shared memory at offset 36, the target of a cp.async of thread 2 that has not been waited for";
  CHECK_EQ(b.read(0, 2, 36), "read " + words);
  CHECK_EQ(b.write(1, 0, 36), "write " + words);
  b.memory.end_copy(32, 16, 0, 2, false);
  CHECK_EQ(b.read(0, 2, 36), "");
  CHECK(says(b.read(0, 3, 36), "no bar.warp.sync"), "the wait is the thread's own");
  CHECK(says(b.read(1, 0, 36), "no barrier"), "");
  b.barrier();
  CHECK_EQ(b.read(1, 0, 36), "");
}

TEST("shared checker: a copy over what another warp still reads is found when it is issued") {
  block b;
  b.write_row(0, 0);
  b.barrier();
  b.read_row(1, 0);
  const std::string words = block::words_of([&] { b.memory.begin_copy(16, 16, 0, 0); });
  CHECK(says(words, "the write of 16 bytes by thread 0 and a read by threads 32-63, with no barrier between"), words);
  b.barrier();
  CHECK_EQ(block::words_of([&] { b.memory.begin_copy(16, 16, 0, 0); }), "");
  CHECK(says(block::words_of([&] { b.memory.begin_copy(16, 4, 1, 0); }), "not been waited for"), "two copies to one place");
}

TEST("shared checker: lanes of one instruction may write one place only with one value") {
  block b;
  uint64_t at[32] = {};
  uint32_t values[32] = {};
  for (int lane = 0; lane < 32; ++lane) at[lane] = 4u * static_cast<uint32_t>(lane / 2), values[lane] = static_cast<uint32_t>(lane / 2);
  const ptxvm::shared_access a{0, ~lanes{0}, at, 4, false, reinterpret_cast<const std::byte*>(values)};
  CHECK_EQ(block::words_of([&] { b.memory.write(a); }), "");
  b.barrier();
  values[9] = 7;
  const std::string words = block::words_of([&] { b.memory.write(a); });
  CHECK(says(words, "by thread 9 and the write of thread 8 in the same instruction, with another value"), words);
}

TEST("shared checker: warps that ended are not missed at a barrier") {
  block b;
  b.write(0, 0, 0);
  b.memory.leave(3);
  b.memory.meet({0, 1, 2});
  CHECK_EQ(b.read(2, 0, 0), "");
  b.memory.meet({0, 1});
  CHECK(says(b.write(0, 0, 0), "a read by threads 64-95"), "");
}

TEST("shared checker: a clean double buffer of copies is not reported") {
  block b;
  for (uint32_t step = 0; step < 8; ++step) {
    const uint64_t buffer = step % 2 * 512;
    for (uint32_t w = 0; w < 4; ++w)
      for (int lane = 0; lane < 8; ++lane)
        CHECK_EQ(block::words_of([&] { b.memory.begin_copy(buffer + w * 128 + static_cast<uint64_t>(lane) * 16, 16, w, lane); }), "");
    for (uint32_t w = 0; w < 4; ++w)
      for (int lane = 0; lane < 8; ++lane) b.memory.end_copy(buffer + w * 128 + static_cast<uint64_t>(lane) * 16, 16, w, lane, false);
    b.barrier();
    for (uint32_t w = 0; w < 4; ++w) CHECK_EQ(b.read_row(w, buffer, 16), "");
  }
}

}  // namespace
