// Aligned scratch memory that frees itself. Failure is ERR_MEMORY, never an abort.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/job.h"

namespace warpweft::cpu {

struct free_memory {
  void operator()(void* p) const { std::free(p); }
};

template <class T>
class buffer {
 public:
  buffer() = default;
  explicit buffer(int64_t count) { resize(count); }
  // Contents are undefined afterwards. The tail is padded so that a whole register may be read at the last element.
  void resize(int64_t count) {
    constexpr int64_t line = 64, padding = 128;
    const int64_t bytes = (count * static_cast<int64_t>(sizeof(T)) + padding + line - 1) / line * line;
    data_.reset(static_cast<T*>(std::aligned_alloc(line, static_cast<size_t>(bytes))));
    if (!data_) throw coded_error("ERR_MEMORY", "wanted " + std::to_string(bytes) + " bytes of scratch memory, got none");
    size_ = count;
  }
  T* data() const { return data_.get(); }
  T& operator[](int64_t i) const { return data_.get()[i]; }
  int64_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  std::unique_ptr<T, free_memory> data_;
  int64_t size_ = 0;
};

}  // namespace warpweft::cpu
