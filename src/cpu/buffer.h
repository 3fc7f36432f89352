// Aligned scratch memory that frees itself. Failure is ERR_MEMORY, never an abort.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "base/job.h"
#include "cpu/memory.h"

namespace warpweft::cpu {

template <class T>
class buffer {
 public:
  buffer() = default;
  explicit buffer(int64_t count) { resize(count); }
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~buffer() { give_memory(block_); }
  // Contents are undefined afterwards. The tail is padded so that a whole register may be read at the last element.
  void resize(int64_t count) {
    constexpr int64_t padding = 128;
    const int64_t bytes = count * static_cast<int64_t>(sizeof(T)) + padding;
    give_memory(std::exchange(block_, {}));
    size_ = 0;
    block_ = take_memory(static_cast<size_t>(bytes));
    if (!block_.at) throw coded_error("ERR_MEMORY", "wanted " + std::to_string(bytes) + " bytes of scratch memory, got none");
    size_ = count;
  }
  T* data() const { return static_cast<T*>(block_.at); }
  T& operator[](int64_t i) const { return data()[i]; }
  int64_t size() const { return size_; }
  explicit operator bool() const { return block_.at != nullptr; }

 private:
  void swap(buffer& other) {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
  }
  memory_block block_{};
  int64_t size_ = 0;
};

}  // namespace warpweft::cpu
