// Runs a call now, or later off the event loop when the caller brought a job. Each JavaScript environment owns its own jobs:
// when it ends, they are cancelled and waited for, and nobody else's.
#pragma once
#include <napi.h>

#include <chrono>
#include <functional>
#include <memory>

#include "base/job.h"
#include "napi/error.h"
#include "napi/unpack.h"

namespace warpweft::napi {

class environment;

// A job as JavaScript holds it: progress goes to its function on the event loop, at most every few milliseconds.
class js_job : public job {
 public:
  js_job(environment& owner, Napi::Function on_progress);
  // On the event loop.
  void tell(Napi::Env env);

 private:
  void report(int64_t done, int64_t total) override;
  environment& owner_;
  Napi::FunctionReference on_progress_;
  std::atomic<int64_t> done_{0}, total_{0}, last_told_{0};
  std::atomic<bool> telling_{false};
};

// Call once for each environment the addon is loaded in.
void open_environment(Napi::Env env);

Napi::Value new_job(const Napi::CallbackInfo& info);
void cancel_job(const Napi::CallbackInfo& info);

// Without a job: work runs here and now, and undefined is returned. With one: a promise. All arguments stay alive until then.
Napi::Value run(const Napi::CallbackInfo& info, js_job* control, std::function<void(job*)> work);

// Waits until all that was enqueued on the device so far is done, and reports it as the whole of the job.
void finish(gpu::device& on, job* control);

// An operation's binding: threads and job open the argument list, `fill` reads the rest into Params. On a device the operation
// only enqueues; a job's promise settles when the device is done.
template <class Params, class Fill>
Napi::Value call(const Napi::CallbackInfo& info, const char* name, void (*operation)(const Params&, const call_options&), const Fill& fill,
                 places where = places::host_or_device) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    arguments args(info, name, where);
    const int threads = args.threads();
    js_job* control = args.job();
    const Params p = fill(args);
    gpu::device* on = args.on();
    if (!control) {  // nothing need outlive the call
      operation(p, {threads, nullptr, on});
      return info.Env().Undefined();
    }
    return run(info, control, [p, threads, operation, on, held = args.held()](job* now) {
      operation(p, {threads, now, on});
      if (on && now) finish(*on, now);
    });
  });
}

}  // namespace warpweft::napi
