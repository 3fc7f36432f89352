#include "gpu/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/job.h"
#include "gpu/device.h"

namespace warpweft::gpu {
namespace {

constexpr size_t smallest = 512;

// Four sizes from one power of two to the next, so at most a quarter of a block is wasted.
size_t size_class(size_t bytes) {
  if (bytes <= smallest) return smallest;
  size_t power = smallest;
  while (power <= (bytes - 1) / 2) power *= 2;
  const size_t step = power / 4;
  return (bytes + step - 1) / step * step;
}

bool caching_wanted() {
  const char* setting = std::getenv("WARPWEFT_CUDA_POOL");
  return !setting || std::strcmp(setting, "0") != 0;
}

std::string shortage(size_t wanted, status failed) {
  size_t free = 0, total = 0;
  if (calls().memory_info(&free, &total) != success) return "device memory ran out: " + describe(failed);
  return "device memory ran out: requested " + std::to_string(wanted) + " bytes, " + std::to_string(free) + " free of " +
         std::to_string(total);
}

}  // namespace

pool::pool(const device& on) : on_(on), caching_(caching_wanted()) {}

pool::block pool::take(size_t bytes) {
  on_.enter();
  const size_t size = caching_ ? size_class(bytes) : std::max<size_t>(bytes, 1);
  {
    const std::lock_guard lock(mutex_);
    const auto same = caching_ ? waiting_.find(size) : waiting_.end();
    if (same != waiting_.end() && !same->second.empty()) {
      const block found{same->second.back(), size};
      same->second.pop_back();
      pooled_ -= size;
      in_use_ += size;
      return found;
    }
  }
  block made{0, size};
  status failed = calls().allocate(&made.at, size);
  if (failed == out_of_memory) {
    trim();
    failed = calls().allocate(&made.at, size);
  }
  if (failed == out_of_memory) throw coded_error("ERR_MEMORY", shortage(bytes, failed));
  check(failed, "allocating device memory");
  const std::lock_guard lock(mutex_);
  in_use_ += size;
  return made;
}

void pool::give_back(block b) noexcept {
  const std::lock_guard lock(mutex_);
  in_use_ -= b.size;
  try {
    waiting_[b.size].push_back(b.at);
    pooled_ += b.size;
  } catch (const std::bad_alloc&) {
    // Without memory for a list entry the block is lost until the process ends.
  }
}

void pool::trim() {
  on_.enter();
  std::vector<block> blocks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [size, addresses] : waiting_)
      for (const device_address at : addresses) blocks.push_back({at, size});
    waiting_.clear();
    pooled_ = 0;
  }
  for (const block& b : blocks) check(calls().free(b.at), "freeing device memory");
}

void pool::settle() const {
  if (caching_) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [size, addresses] : waiting_)
    for (const device_address at : addresses) check(calls().free(at), "freeing device memory");
  waiting_.clear();
  pooled_ = 0;
}

memory_use pool::used() const {
  on_.enter();
  memory_use found;
  check(calls().memory_info(&found.free, &found.total), "asking for free device memory");
  const std::lock_guard lock(mutex_);
  found.pooled = pooled_;
  found.in_use = in_use_;
  return found;
}

buffer& buffer::operator=(buffer&& other) noexcept {
  if (this == &other) return *this;
  reset();
  from_ = std::exchange(other.from_, nullptr);
  block_ = std::exchange(other.block_, {});
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void buffer::reset() noexcept {
  if (from_) from_->give_back(block_);
  from_ = nullptr;
  block_ = {};
  bytes_ = 0;
}

}  // namespace warpweft::gpu
