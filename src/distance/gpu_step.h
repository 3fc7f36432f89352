// An operation on a GPU as its job sees it, and its kernels by name.
#pragma once
#include <string>

#include "base/job.h"
#include "gpu/launch.h"

namespace warpweft::distance::on_gpu {

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

// A copy on the device of what is in host memory.
template <class T>
gpu::buffer uploaded(gpu::device& on, const T* from, int64_t count) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(T);
  gpu::buffer to = on.allocate(bytes);
  if (bytes > 0) gpu::copy_in(on, to.address(), from, bytes);
  return to;
}

inline const gpu::kernel& kernel_of(gpu::device& on, const std::string& entry) { return gpu::find(on, "distance", entry.c_str()); }

}  // namespace warpweft::distance::on_gpu
