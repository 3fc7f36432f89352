// One call's progress and its request to stop, shared by the thread that asked and those that work.
#pragma once
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace warpweft {

namespace gpu {
class device;
}

// An error with one of the package's codes; it becomes a JavaScript error at the boundary.
struct coded_error : std::runtime_error {
  coded_error(const char* code_, const std::string& words, const char* device_ = nullptr)
      : std::runtime_error(words), code(code_), device(device_) {}
  const char* code;
  const char* device;  // with ERR_DEVICE: why the device is not there, else null
};

class job {
 public:
  virtual ~job() = default;
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void check() const {
    if (cancelled()) throw coded_error("ERR_ABORTED", "the operation was aborted");
  }

  // An operation says how many sweeps it will make; each sweep counts as `sweep_units`.
  void plan(int64_t sweeps) { total_ = sweeps * sweep_units; }
  void begin_sweep() {
    start_ = sweeps_ * sweep_units;
    ++sweeps_;
  }
  // Called by whichever thread finished part `done` of `parts` of the present sweep.
  void advance(int64_t done, int64_t parts) { report(start_ + done * sweep_units / parts, total_); }
  // The operation is done, whatever it reported on the way.
  void complete() { report(total_, total_); }

 protected:
  static constexpr int64_t sweep_units = 1000;
  virtual void report(int64_t, int64_t) {}

 private:
  std::atomic<bool> cancelled_{false};
  int64_t total_ = sweep_units, start_ = 0, sweeps_ = 0;
};

// How one call is to run.
struct call_options {
  int threads;
  job* control;               // null: nobody watches
  gpu::device* on = nullptr;  // where the arrays are; null: in host memory, for the CPU
};

}  // namespace warpweft
