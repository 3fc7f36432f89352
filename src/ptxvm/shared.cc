// Shared memory's bounds, and the order of warps, of lanes and of their accesses. What an access is checked for is in shared_check.cc.
#include "ptxvm/shared.h"

#include <algorithm>
#include <bit>

namespace ptxvm {
namespace {

// Half a NaN in every float format and an unlikely index: shared memory nobody wrote.
constexpr std::byte poison{0xfb};
// More meetings of single lanes than this between meetings of the whole warp, and the eldest are taken for meetings of all.
constexpr size_t most_meetings = 64;

void join(vector_clock& into, const vector_clock& from) {
  for (uint32_t i = 0; i < most_warps; ++i) into[i] = std::max(into[i], from[i]);
}

}  // namespace

void shared_memory::reset(uint32_t bytes, uint32_t warps, bool check) {
  bytes_.assign(bytes, poison);
  check_ = check;
  live_ = warps >= most_warps ? ~0u : (1u << warps) - 1;
  now_ = all_met_ = 1;
  split_words_.clear();
  many_readers_.clear();
  variables_.clear();
  mbarriers.clear();
  cells_.assign(check ? (bytes + 3) / 4 : 0, cell{});
  chunks_.assign(check ? (bytes + 15) / 16 : 0, chunk{});
  for (uint32_t w = 0; w < most_warps; ++w) {
    known_[w].fill(0);
    known_[w][w] = 1;
    fenced_[w].fill(0);
    seen_[w].fill(0);
    lanes_met_[w] = 1;
    meetings_[w].clear();
  }
}

void shared_memory::check_bounds(const shared_access& access, const char* what) const {
  uint64_t furthest = 0;
  if (access.active == all_lanes) {
    for (int lane = 0; lane < warp_size; ++lane) furthest = std::max(furthest, access.at[lane]);
  } else {
    for (lanes rest = access.active; rest; rest &= rest - 1) furthest = std::max(furthest, access.at[std::countr_zero(rest)]);
  }
  if (access.bytes <= bytes_.size() && furthest <= bytes_.size() - access.bytes) return;
  for (int lane = 0; lane < warp_size; ++lane)
    if (access.active >> lane & 1 && (access.bytes > bytes_.size() || access.at[lane] > bytes_.size() - access.bytes))
      fail(status::illegal_address, lane, what, " of ", access.bytes, " bytes at offset ", access.at[lane], " of shared memory, which has ",
           bytes_.size(), " bytes");
}

// A new epoch of the warp, begun by lanes that met. Accesses before and after are told apart; lanes that did not meet stay unordered.
void shared_memory::renew(uint32_t warp, lanes who, lanes whole) {
  known_[warp][warp] = ++now_;
  auto& meetings = meetings_[warp];
  if ((who & whole) == whole || meetings.size() >= most_meetings) {
    lanes_met_[warp] = now_;
    meetings.clear();
  } else {
    meetings.push_back({now_, who});
  }
}

void shared_memory::meet(const std::vector<uint32_t>& warps, const vector_clock* arrived) {
  if (!check_) return;
  if (warps.size() == static_cast<size_t>(std::popcount(live_))) {
    all_met_ = ++now_;
    split_words_.clear();
    many_readers_.clear();
    for (uint32_t w : warps) {
      known_[w].fill(now_ - 1);
      known_[w][w] = lanes_met_[w] = now_;
      meetings_[w].clear();
    }
    return;
  }
  vector_clock joined{};
  if (arrived) joined = *arrived;
  for (uint32_t w : warps) join(joined, known_[w]);
  for (uint32_t w : warps) {
    known_[w] = joined;
    renew(w, all_lanes, all_lanes);
  }
}

void shared_memory::meet_lanes(uint32_t warp, lanes who, lanes whole) {
  if (check_) renew(warp, who, whole);
}

void shared_memory::release(uint32_t warp, vector_clock& into) {
  if (!check_) return;
  join(into, known_[warp]);
  renew(warp, 0, all_lanes);
}

// Lanes of the warp that released are ordered with those that acquire: which of them released is not kept, so all are taken to have.
void shared_memory::acquire(uint32_t warp, const vector_clock& from) {
  if (!check_) return;
  const uint32_t own = known_[warp][warp];
  join(known_[warp], from);
  known_[warp][warp] = own;
  if (from[warp] >= lanes_met_[warp]) renew(warp, all_lanes, all_lanes);
}

void shared_memory::publish(uint64_t offset, const vector_clock& from) {
  if (check_) join(clock_of(offset), from);
}

void shared_memory::fence(uint32_t warp) {
  if (!check_) return;
  acquire(warp, seen_[warp]);
  seen_[warp].fill(0);
  release(warp, fenced_[warp]);
}

void shared_memory::synchronize(uint32_t warp, uint64_t offset, bool reads, bool writes, bool acquires, bool releases) {
  if (!check_) return;
  vector_clock& clock = clock_of(offset);
  if (reads) {
    join(seen_[warp], clock);
    if (acquires) acquire(warp, clock);
  }
  if (!writes) return;
  if (!reads) clock.fill(0);  // a plain write ends the variable's history; read-modify-write goes on with it
  join(clock, fenced_[warp]);
  if (releases) release(warp, clock);
}

// Are lanes `before`, that did something in `epoch`, ordered before lanes `after` now?
bool shared_memory::lanes_ordered(uint32_t warp, uint32_t epoch, lanes before, lanes after) const {
  if (epoch < lanes_met_[warp]) return true;
  if (std::has_single_bit(before) && before == after) return true;
  for (int lane = 0; lane < warp_size; ++lane) {
    if (!(before >> lane & 1)) continue;
    lanes reached = lanes{1} << lane;
    for (const meeting& m : meetings_[warp])
      if (m.epoch > epoch && (m.who & reached)) reached |= m.who;
    if ((after & reached) != after) return false;
  }
  return true;
}

bool shared_memory::write_ordered(const present& p, const cell& c, lanes who) const {
  if (c.written_at < all_met_) return true;
  if (p.access.strong && (c.flags & strong_write)) return true;
  if (c.writer != p.warp) return c.written_at <= known_[p.warp][c.writer];
  if (c.writer_lane == no_lane) return c.written_at < lanes_met_[p.warp];
  return lanes_ordered(p.warp, c.written_at, lanes{1} << c.writer_lane, who);
}

// Are all reads that the cell knows before this one?
bool shared_memory::superseded(const present& p, const cell& c, lanes who) const {
  if (!reads_ordered(p, c, who)) return false;
  if (!(c.readers & p.bit)) return true;
  if (c.readers == p.bit && !(c.flags & many)) return true;
  return (c.flags & many ? many_readers_[c.reader_lanes][p.warp] : c.read_at) < lanes_met_[p.warp];
}

bool shared_memory::reads_ordered(const present& p, const cell& c, lanes who) const {
  if (c.read_at < all_met_) return true;
  if (p.access.strong && (c.flags & strong_reads)) return true;
  for (uint32_t rest = c.readers; rest; rest &= rest - 1) {
    const auto w = static_cast<uint32_t>(std::countr_zero(rest));
    const uint32_t epoch = c.flags & many ? many_readers_[c.reader_lanes][w] : c.read_at;
    if (w != p.warp) {
      if (epoch > known_[p.warp][w]) return false;
    } else if (c.readers == p.bit && !(c.flags & many) && !lanes_ordered(w, epoch, c.reader_lanes, who)) {
      return false;
    }
  }
  return true;
}

}  // namespace ptxvm
