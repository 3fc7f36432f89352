// An operation on a GPU as its job sees it, its kernels by name, and small arrays on their way to it.
#pragma once
#include <string>
#include <vector>

#include "base/job.h"
#include "gpu/launch.h"

namespace warpweft::attention::on_gpu {

// An operation is one step of its job: launches are enqueued, and the work itself cannot be stopped.
class step {
 public:
  explicit step(const call_options& how) : control_(how.control) {
    if (!control_) return;
    control_->check();
    control_->plan(1);
    control_->begin_sweep();
  }
  ~step() {
    if (control_) control_->advance(1, 1);
  }
  step(const step&) = delete;

 private:
  job* control_;
};

inline const gpu::kernel& kernel_of(gpu::device& on, const std::string& entry) { return gpu::find(on, "attention", entry.c_str()); }

template <class T>
gpu::buffer uploaded(gpu::device& on, const T* from, size_t count) {
  gpu::buffer to = on.allocate(count * sizeof(T));
  if (count > 0) gpu::copy_in(on, to.address(), from, count * sizeof(T));
  return to;
}
template <class T>
gpu::buffer uploaded(gpu::device& on, const std::vector<T>& from) {
  return uploaded(on, from.data(), from.size());
}

// Threads of kernels that give a warp to each row, or a block.
constexpr int row_threads = 128;
inline gpu::extent3 blocks_of_warps(int64_t rows) {
  return {static_cast<uint32_t>((rows + row_threads / 32 - 1) / (row_threads / 32)), 1, 1};
}

}  // namespace warpweft::attention::on_gpu
