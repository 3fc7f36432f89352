// A point in a device's stream: waited for, or timed against another.
#pragma once
#include "gpu/driver.h"

namespace warpweft::gpu {

class device;

class event {
 public:
  explicit event(const device& on, bool timed = false);
  event(const event&) = delete;
  ~event();

  // Everything enqueued so far comes before it.
  void record();
  // Until all of that is done. Throws what went wrong in it.
  void wait() const;
  // Milliseconds from an earlier event, both timed, recorded and reached.
  double since(const event& earlier) const;

 private:
  const device& on_;
  event_handle handle_ = nullptr;
};

}  // namespace warpweft::gpu
