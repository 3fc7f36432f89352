// Pinned host memory that copies between host and device pass through, so that the caller's arrays are free at once and the
// next piece is prepared while the last one is on its way.
#pragma once
#include <memory>
#include <mutex>

#include "gpu/event.h"

namespace warpweft::gpu {

class staging {
 public:
  explicit staging(const device& on) : on_(on) {}
  staging(const staging&) = delete;

  // `from` may be changed once it returns; the copy takes its place in the stream.
  void copy_in(device_address to, const void* from, size_t bytes);
  // Waits until `to` is filled, and so for everything enqueued before.
  void copy_out(void* to, device_address from, size_t bytes);

 private:
  struct slot {
    void* memory = nullptr;
    std::unique_ptr<event> done;
  };
  static constexpr int slots = 4;
  static constexpr size_t piece = size_t{1} << 20;
  slot& prepared(size_t index);

  const device& on_;
  std::mutex mutex_;
  slot ring_[slots];
  size_t next_ = 0;
};

}  // namespace warpweft::gpu
