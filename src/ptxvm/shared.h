// A block's shared memory, and the checker that watches it: bytes nobody wrote, data races, cp.async not waited for.
//
// Happens-before is kept between warps by vector clocks. Time is one counter of the block; a warp's epoch is the time at which it last
// met others, and an access is known by the warp's epoch and the lane. Between lanes of a warp there is no order within an epoch.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ptxvm/code.h"
#include "ptxvm/fault.h"

namespace ptxvm {

constexpr uint32_t most_warps = 32;
using vector_clock = std::array<uint32_t, most_warps>;  // per warp: accesses up to this epoch are known

// Lanes of one instruction and where each of them goes.
struct shared_access {
  uint32_t warp;
  lanes active;
  const uint64_t* at;                 // per lane, an offset
  uint32_t bytes;                     // per lane, naturally aligned
  bool strong = false;                // volatile, relaxed, atomic and so on: no race with other strong accesses
  const std::byte* values = nullptr;  // what is written, lane after lane
  lanes readers = 0;                  // the lanes that count as readers of every address; 0: each of its own
};

class shared_memory {
 public:
  void reset(uint32_t bytes, uint32_t warps, bool check);
  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }
  bool checks() const { return check_; }
  std::byte* host(uint64_t offset) { return bytes_.data() + offset; }

  void check_bounds(const shared_access& access, const char* what) const;
  // The caller has checked bounds. Nothing to do when checking is off.
  void read(const shared_access& access) {
    if (check_) check_read(access);
  }
  void write(const shared_access& access) {
    if (check_) check_write(access);
  }
  // cp.async: from issue until it is waited for nobody may touch the target. `strangers`: complete for an mbarrier, so that even the
  // thread's own warp must wait for that.
  void begin_copy(uint64_t offset, uint32_t bytes, uint32_t warp, int lane);
  void end_copy(uint64_t offset, uint32_t bytes, uint32_t warp, int lane, bool strangers);

  // Happens-before, for the scheduler: warps that meet at a barrier (bar.arrive has said `release` into `arrived`), and lanes that meet
  // at bar.warp.sync; `whole` are all lanes of the warp that still run.
  void meet(const std::vector<uint32_t>& warps, const vector_clock* arrived = nullptr);
  // The warp has ended: a barrier of all others is one of all.
  void leave(uint32_t warp) { live_ &= ~(1u << warp); }
  void meet_lanes(uint32_t warp, lanes who, lanes whole = all_lanes);
  // One-sided order: what `warp` did until now comes before what follows an acquire of the same clock.
  void release(uint32_t warp, vector_clock& into);
  void acquire(uint32_t warp, const vector_clock& from);
  // A synchronisation variable at an offset (atomics, mbarrier), and fences that make relaxed accesses synchronise.
  vector_clock& clock_of(uint64_t offset) { return variables_[static_cast<uint32_t>(offset)]; }
  void publish(uint64_t offset, const vector_clock& from);
  void fence(uint32_t warp);
  void synchronize(uint32_t warp, uint64_t offset, bool reads, bool writes, bool acquires, bool releases);

  std::unordered_set<uint32_t> mbarriers;  // offsets of live ones

 private:
  // The accesses of a word (or, when it is split, of one of its bytes) that a later one may race with.
  struct cell {
    uint32_t written_at = 0;    // epoch of the last write
    uint32_t read_at = 0;       // the latest epoch of the reads since; of a split word: of any access
    uint32_t readers = 0;       // warps that read since
    uint32_t reader_lanes = 0;  // lanes of the only reader; `many`: index of the readers' epochs; a split word: index of its bytes
    uint8_t writer = 0, writer_lane = 0;
    uint8_t written = 0, mask = 15;  // bytes anybody ever wrote; bytes that the accesses above concern
    uint8_t flags = 0;
  };
  static constexpr int no_lane = 63;  // the writer is a copy that an mbarrier waits for
  enum : uint8_t { split = 1, pending = 2, strong_write = 4, strong_reads = 8, many = 16 };
  // 16 bytes: readers of all of them, in one epoch and with no write since the last meeting of all. Their words know nothing of it.
  struct chunk {
    uint32_t epoch = 0, warps = 0, lanes = 0;
  };
  struct present {  // the access that is being checked
    const shared_access& access;
    uint32_t warp, epoch, bit;
  };
  struct meeting {
    uint32_t epoch;
    lanes who;
  };

  void check_read(const shared_access& access);
  void check_write(const shared_access& access);
  void read_bytes(const present& p, uint64_t offset, uint32_t bytes, lanes who, int lane);
  void read_word(const present& p, cell& c, uint32_t word, uint8_t mask, lanes who, int lane);
  void write_word(const present& p, cell& c, uint32_t word, uint8_t mask, int lane);
  template <class Visit>
  bool through_bytes(const present& p, cell& c, uint8_t mask, Visit visit);
  bool quiet(const cell& c) const { return c.written == 15 && c.mask == 15 && !(c.flags & (split | pending)) && c.written_at < all_met_; }
  void forget_chunk(const present& p, chunk& k, uint64_t offset, int lane);
  void to_words(const present& p, chunk& k, uint64_t offset, uint64_t first, uint64_t end);
  void add_reader(const present& p, cell& c, lanes who);
  bool write_ordered(const present& p, const cell& c, lanes who) const;
  bool reads_ordered(const present& p, const cell& c, lanes who) const;
  bool superseded(const present& p, const cell& c, lanes who) const;
  bool lanes_ordered(uint32_t warp, uint32_t epoch, lanes before, lanes after) const;
  bool same_value(const present& p, const cell& c, uint32_t word, uint8_t mask, int lane) const;
  void renew(uint32_t warp, lanes who, lanes whole);
  [[noreturn]] void race(const present& p, const cell& c, uint32_t word, int lane, bool writes, bool with_write) const;
  [[noreturn]] void not_waited(const cell& c, uint32_t word, int lane, const char* what) const;

  std::vector<std::byte> bytes_;
  bool check_ = true;
  uint32_t live_ = 0;        // a bit per warp
  uint32_t now_ = 1;         // the block's time
  uint32_t all_met_ = 1;     // accesses of earlier epochs come before everything to come
  std::vector<cell> cells_;  // a word each
  std::vector<chunk> chunks_;
  std::vector<std::array<cell, 4>> split_words_;
  std::vector<vector_clock> many_readers_;
  std::array<vector_clock, most_warps> known_{};            // [w][x]: what w knows of x; [w][w]: w's epoch
  std::array<uint32_t, most_warps> lanes_met_{};            // since this epoch the lanes of a warp have not all met
  std::array<std::vector<meeting>, most_warps> meetings_;   // of some lanes, since then
  std::array<vector_clock, most_warps> fenced_{}, seen_{};  // what a later relaxed write publishes; what relaxed reads saw before a fence
  std::unordered_map<uint32_t, vector_clock> variables_;
};

}  // namespace ptxvm
