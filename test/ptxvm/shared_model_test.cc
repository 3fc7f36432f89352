// The race checker against a plain model: every thread has a vector clock, every byte a list of all its accesses.
#include <array>
#include <string>
#include <vector>

#include "harness.h"
#include "ptxvm/shared.h"

namespace {

using ptxvm::lanes;

constexpr uint32_t warps = 3, lane_count = 32, thread_count = warps * lane_count, bytes = 64;

class model {
 public:
  model() {
    for (uint32_t t = 0; t < thread_count; ++t) {
      knows_[t].fill(0);
      knows_[t][t] = 1;
    }
  }
  // Does it race? If not, it is remembered.
  bool access(uint32_t thread, uint32_t offset, uint32_t size, bool writes) {
    for (uint32_t b = offset; b < offset + size; ++b)
      for (const event& e : seen_[b])
        if ((e.writes || writes) && e.thread != thread && e.when > knows_[thread][e.thread]) return true;
    for (uint32_t b = offset; b < offset + size; ++b) seen_[b].push_back({thread, knows_[thread][thread], writes});
    return false;
  }
  void meet(const std::vector<uint32_t>& threads) {
    std::array<uint32_t, thread_count> all{};
    for (uint32_t t : threads)
      for (uint32_t u = 0; u < thread_count; ++u) all[u] = std::max(all[u], knows_[t][u]);
    for (uint32_t t : threads) {
      knows_[t] = all;
      ++knows_[t][t];
    }
  }

 private:
  struct event {
    uint32_t thread, when;
    bool writes;
  };
  std::array<std::array<uint32_t, thread_count>, thread_count> knows_;
  std::vector<event> seen_[bytes];
};

struct generator {
  uint64_t state;
  uint32_t below(uint32_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33) % n;
  }
};

bool races(ptxvm::shared_memory& memory, uint32_t warp, lanes who, const uint64_t* at, uint32_t size, bool writes) {
  const std::byte values[lane_count * 16] = {};
  const ptxvm::shared_access a{warp, who, at, size, false, writes ? values : nullptr};
  try {
    writes ? memory.write(a) : memory.read(a);
  } catch (const ptxvm::fault& e) {
    CHECK(e.words.find("race") != std::string::npos, e.words);
    return true;
  }
  return false;
}

// One run until the first race, with its steps in words. `some_lanes`: lanes also meet in part.
void run(uint64_t seed, bool some_lanes, int& found, int& steps) {
  generator random{seed};
  ptxvm::shared_memory memory;
  model plain;
  memory.reset(bytes, warps, true);
  // Everything is written first, so that only races are left to find.
  uint64_t at[lane_count];
  for (uint32_t lane = 0; lane < lane_count; ++lane) at[lane] = lane * 2;
  races(memory, 0, ~lanes{0}, at, 2, true);
  for (uint32_t lane = 0; lane < lane_count; ++lane) plain.access(lane, lane * 2, 2, true);
  const auto everybody = [&] {
    std::vector<uint32_t> all;
    for (uint32_t t = 0; t < thread_count; ++t) all.push_back(t);
    memory.meet({0, 1, 2});
    plain.meet(all);
  };
  everybody();
  std::string story;
  for (int step = 0; step < 60; ++step, ++steps) {
    const uint32_t kind = random.below(10), warp = random.below(warps);
    if (kind == 0) {
      everybody();
      story += " all";
    } else if (kind == 1) {
      const uint32_t other = (warp + 1) % warps;
      std::vector<uint32_t> both;
      for (uint32_t lane = 0; lane < lane_count; ++lane)
        both.push_back(warp * lane_count + lane), both.push_back(other * lane_count + lane);
      memory.meet({warp, other});
      plain.meet(both);
      story += " meet" + std::to_string(warp) + std::to_string(other);
    } else if (kind <= 3) {
      const lanes who = some_lanes && random.below(2) ? 0xffu << random.below(4) * 8 | 1u << random.below(32) : ~lanes{0};
      std::vector<uint32_t> together;
      for (uint32_t lane = 0; lane < lane_count; ++lane)
        if (who >> lane & 1) together.push_back(warp * lane_count + lane);
      memory.meet_lanes(warp, who);
      plain.meet(together);
      story += " lanes" + std::to_string(warp);
    } else {
      const uint32_t size = 1u << random.below(5), lane = random.below(4) * 9, slots = bytes / size;
      const bool writes = random.below(4) == 0, whole = !writes && random.below(3) == 0;
      const uint32_t offset = random.below(slots) * size;
      for (uint32_t l = 0; l < lane_count; ++l) at[l] = (offset + (whole ? l / 4 * size : 0)) % bytes;
      const lanes who = whole ? ~lanes{0} : lanes{1} << lane;
      bool wanted = false;
      for (uint32_t l = 0; l < lane_count; ++l)
        if (who >> l & 1) wanted |= plain.access(warp * lane_count + l, static_cast<uint32_t>(at[l]), size, writes);
      const bool got = races(memory, warp, who, at, size, writes);
      story += (writes ? " write" : " read") + std::to_string(warp) + (whole ? "*" : "." + std::to_string(lane)) + "@" +
               std::to_string(offset) + "+" + std::to_string(size);
      if (some_lanes)
        CHECK(wanted || !got, "false alarm: ", story);
      else
        CHECK(wanted == got, got ? "false alarm: " : "missed: ", story);
      if (got) ++found;
      if (wanted || got) return;
    }
  }
}

TEST("shared checker: the same races as a plain model finds") {
  int found = 0, steps = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) run(seed, false, found, steps);
  CHECK(found > 1000 && steps > 10000, found, " races in ", steps, " steps");
}

TEST("shared checker: no false alarm where lanes meet in part") {
  int found = 0, steps = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) run(seed, true, found, steps);
  CHECK(found > 1000 && steps > 10000, found, " races in ", steps, " steps");
}

}  // namespace
