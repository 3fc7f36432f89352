// A GPU: its context, its one stream and its memory. All work on a device is enqueued on that stream, so it happens in the order
// in which it was asked for, whichever thread asked.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "gpu/driver.h"
#include "gpu/memory.h"

namespace warpweft::gpu {

class staging;
class modules;

// What is known of a device without opening it.
struct device_info {
  int ordinal = 0;
  std::string name;
  size_t memory = 0;
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  absence why_not;  // UNSUPPORTED_CAPABILITY, or NO_DEVICE where it does not answer
};

// Empty where the driver is absent.
const std::vector<device_info>& list();

class device {
 public:
  explicit device(const device_info& about);
  device(const device&) = delete;

  const device_info& info() const { return info_; }
  int ordinal() const { return info_.ordinal; }
  stream_handle stream() const { return stream_; }
  gpu::pool& memory() { return pool_; }
  gpu::staging& staging() { return *staging_; }
  gpu::modules& modules() { return *modules_; }

  // Makes the device's context the calling thread's. Whatever calls the driver does this first.
  void enter() const;
  buffer allocate(size_t bytes) { return buffer(pool_, bytes); }
  // Waits for everything enqueued so far. Throws what went wrong in it.
  void synchronize() const;

 private:
  const device_info info_;
  context_handle context_ = nullptr;
  stream_handle stream_ = nullptr;
  gpu::pool pool_;
  std::unique_ptr<gpu::staging> staging_;
  std::unique_ptr<gpu::modules> modules_;
};

// Opens the device at its first use; it then stays until the process ends. Throws ERR_DEVICE with the reason.
device& open(int ordinal);

}  // namespace warpweft::gpu
