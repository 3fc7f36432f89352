#include "gpu/event.h"

#include "gpu/device.h"

namespace warpweft::gpu {

event::event(const device& on, bool timed) : on_(on) {
  on_.enter();
  check(calls().create_event(&handle_, timed ? 0 : event_without_timing), "creating an event");
}

event::~event() { calls().destroy_event(handle_); }

void event::record() {
  on_.enter();
  check(calls().record_event(handle_, on_.stream()), "recording an event");
}

void event::wait() const {
  on_.enter();
  check(calls().wait_event(handle_), "waiting for the GPU");
}

double event::since(const event& earlier) const {
  on_.enter();
  float milliseconds = 0;
  check(calls().elapsed_time(&milliseconds, earlier.handle_, handle_), "timing the GPU");
  return milliseconds;
}

}  // namespace warpweft::gpu
