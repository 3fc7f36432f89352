// What an access to shared memory is checked for, word by word.
#include "ptxvm/shared.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ptxvm {

// A read of the present, or one of an earlier epoch that a chunk has kept until now.
void shared_memory::add_reader(const present& p, cell& c, lanes who) {
  const bool strong = p.access.strong, others_strong = c.flags & strong_reads;
  if (c.read_at >= all_met_ && strong && !others_strong && c.readers) return;  // the weak readers are the ones to keep
  const bool now = p.epoch == known_[p.warp][p.warp];
  // Whoever comes after this read comes after all that are before it, too.
  if (c.read_at < all_met_ || !c.readers || (others_strong && !strong) || (now && !others_strong && superseded(p, c, who))) {
    c.read_at = p.epoch;
    c.readers = p.bit;
    c.reader_lanes = who;
    c.flags = static_cast<uint8_t>((c.flags & ~(many | strong_reads)) | (strong ? strong_reads : 0));
    return;
  }
  if (c.readers == p.bit && !(c.flags & many)) {
    if (p.epoch < c.read_at) return;
    // Other warps must be ordered after the latest of these reads. Lanes whose read some lanes' meeting may have ordered are let go.
    const auto& meetings = meetings_[p.warp];
    const bool met = std::any_of(meetings.begin(), meetings.end(), [&](const meeting& m) { return m.epoch > c.read_at && m.who; });
    c.reader_lanes = met ? who : c.reader_lanes | who;
    c.read_at = p.epoch;
    return;
  }
  if (!(c.flags & many)) {
    if (c.read_at == p.epoch) {
      c.readers |= p.bit;
      return;
    }
    vector_clock epochs{};
    for (uint32_t w = 0; w < most_warps; ++w)
      if (c.readers >> w & 1) epochs[w] = c.read_at;
    c.reader_lanes = static_cast<uint32_t>(many_readers_.size());
    many_readers_.push_back(epochs);
    c.flags |= many;
  }
  uint32_t& epoch = many_readers_[c.reader_lanes][p.warp];
  epoch = std::max(epoch, p.epoch);
  c.readers |= p.bit;
  c.read_at = std::max(c.read_at, p.epoch);
}

// Goes through the bytes of a word that are touched in different ways; false: the word can be seen as a whole.
template <class Visit>
bool shared_memory::through_bytes(const present& p, cell& c, uint8_t mask, Visit visit) {
  if (c.flags & split) {
    if (c.read_at < all_met_) {
      const uint8_t written = c.written;
      c = cell{};
      c.written = written;
      c.mask = mask;
      return false;
    }
  } else {
    if (c.mask == mask) return false;
    if (c.written_at < all_met_ && c.read_at < all_met_) {
      c.mask = mask;
      return false;
    }
    std::array<cell, 4> bytes;
    for (int i = 0; i < 4; ++i) {
      if (c.mask >> i & 1) bytes[i] = c;
      bytes[i].written = (c.written >> i & 1) ? 15 : 0;
      bytes[i].mask = 15;
    }
    c.flags = split;
    c.reader_lanes = static_cast<uint32_t>(split_words_.size());
    split_words_.push_back(bytes);
  }
  c.read_at = p.epoch;
  for (int i = 0; i < 4; ++i)
    if (mask >> i & 1) visit(split_words_[c.reader_lanes][i], static_cast<uint8_t>(1 << i));
  return true;
}

inline void shared_memory::read_word(const present& p, cell& c, uint32_t word, uint8_t mask, lanes who, int lane) {
  if (c.flags & pending) not_waited(c, word, lane, "read");
  if ((c.written & mask) != mask) {
    const auto first = static_cast<uint32_t>(std::countr_zero(static_cast<uint32_t>(mask & ~c.written)));
    fail(status::launch_failed, lane, "read of ", p.access.bytes, " bytes at offset ", p.access.at[lane],
         " of shared memory: nobody wrote the byte at offset ", word * 4 + first);
  }
  if ((c.flags & split || c.mask != mask) && through_bytes(p, c, mask, [&](cell& byte, uint8_t) {
        if (!write_ordered(p, byte, who)) race(p, byte, word, lane, false, true);
        add_reader(p, byte, who);
      }))
    return;
  if (c.written_at >= all_met_ && !write_ordered(p, c, who)) race(p, c, word, lane, false, true);
  if (c.read_at != p.epoch || !c.readers || (c.flags & (strong_reads | many))) return add_reader(p, c, who);
  if (c.readers == p.bit)
    c.reader_lanes |= who;
  else
    c.readers |= p.bit;
}

