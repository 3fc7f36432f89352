// Kernels by name, and what is enqueued on a device's stream: launches, copies, zeros.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "gpu/device.h"
#include "gpu/event.h"

namespace warpweft::gpu {

struct extent3 {
  uint32_t x = 1, y = 1, z = 1;
};

// One entry of a family's image on one device.
class kernel {
 public:
  kernel(std::string name, function_handle function) : name_(std::move(name)), function_(function) {}
  const std::string& name() const { return name_; }
  function_handle function() const { return function_; }
  // More than 48 KiB of dynamic shared memory must be asked for, once per size.
  void allow_shared(uint32_t bytes) const;

 private:
  const std::string name_;
  const function_handle function_;
  mutable std::mutex mutex_;
  mutable uint32_t allowed_ = 48 * 1024;
};

// The images that a device has loaded, each at the first use of its family: the one in the addon, or WARPWEFT_CUDA_IMAGES/<family>.ptx.
class modules {
 public:
  explicit modules(const device& on) : on_(on) {}
  modules(const modules&) = delete;
  const kernel& find(const char* family, const char* entry);

 private:
  module_handle module_of(const std::string& family);

  const device& on_;
  std::mutex mutex_;
  std::map<std::string, module_handle> loaded_;
  std::map<std::pair<std::string, std::string>, kernel> kernels_;
};

// Valid as long as the process.
inline const kernel& find(device& on, const char* family, const char* entry) { return on.modules().find(family, entry); }

void launch_raw(const device& on, const kernel& k, extent3 grid, extent3 block, uint32_t shared_bytes, void* params);

// Kernels take one structure by value. A grid without blocks is no launch.
template <class Params>
void launch(const device& on, const kernel& k, extent3 grid, extent3 block, uint32_t shared_bytes, const Params& params) {
  static_assert(std::is_trivially_copyable_v<Params>, "kernel parameters are copied byte by byte");
  Params copy = params;
  launch_raw(on, k, grid, block, shared_bytes, &copy);
}

// `from` may be changed once it returns.
void copy_in(device& on, void* to, const void* from, size_t bytes);
// Waits for it, and so for everything enqueued before.
void copy_out(device& on, void* to, const void* from, size_t bytes);
// From device memory to device memory.
void copy(device& on, void* to, const void* from, size_t bytes);
void fill_zero(device& on, void* at, size_t bytes);

// A copy on the device of what lies in host memory, which may be changed once it returns.
template <class T>
buffer uploaded(device& on, const T* from, int64_t count) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(T);
  buffer to = on.allocate(bytes);
  if (bytes > 0) copy_in(on, to.address(), from, bytes);
  return to;
}

}  // namespace warpweft::gpu
