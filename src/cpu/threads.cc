#include "cpu/threads.h"

#include <hwy/cache_control.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace warpweft::cpu {
namespace {

// Consecutive regions follow within microseconds, so a worker looks round for a while before it sleeps.
constexpr int spins = 4000;

struct region {
  int64_t tasks;
  const job* control;
  const std::function<void(int64_t, int)>* body;
  int seats;                    // workers that may still join; guarded by the pool's mutex
  int next_worker = 1;          // guarded likewise
  std::atomic<int> working{0};  // helpers inside
  std::atomic<int64_t> next{0};
  std::mutex failure_mutex;
  std::exception_ptr failure;

  void work(int worker) {
    try {
      for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) {
        if (control) control->check();
        (*body)(task, worker);
      }
    } catch (...) {
      next.store(tasks, std::memory_order_relaxed);
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  }
};

// Linux likes to wake a thread on the core of its waker, and in a virtual machine does so even where another core is idle, as an idle
// virtual core counts as one that is not there. A region's caller computes on, so that its helper would share the core with it for
// milliseconds: it is sent to the other cores first, and may go where it likes once it runs.
class sleeper {
 public:
  explicit sleeper(const cpu_set_t& allowed) : allowed_(allowed), thread_(gettid()) {}

  void lie_down() { asleep_ = true; }
  void get_up() {
    if (sent_away_) sched_setaffinity(thread_, sizeof(allowed_), &allowed_);
    asleep_ = sent_away_ = false;
  }
  void make_way(int caller) {
    if (!asleep_ || sent_away_ || caller < 0 || CPU_COUNT(&allowed_) < 2) return;
    cpu_set_t others = allowed_;
    CPU_CLR(static_cast<size_t>(caller), &others);
    sent_away_ = sched_setaffinity(thread_, sizeof(others), &others) == 0;
  }

 private:
  const cpu_set_t& allowed_;
  const pid_t thread_;
  bool asleep_ = false, sent_away_ = false;
};

cpu_set_t allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  return set;
}

class pool {
 public:
  // Never destroyed: its threads end with the process.
  static pool& shared() {
    static pool* const instance = new pool;
    return *instance;
  }

  void run(region& r, int helpers) {
    {
      const std::lock_guard lock(mutex_);
      grow(helpers);
      r.seats = helpers;
      open_.push_back(&r);
      const int here = sched_getcpu();
      for (sleeper* s : sleepers_) s->make_way(here);
      posted_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    r.work(0);
    {
      const std::lock_guard lock(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), &r));
    }
    for (int i = 0; i < spins && r.working.load(std::memory_order_acquire); ++i) hwy::Pause();
    if (r.working.load(std::memory_order_acquire)) {
      std::unique_lock lock(mutex_);
      left_.wait(lock, [&] { return r.working.load(std::memory_order_acquire) == 0; });
    }
    if (r.failure) std::rethrow_exception(r.failure);
  }

 private:
  // Threads that cannot be had are done without.
  void grow(int helpers) {
    while (threads_ < helpers) try {
        std::thread([this] { serve(); }).detach();
        ++threads_;
      } catch (const std::system_error&) {
        return;
      }
  }

  region* join() {
    for (region* r : open_)
      if (r->seats > 0 && r->next.load(std::memory_order_relaxed) < r->tasks) return r;
    return nullptr;
  }

  void serve() {
    std::unique_lock lock(mutex_);
    sleeper own(allowed_);
    sleepers_.push_back(&own);
    for (;;) {
      if (region* r = join()) {
        --r->seats;
        const int worker = r->next_worker++;
        r->working.fetch_add(1, std::memory_order_relaxed);
        lock.unlock();
        r->work(worker);
        lock.lock();
        if (r->working.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_all();
        continue;
      }
      const uint64_t seen = posted_.load(std::memory_order_acquire);
      lock.unlock();
      for (int i = 0; i < spins && posted_.load(std::memory_order_acquire) == seen; ++i) hwy::Pause();
      lock.lock();
      if (posted_.load(std::memory_order_acquire) != seen) continue;
      own.lie_down();
      wake_.wait(lock, [&] { return posted_.load(std::memory_order_acquire) != seen; });
      own.get_up();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  std::vector<region*> open_;
  const cpu_set_t allowed_ = allowed_cores();
  std::vector<sleeper*> sleepers_;  // one a thread, guarded likewise
  std::atomic<uint64_t> posted_{0};
  int threads_ = 0;
};

// Asynchronous calls: a queue and as many threads as there are cores, started when first needed.
class queue {
 public:
  static queue& shared() {
    static queue* const instance = new queue;
    return *instance;
  }
  void push(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    if (idle_ < static_cast<int>(waiting_.size()) && threads_ < std::max(2, cores())) {
      std::thread([this] { serve(); }).detach();
      ++threads_;
    }
    wake_.notify_one();
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      wake_.wait(lock, [&] { return !waiting_.empty(); });
      --idle_;
      std::function<void()> work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  int threads_ = 0, idle_ = 0;
};

}  // namespace

int cores() {
  static const int count = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }();
  return count;
}

void parallel(int64_t tasks, int threads, const job* control, const std::function<void(int64_t, int)>& body) {
  if (tasks <= 0) return;
  const int helpers = static_cast<int>(std::min<int64_t>(threads, tasks)) - 1;
  if (helpers <= 0) {
    for (int64_t task = 0; task < tasks; ++task) {
      if (control) control->check();
      body(task, 0);
    }
    return;
  }
  region r{};
  r.tasks = tasks;
  r.control = control;
  r.body = &body;
  pool::shared().run(r, helpers);
}

void run_later(std::function<void()> work) { queue::shared().push(std::move(work)); }

}  // namespace warpweft::cpu
