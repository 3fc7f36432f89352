#include "ptxvm/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <sstream>

namespace ptxvm {
namespace {

constexpr uint64_t page = 4096, granule = 256;
// Room for addresses that never come back. Only touched pages take memory.
constexpr uint64_t largest_window = uint64_t{1} << 41;
constexpr uint64_t most_allocations = uint64_t{1} << 27;
// NaN in every float type, −1 in every integer type.
constexpr int poison = 0xff;

uint64_t rounded(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

void* reserve(uint64_t bytes) {
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

std::string hexadecimal(uint64_t value) {
  std::ostringstream out;
  out << "0x" << std::hex << value;
  return out.str();
}

}  // namespace

device_memory::device_memory(uint64_t capacity) : capacity_(capacity) {
  void* window = nullptr;
  for (window_ = largest_window; window_ >= 2 * capacity && !(window = reserve(window_)); window_ /= 2) {
  }
  if (!window) throw std::bad_alloc();
  base_ = reinterpret_cast<uint64_t>(window);
  shadow_ = static_cast<uint8_t*>(reserve(window_ / 8));
  granules_ = static_cast<uint32_t*>(reserve(window_ / granule * sizeof(uint32_t)));
  allocations_ = static_cast<allocation*>(reserve(most_allocations * sizeof(allocation)));
  if (!shadow_ || !granules_ || !allocations_) throw std::bad_alloc();
}

device_memory::~device_memory() {
  munmap(reinterpret_cast<void*>(base_), window_);
  if (shadow_) munmap(shadow_, window_ / 8);
  if (granules_) munmap(granules_, window_ / granule * sizeof(uint32_t));
  if (allocations_) munmap(allocations_, most_allocations * sizeof(allocation));
}

// Each allocation has pages of its own, with at least one page between two. It begins one granule into its first page, so that
// nobody comes to rely on more alignment than there is.
uint64_t device_memory::allocate(uint64_t bytes) {
  const std::lock_guard lock(guard_);
  const uint64_t counted = rounded(bytes, granule);
  if (bytes == 0 || counted < bytes || counted > capacity_ - used_ || count_ == most_allocations) return 0;
  const uint64_t pages = rounded(granule + counted, page) + page;
  if (pages > window_ - next_) return 0;
  const uint64_t at = base_ + next_ + granule;
  next_ += pages;
  used_ += counted;
  allocations_[count_] = {at, bytes, true};
  ++count_;
  std::fill_n(granules_ + (at - base_) / granule, counted / granule, count_);
  std::memset(host(at), poison, counted);
  return at;
}

bool device_memory::release(uint64_t address) {
  const std::lock_guard lock(guard_);
  if (!contains(address)) return false;
  const uint32_t number = granules_[(address - base_) / granule];
  if (number == 0) return false;
  allocation& a = allocations_[number - 1];
  if (!a.live || a.base != address) return false;
  a.live = false;
  const uint64_t counted = rounded(a.bytes, granule);
  used_ -= counted;
  madvise(host(address - granule), rounded(granule + counted, page), MADV_DONTNEED);
  return true;
}

uint64_t device_memory::available() const {
  const std::lock_guard lock(guard_);
  return capacity_ - used_;
}

bool device_memory::range(uint64_t address, uint64_t& base, uint64_t& bytes) const {
  if (!holds(address, 1)) return false;
  const allocation& a = allocations_[granules_[(address - base_) / granule] - 1];
  base = a.base, bytes = a.bytes;
  return true;
}

// What lies at a range that no live allocation holds.
std::string device_memory::described(uint64_t address, uint64_t bytes) const {
  if (address < page) return "a null pointer";
  if (!contains(address)) {
    if (address - shared_window < window_bytes) return "that is in the window of shared memory";
    if (address - local_window < window_bytes) return "that is in the window of local memory";
    return "no device memory lies there";
  }
  const auto of = [](const allocation& a) { return "the allocation of " + std::to_string(a.bytes) + " bytes at " + hexadecimal(a.base); };
  const uint32_t number = granules_[(address - base_) / granule];
  if (number != 0) {
    const allocation& a = allocations_[number - 1];
    if (!a.live) return "use after free: " + of(a) + " was freed";
    if (address - a.base < a.bytes)
      return "the last " + std::to_string(bytes - (a.base + a.bytes - address)) + " bytes are past the end of " + of(a);
    return std::to_string(address - a.base - a.bytes) + " bytes past the end of " + of(a);
  }
  const allocation *const begin = allocations_, *const end = allocations_ + count_;
  const allocation* const after = std::upper_bound(begin, end, address, [](uint64_t at, const allocation& a) { return at < a.base; });
  const allocation* const before = after == begin ? nullptr : after - 1;
  const uint64_t past = before ? address - before->base - before->bytes : ~uint64_t{0};
  if (after != end && after->base - address < past) return std::to_string(after->base - address) + " bytes before " + of(*after);
  if (!before) return "nothing was allocated there";
  return std::to_string(past) + " bytes past the end of " + of(*before) + (before->live ? "" : ", which was freed");
}

void device_memory::check(uint64_t address, uint64_t bytes, int lane, const char* what) const {
  if (holds(address, bytes)) return;
  fail(status::illegal_address, lane, what, " of ", bytes, " bytes at global address ", hexadecimal(address), ": ",
       described(address, bytes));
}

void device_memory::demand(uint64_t address, uint64_t bytes, const char* what) const {
  if (bytes == 0 || holds(address, bytes)) return;
  fail(status::invalid_value, -1, what, " of ", bytes, " bytes at device address ", hexadecimal(address), ": ", described(address, bytes));
}

void device_memory::copy_in(uint64_t to, const void* from, uint64_t bytes) {
  demand(to, bytes, "copy to the device");
  if (bytes == 0) return;
  std::memcpy(host(to), from, bytes);
  mark_written(to, bytes);
}

void device_memory::copy_out(void* to, uint64_t from, uint64_t bytes) {
  demand(from, bytes, "copy from the device");
  if (bytes > 0) std::memcpy(to, host(from), bytes);
}

void device_memory::copy(uint64_t to, uint64_t from, uint64_t bytes) {
  demand(from, bytes, "copy from the device");
  demand(to, bytes, "copy to the device");
  if (bytes == 0) return;
  std::memmove(host(to), host(from), bytes);
  if (written(from, bytes)) return mark_written(to, bytes);
  // Overlapping ranges move their bits in the order that loses none.
  const auto bit = [&](uint64_t address) -> uint64_t { return address - base_; };
  const auto move_one = [&](uint64_t n) {
    const uint64_t f = bit(from + n), t = bit(to + n);
    const bool on = shadow_[f / 8] >> (f % 8) & 1;
    const auto mask = static_cast<uint8_t>(1u << (t % 8));
    shadow_[t / 8] = static_cast<uint8_t>(on ? shadow_[t / 8] | mask : shadow_[t / 8] & ~mask);
  };
  if (to <= from) {
    for (uint64_t n = 0; n < bytes; ++n) move_one(n);
  } else {
    for (uint64_t n = bytes; n-- > 0;) move_one(n);
  }
}

void device_memory::set(uint64_t to, uint32_t value, int width, uint64_t count) {
  const uint64_t bytes = count * static_cast<uint64_t>(width);
  if (bytes / static_cast<uint64_t>(width) != count) fail(status::invalid_value, -1, "memset of too many elements");
  demand(to, bytes, "memset");
  if (to % static_cast<uint64_t>(width) != 0)
    fail(status::invalid_value, -1, "memset of ", width * 8, "-bit elements at the unaligned address ", hexadecimal(to));
  std::byte* const at = host(to);
  if (width == 1) std::memset(at, static_cast<int>(value), bytes);
  if (width == 2) std::fill_n(reinterpret_cast<uint16_t*>(at), count, static_cast<uint16_t>(value));
  if (width == 4) std::fill_n(reinterpret_cast<uint32_t*>(at), count, value);
  mark_written(to, bytes);
}

// Whole bytes of the shadow, and the bits at both ends.
bool device_memory::written(uint64_t address, uint64_t bytes) const {
  if (bytes == 0) return true;
  const uint64_t from = address - base_, to = from + bytes;
  uint64_t first = from / 8;
  const uint64_t last = (to - 1) / 8;
  const auto head = static_cast<uint8_t>(0xff << (from % 8)), tail = static_cast<uint8_t>(0xff >> (7 - (to - 1) % 8));
  const auto all = [&](uint64_t at, uint8_t mask) { return (__atomic_load_n(shadow_ + at, __ATOMIC_RELAXED) & mask) == mask; };
  if (first == last) return all(first, head & tail);
  if (!all(first, head) || !all(last, tail)) return false;
  for (++first; first + 8 <= last; first += 8) {
    uint64_t word;
    std::memcpy(&word, shadow_ + first, 8);
    if (word != ~uint64_t{0}) return false;
  }
  for (; first < last; ++first) {
    if (shadow_[first] != 0xff) return false;
  }
  return true;
}

void device_memory::mark_written(uint64_t address, uint64_t bytes) {
  if (bytes == 0) return;
  const uint64_t from = address - base_, to = from + bytes;
  const uint64_t first = from / 8, last = (to - 1) / 8;
  const auto head = static_cast<uint8_t>(0xff << (from % 8)), tail = static_cast<uint8_t>(0xff >> (7 - (to - 1) % 8));
  // Neighbouring bits may be another thread's.
  const auto add = [&](uint64_t at, uint8_t mask) {
    if ((__atomic_load_n(shadow_ + at, __ATOMIC_RELAXED) & mask) != mask) __atomic_fetch_or(shadow_ + at, mask, __ATOMIC_RELAXED);
  };
  if (first == last) return add(first, head & tail);
  add(first, head);
  add(last, tail);
  if (last - first > 1) std::memset(shadow_ + first + 1, 0xff, last - first - 1);
}

}  // namespace ptxvm
