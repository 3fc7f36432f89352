// The process's scratch memory: what is given back is given out again, within bounds.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "cpu/buffer.h"
#include "cpu/memory.h"
#include "harness.h"

namespace {

using namespace warpweft;

constexpr size_t MiB = size_t{1} << 20;

TEST("memory: blocks start at a cache line, and all of them may be written") {
  for (const size_t bytes : {size_t{1}, size_t{64}, size_t{4097}, 128 * MiB / 1024, MiB + 1, 2 * MiB, 5 * MiB + 3}) {
    const cpu::memory_block block = cpu::take_memory(bytes);
    CHECK(block.at && block.bytes >= bytes, bytes);
    CHECK_EQ(reinterpret_cast<uintptr_t>(block.at) % 64, uintptr_t{0}, bytes);
    std::memset(block.at, 1, bytes);
    cpu::give_memory(block);
  }
}

TEST("memory: a large block that was given back is the next one of about its size") {
  const cpu::memory_block first = cpu::take_memory(3 * MiB);
  cpu::give_memory(first);
  const cpu::memory_block again = cpu::take_memory(3 * MiB - 4096);
  CHECK(again.at == first.at, "the same block");
  const cpu::memory_block other = cpu::take_memory(3 * MiB - 4096);
  CHECK(other.at != first.at, "it is given out once");
  cpu::give_memory(again);
  const cpu::memory_block small = cpu::take_memory(MiB);
  CHECK(small.at != first.at, "a third of a block is not worth it");
  for (const cpu::memory_block& each : {other, small}) cpu::give_memory(each);
}

TEST("memory: no more than 64 MiB wait for the next call, the newest") {
  const cpu::memory_block old = cpu::take_memory(40 * MiB), young = cpu::take_memory(48 * MiB);
  cpu::give_memory(old);
  cpu::give_memory(young);
  const cpu::memory_block again = cpu::take_memory(48 * MiB);
  CHECK(again.at == young.at, "the newer one stayed");
  cpu::give_memory(again);
  const cpu::memory_block huge = cpu::take_memory(80 * MiB);
  cpu::give_memory(huge);
  const cpu::memory_block next = cpu::take_memory(48 * MiB);
  CHECK(next.bytes == 48 * MiB, "what is too large goes at once, and takes the older ones along");
  cpu::give_memory(next);
}

TEST("memory: what cannot be had is null, and ERR_MEMORY of a buffer that is empty then") {
  CHECK(cpu::take_memory(size_t{1} << 60).at == nullptr, "an exbibyte");
  cpu::buffer<float> rows(10);
  bool refused = false;
  try {
    rows.resize(int64_t{1} << 58);
  } catch (const coded_error& error) {
    refused = std::strcmp(error.code, "ERR_MEMORY") == 0;
  }
  CHECK(refused && !rows && rows.size() == 0, "nothing is left of it");
}

TEST("memory: buffers move, and threads share what was given back") {
  cpu::buffer<double> a(1 << 16), b(1 << 17);
  double* const memory = b.data();
  a = std::move(b);
  CHECK(a.data() == memory && a.size() == 1 << 17, "moved");
  std::atomic<int> of_others{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t, &of_others] {
      for (int i = 0; i < 200; ++i) {
        cpu::buffer<int32_t> mine(40000 + 1000 * t + i);
        for (int64_t k = 0; k < mine.size(); k += 512) mine[k] = t;
        for (int64_t k = 0; k < mine.size(); k += 512) of_others += mine[k] != t;
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK_EQ(of_others.load(), 0, "a block is given to one of them");
}

}  // namespace
