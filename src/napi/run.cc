#include "napi/run.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

#include "cpu/threads.h"
#include "gpu/event.h"

namespace warpweft::napi {
namespace {

constexpr int64_t telling_interval_us = 10'000;

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

// One asynchronous call. Made and deleted on the event loop; `work` runs elsewhere in between.
struct task {
  environment* owner;
  js_job* control;
  napi_deferred deferred;
  std::vector<napi_ref> kept;
  std::function<void(job*)> work;
  bool failed = false;
  failure error;
};

// What is sent to the event loop: the end of a task, or news of a job.
struct message {
  task* ended;
  js_job* news;
};

class environment {
 public:
  explicit environment(Napi::Env env) {
    napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "warpweft"), 0, 1, nullptr, nullptr, this, receive,
                                    &loop_);
    napi_unref_threadsafe_function(env, loop_);
    napi_add_env_cleanup_hook(env, close, this);
  }

  static environment& of(Napi::Env env) { return *env.GetInstanceData<environment>(); }

  Napi::Value start(Napi::Env env, std::unique_ptr<task> work) {
    napi_value promise;
    napi_create_promise(env, &work->deferred, &promise);
    napi_ref_threadsafe_function(env, loop_);
    ++waiting_;
    task* t = work.release();
    {
      const std::lock_guard lock(mutex_);
      running_.insert(t);
    }
    cpu::run_later([this, t] { execute(t); });
    return Napi::Value(env, promise);
  }

  void post(const message& what) {
    auto copy = std::make_unique<message>(what);
    if (napi_call_threadsafe_function(loop_, copy.get(), napi_tsfn_nonblocking) == napi_ok) copy.release();
  }

 private:
  void execute(task* t) {
    try {
      t->control->check();
      t->work(t->control);
    } catch (...) {
      t->failed = true;
      t->error = describe(std::current_exception());
    }
    t->work = nullptr;
    const std::lock_guard lock(mutex_);
    post({t, nullptr});
    running_.erase(t);
    idle_.notify_all();
  }

  static void receive(napi_env raw, napi_value, void* context, void* data) {
    const std::unique_ptr<message> what(static_cast<message*>(data));
    if (!raw) {  // the environment is gone, and its references with it
      delete what->ended;
      return;
    }
    const Napi::Env env(raw);
    const Napi::HandleScope scope(env);
    try {
      if (what->ended) static_cast<environment*>(context)->settle(env, std::unique_ptr<task>(what->ended));
      if (what->news) what->news->tell(env);
    } catch (const Napi::Error&) {  // JavaScript is being terminated here: nobody is left to tell
    }
  }

  void settle(Napi::Env env, std::unique_ptr<task> t) {
    if (t->failed)
      napi_reject_deferred(env, t->deferred, to_error(env, t->error).Value());
    else
      napi_resolve_deferred(env, t->deferred, env.Undefined());
    for (napi_ref ref : t->kept) napi_delete_reference(env, ref);
    if (--waiting_ == 0) napi_unref_threadsafe_function(env, loop_);
  }

  // The environment ends: stop its own work and wait until no thread touches its memory.
  static void close(void* data) {
    environment& self = *static_cast<environment*>(data);
    std::unique_lock lock(self.mutex_);
    for (task* t : self.running_) t->control->cancel();
    self.idle_.wait(lock, [&] { return self.running_.empty(); });
  }

  napi_threadsafe_function loop_ = nullptr;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::set<task*> running_;
  int waiting_ = 0;
};

js_job::js_job(environment& owner, Napi::Function on_progress) : owner_(owner) {
  if (!on_progress.IsEmpty()) on_progress_ = Napi::Persistent(on_progress);
}

void js_job::report(int64_t done, int64_t total) {
  if (on_progress_.IsEmpty()) return;
  done_.store(done, std::memory_order_relaxed);
  total_.store(total, std::memory_order_relaxed);
  const int64_t now = now_us();
  if (done != total && now - last_told_.load(std::memory_order_relaxed) < telling_interval_us) return;
  if (telling_.exchange(true)) return;
  last_told_.store(now, std::memory_order_relaxed);
  owner_.post({nullptr, this});
}

void js_job::tell(Napi::Env env) {
  telling_.store(false);
  on_progress_.Call(
      {Napi::Number::New(env, static_cast<double>(done_.load())), Napi::Number::New(env, static_cast<double>(total_.load()))});
}

void open_environment(Napi::Env env) { env.SetInstanceData(new environment(env)); }

Napi::Value new_job(const Napi::CallbackInfo& info) {
  const Napi::Function on_progress = info[0].IsFunction() ? info[0].As<Napi::Function>() : Napi::Function();
  return Napi::External<js_job>::New(info.Env(), new js_job(environment::of(info.Env()), on_progress),
                                     [](Napi::Env, js_job* made) { delete made; });
}

void cancel_job(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    arguments args(info, "cancel");
    if (js_job* control = args.job()) control->cancel();
  });
}

void finish(gpu::device& on, job* control) {
  gpu::event end(on);
  end.record();
  end.wait();
  control->complete();
}

Napi::Value run(const Napi::CallbackInfo& info, js_job* control, std::function<void(job*)> work) {
  const Napi::Env env = info.Env();
  if (!control) {
    work(nullptr);
    return env.Undefined();
  }
  auto later = std::make_unique<task>();
  later->owner = &environment::of(env);
  later->control = control;
  later->work = std::move(work);
  for (size_t i = 0; i < info.Length(); ++i) {
    if (!info[i].IsObject() && !info[i].IsExternal()) continue;
    napi_ref ref;
    if (napi_create_reference(env, info[i], 1, &ref) == napi_ok) later->kept.push_back(ref);
  }
  return environment::of(env).start(env, std::move(later));
}

}  // namespace warpweft::napi
