// Device memory: host memory in a window of its own, with a table of allocations and a bit per byte that says whether anybody wrote it.
// Addresses are never used again while the process lives in this window, so that a stale pointer is always noticed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "ptxvm/fault.h"

namespace ptxvm {

// Generic addresses of the two windows that are no device memory; far below anything the host maps.
constexpr uint64_t shared_window = 0x0000'0100'0000'0000ull;  // + offset in the block's shared memory
constexpr uint64_t local_window = 0x0000'0200'0000'0000ull;   // + offset in the thread's local memory
constexpr uint64_t window_bytes = 0x0000'0001'0000'0000ull;

class device_memory {
 public:
  explicit device_memory(uint64_t capacity);
  ~device_memory();
  device_memory(const device_memory&) = delete;

  // 256-byte aligned; 0 when capacity does not allow it. Contents are poison until written.
  uint64_t allocate(uint64_t bytes);
  bool release(uint64_t address);  // false: no live allocation starts there
  uint64_t capacity() const { return capacity_; }
  uint64_t available() const;
  // The live allocation that holds an address; false when there is none.
  bool range(uint64_t address, uint64_t& base, uint64_t& bytes) const;

  // For the host. Ranges must lie in one live allocation, else fault(invalid_value).
  void copy_in(uint64_t to, const void* from, uint64_t bytes);
  void copy_out(void* to, uint64_t from, uint64_t bytes);
  void copy(uint64_t to, uint64_t from, uint64_t bytes);  // takes "written" along
  void set(uint64_t to, uint32_t value, int width, uint64_t count);

  // For kernels, and fast: a live allocation that holds [address, address + bytes), or a fault that says what is there instead.
  void check(uint64_t address, uint64_t bytes, int lane, const char* what) const;
  // The same question, as fast as it goes.
  bool holds(uint64_t address, uint64_t bytes) const {
    if (!contains(address)) return false;
    const uint32_t number = granules_[(address - base_) / 256];
    if (number == 0) return false;
    const allocation& a = allocations_[number - 1];
    return a.live && address >= a.base && bytes <= a.bytes && address - a.base <= a.bytes - bytes;
  }
  bool written(uint64_t address, uint64_t bytes) const;
  void mark_written(uint64_t address, uint64_t bytes);  // by threads at once
  static std::byte* host(uint64_t address) { return reinterpret_cast<std::byte*>(address); }
  bool contains(uint64_t address) const { return address - base_ < window_; }

 private:
  struct allocation {
    uint64_t base, bytes;
    bool live;
  };
  void demand(uint64_t address, uint64_t bytes, const char* what) const;
  std::string described(uint64_t address, uint64_t bytes) const;
  uint64_t capacity_, used_ = 0, window_ = 0, next_ = 0;
  uint64_t base_ = 0;
  uint8_t* shadow_ = nullptr;          // a bit per byte
  uint32_t* granules_ = nullptr;       // per 256 bytes: number of the allocation, plus one
  allocation* allocations_ = nullptr;  // address space only, too: it never moves, so kernels read it without a lock
  uint32_t count_ = 0;
  mutable std::mutex guard_;
};

}  // namespace ptxvm
