// Device memory: a pool of blocks that are used again, and the one handle to a block.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "gpu/driver.h"

namespace warpweft::gpu {

class device;

struct memory_use {
  size_t free = 0, total = 0;     // the driver's count
  size_t pooled = 0, in_use = 0;  // ours: blocks that wait to be used again, blocks that are
};

// Blocks come back in the order of the device's one stream: whatever still reads a returned block was enqueued before whatever
// will write to it, so it may be used again at once. WARPWEFT_CUDA_POOL=0 turns that off: sizes are exact and a returned block
// reaches the driver at the next use of the device, which is how the tests find reads beyond the end and after the return.
class pool {
 public:
  explicit pool(const device& on);
  pool(const pool&) = delete;

  struct block {
    device_address at = 0;
    size_t size = 0;
  };
  // Throws ERR_MEMORY, with requested, free and total bytes, once nothing more can be given back to the driver.
  block take(size_t bytes);
  // From any thread, finalizers included: it only enqueues and calls no driver.
  void give_back(block b) noexcept;
  // Blocks of no use to anybody go to the driver.
  void trim();
  // Without caching: what was given back since goes to the driver. Called wherever the device is entered.
  void settle() const;
  memory_use used() const;

 private:
  const device& on_;
  const bool caching_;
  mutable std::mutex mutex_;
  mutable std::map<size_t, std::vector<device_address>> waiting_;  // by size
  mutable size_t pooled_ = 0;
  size_t in_use_ = 0;
};

// Owns a block and returns it.
class buffer {
 public:
  buffer() = default;
  buffer(pool& from, size_t bytes) : from_(&from), block_(from.take(bytes)), bytes_(bytes) {}
  buffer(buffer&& other) noexcept { *this = std::move(other); }
  buffer& operator=(buffer&& other) noexcept;
  ~buffer() { reset(); }

  // Never null, even of a buffer of 0 bytes; null is for arrays that were not given.
  void* address() const { return reinterpret_cast<void*>(block_.at); }
  template <class T>
  T* as() const {
    return static_cast<T*>(address());
  }
  size_t bytes() const { return bytes_; }
  void reset() noexcept;

 private:
  pool* from_ = nullptr;
  pool::block block_;
  size_t bytes_ = 0;
};

}  // namespace warpweft::gpu
