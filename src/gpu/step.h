// An operation on a GPU as its job sees it.
#pragma once
#include "base/job.h"

namespace warpweft::gpu {

// An operation is one step of its job: launches are enqueued, and the work itself cannot be stopped.
class step {
 public:
  explicit step(job* control) : control_(control) {
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

}  // namespace warpweft::gpu
