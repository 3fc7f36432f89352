#include "ptxvm/coalesce.h"

#include <algorithm>
#include <bit>

namespace ptxvm {
namespace {

constexpr uint32_t sector = 32;
constexpr uint32_t bank_bytes = 128;  // all 32 banks

uint32_t count_distinct(uint64_t* keys, int count) {
  uint32_t distinct = 1;
  bool ascending = true;
  for (int i = 1; i < count; ++i) {
    ascending &= keys[i] >= keys[i - 1];
    distinct += keys[i] != keys[i - 1];
  }
  if (ascending) return distinct;
  std::sort(keys, keys + count);
  return static_cast<uint32_t>(std::unique(keys, keys + count) - keys);
}

// Passes for the lanes of one phase: the most distinct words that any bank must give.
uint32_t conflicting_phase(const uint64_t* at, lanes active, uint32_t unit) {
  const uint32_t groups = bank_bytes / unit;
  uint64_t words[warp_size][warp_size];
  uint32_t counts[warp_size] = {};
  uint32_t most = 0;
  for (; active; active &= active - 1) {
    const uint64_t word = at[std::countr_zero(active)] / unit;
    const uint32_t group = word % groups;
    uint32_t& count = counts[group];
    if (std::find(words[group], words[group] + count, word) != words[group] + count) continue;
    words[group][count++] = word;
    most = std::max(most, count);
  }
  return most;
}

// The same, where most often no bank has to give two words. `shift`: bits of an address within a unit.
uint32_t phase(const uint64_t* at, lanes active, uint32_t shift) {
  const uint32_t group_mask = (bank_bytes >> shift) - 1;
  uint64_t given[warp_size];
  uint32_t used = 0;
  for (lanes rest = active; rest; rest &= rest - 1) {
    const uint64_t word = at[std::countr_zero(rest)] >> shift;
    const uint32_t group = static_cast<uint32_t>(word) & group_mask;
    if (!(used >> group & 1)) {
      used |= 1u << group;
      given[group] = word;
    } else if (given[group] != word) {
      return conflicting_phase(at, active, 1u << shift);
    }
  }
  return 1;
}

bank_use counted_banks(const uint64_t* at, lanes active, uint32_t unit) {
  const uint32_t lanes_at_once = bank_bytes / unit;
  bank_use use{0, 0};
  for (uint32_t first = 0; first < warp_size; first += lanes_at_once) {
    const lanes who = lanes_at_once == warp_size ? active : active & (((lanes{1} << lanes_at_once) - 1) << first);
    if (!who) continue;
    use.wavefronts += phase(at, who, static_cast<uint32_t>(std::countr_zero(unit)));
    ++use.least;
  }
  return use;
}

// Where the lanes go, relative to the first: what the count depends on, as moving all by whole units only turns the banks.
struct pattern {
  uint32_t active = 0, bytes = 0, within_unit = 0;
  alignas(64) uint32_t relative[warp_size] = {};
  bool operator==(const pattern&) const = default;
  uint32_t hash() const { return (relative[1] * 31 + relative[8] * 7 + relative[31] + bytes * 5 + active) * 0x9e3779b9u >> 26; }
};
struct known_pattern {
  pattern key;
  bank_use use;
};

}  // namespace

uint32_t sectors_of(const uint64_t* at, lanes active, uint32_t bytes) {
  uint64_t keys[2 * warp_size];
  int count = 0;
  for (; active; active &= active - 1) {
    const uint64_t address = at[std::countr_zero(active)];
    keys[count++] = address / sector;
    if ((address + bytes - 1) / sector != address / sector) keys[count++] = (address + bytes - 1) / sector;
  }
  return count == 0 ? 0 : count_distinct(keys, count);
}

// A loop's accesses have few patterns, so they are counted once.
bank_use banks_of(const uint64_t* at, lanes active, uint32_t bytes) {
  thread_local known_pattern known[64];
  if (!active) return {0, 0};
  const uint32_t unit = std::max(bytes, 4u);
  const uint64_t from = at[std::countr_zero(active)];
  pattern key;
  key.active = active;
  key.bytes = bytes;
  key.within_unit = static_cast<uint32_t>(from & (unit - 1));
  for (int i = 0; i < warp_size; ++i) key.relative[i] = static_cast<uint32_t>(at[i] - from) & (0u - (active >> i & 1));
  known_pattern& entry = known[key.hash()];
  if (!(entry.key == key)) entry = {key, counted_banks(at, active, unit)};
  return entry.use;
}

}  // namespace ptxvm