// What the chunk knows goes to its words, where readers of several epochs have their place; not to the words from `first` to `end`.
void shared_memory::to_words(const present& p, chunk& k, uint64_t offset, uint64_t first, uint64_t end) {
  const chunk known = k;
  k = {};
  if (known.epoch < all_met_) return;
  const uint64_t start = offset / 16 * 4;
  for (uint64_t word = start; word < std::min<uint64_t>(start + 4, cells_.size()); ++word)
    for (uint32_t rest = word >= first && word < end ? 0 : known.warps; rest; rest &= rest - 1) {
      const auto w = static_cast<uint32_t>(std::countr_zero(rest));
      const present reader{p.access, w, known.epoch, 1u << w};
      cell& c = cells_[word];
      const auto add = [&](cell& each, uint8_t) { add_reader(reader, each, known.lanes); };
      if (!((c.flags & split || c.mask != 15) && through_bytes(reader, c, 15, add))) add(c, 15);
    }
}

// Before a write into the chunk: it must come after the chunk's readers, whom words that are not written remember.
void shared_memory::forget_chunk(const present& p, chunk& k, uint64_t offset, int lane) {
  cell readers;
  readers.read_at = k.epoch;
  readers.readers = k.warps;
  readers.reader_lanes = k.lanes;
  if (!reads_ordered(p, readers, lanes{1} << lane)) race(p, readers, static_cast<uint32_t>(offset / 4), lane, true, false);
  const uint64_t end = p.access.bytes < 4 ? offset / 4 : (offset + p.access.bytes) / 4;
  to_words(p, k, offset, offset / 4, end);
}

void shared_memory::read_bytes(const present& p, uint64_t offset, uint32_t bytes, lanes who, int lane) {
  chunk& k = chunks_[offset / 16];
  const auto first = static_cast<uint32_t>(offset / 4);
  if (k.epoch == p.epoch && (k.warps & p.bit) && (k.warps != p.bit || (k.lanes & who) == who)) return;
  if (bytes == 16 && !p.access.strong) {
    if (k.epoch == p.epoch) {
      k.warps |= p.bit;
      k.lanes |= who;
      return;
    }
    if (k.epoch >= all_met_) to_words(p, k, offset, 0, 0);
    const cell* c = &cells_[first];
    if (p.epoch == all_met_ && quiet(c[0]) && quiet(c[1]) && quiet(c[2]) && quiet(c[3])) {
      k = {p.epoch, p.bit, who};
      return;
    }
  }
  if (bytes < 4) {
    read_word(p, cells_[first], first, static_cast<uint8_t>(((1u << bytes) - 1) << (offset % 4)), who, lane);
    return;
  }
  for (uint32_t word = first; word < first + bytes / 4; ++word) read_word(p, cells_[word], word, 15, who, lane);
}

void shared_memory::check_read(const shared_access& access) {
  const present p{access, access.warp, known_[access.warp][access.warp], 1u << access.warp};
  for (lanes rest = access.active; rest;) {
    const int lane = std::countr_zero(rest);
    lanes who = lanes{1} << lane;
    rest &= rest - 1;
    for (int next = lane + 1; next < warp_size && (rest >> next & 1) && access.at[next] == access.at[lane]; ++next) {
      who |= lanes{1} << next;
      rest &= rest - 1;
    }
    read_bytes(p, access.at[lane], access.bytes, access.readers ? access.readers : who, lane);
  }
}

// Two lanes of one instruction may write the same bytes when they write the same there.
bool shared_memory::same_value(const present& p, const cell& c, uint32_t word, uint8_t mask, int lane) const {
  if (!p.access.values || c.writer != p.warp || c.written_at != p.epoch || c.writer_lane >= warp_size) return false;
  const int other = c.writer_lane;
  if (!(p.access.active >> other & 1) || other >= lane) return false;
  for (uint32_t i = 0; i < 4; ++i) {
    if (!(mask >> i & 1)) continue;
    const uint64_t at = uint64_t{word} * 4 + i;
    if (at < p.access.at[other] || at >= p.access.at[other] + p.access.bytes) return false;
    const auto value = [&](int l) { return p.access.values[static_cast<uint64_t>(l) * p.access.bytes + (at - p.access.at[l])]; };
    if (value(lane) != value(other)) return false;
  }
  return true;
}

inline void shared_memory::write_word(const present& p, cell& c, uint32_t word, uint8_t mask, int lane) {
  if (c.flags & pending) not_waited(c, word, lane, "write");
  if (!(c.flags & split) && c.written_at < all_met_ && c.read_at < all_met_) {
    c.written_at = p.epoch;
    c.read_at = c.readers = 0;
    c.writer = static_cast<uint8_t>(p.warp);
    c.writer_lane = static_cast<uint8_t>(lane);
    c.written |= mask;
    c.mask = mask;
    c.flags = p.access.strong ? strong_write : 0;
    return;
  }
  const lanes who = lane < warp_size ? lanes{1} << lane : 0;
  const auto one = [&](cell& each, uint8_t bytes) {
    if (each.written_at >= all_met_ && !write_ordered(p, each, who) && !same_value(p, each, word, bytes, lane))
      race(p, each, word, lane, true, true);
    if (each.read_at >= all_met_ && !reads_ordered(p, each, who)) race(p, each, word, lane, true, false);
    each.written_at = p.epoch;
    each.read_at = each.readers = 0;
    each.writer = static_cast<uint8_t>(p.warp);
    each.writer_lane = static_cast<uint8_t>(lane);
    each.flags = p.access.strong ? strong_write : 0;
  };
  c.written |= mask;
  if ((c.flags & split || c.mask != mask) && through_bytes(p, c, mask, [&](cell& byte, uint8_t bytes) {
        one(byte, bytes);
        byte.written = 15;
      }))
    return;
  one(c, mask);
}

void shared_memory::check_write(const shared_access& access) {
  const present p{access, access.warp, known_[access.warp][access.warp], 1u << access.warp};
  for (lanes rest = access.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const uint64_t offset = access.at[lane];
    if (chunk& k = chunks_[offset / 16]; k.epoch >= all_met_) forget_chunk(p, k, offset, lane);
    const auto first = static_cast<uint32_t>(offset / 4);
    if (access.bytes < 4) {
      write_word(p, cells_[first], first, static_cast<uint8_t>(((1u << access.bytes) - 1) << (offset % 4)), lane);
      continue;
    }
    for (uint32_t word = first; word < first + access.bytes / 4; ++word) write_word(p, cells_[word], word, 15, lane);
  }
}

void shared_memory::begin_copy(uint64_t offset, uint32_t bytes, uint32_t warp, int lane) {
  if (!check_) return;
  uint64_t at[warp_size];
  at[lane] = offset;
  check_write({warp, lanes{1} << lane, at, bytes});
  for (uint64_t word = offset / 4; word < (offset + bytes) / 4; ++word) {
    cell& c = cells_[word];
    const uint32_t epoch = known_[warp][warp];
    c = cell{};
    c.written_at = epoch;
    c.writer = static_cast<uint8_t>(warp);
    c.writer_lane = static_cast<uint8_t>(lane);
    c.written = 15;
    c.flags = pending;
  }
}

void shared_memory::end_copy(uint64_t offset, uint32_t bytes, uint32_t warp, int lane, bool strangers) {
  if (!check_) return;
  for (uint64_t word = offset / 4; word < (offset + bytes) / 4; ++word) {
    cell& c = cells_[word];
    c.flags = 0;
    c.written_at = known_[warp][warp];
    if (strangers) c.writer_lane = no_lane;
  }
  (void)lane;
}

}  // namespace ptxvm
