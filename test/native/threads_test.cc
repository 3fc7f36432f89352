// The pool: every task once, failures and cancellation come out, callers of all kinds at once.
#include "cpu/threads.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/job.h"
#include "harness.h"

namespace {

using warpweft::coded_error;
using warpweft::job;
using warpweft::cpu::parallel;
using warpweft::cpu::run_later;

using counts = std::vector<std::atomic<int>>;

int64_t sum_of_squares(int64_t n) { return (n - 1) * n * (2 * n - 1) / 6; }

// Waits until `done` says so; a test that would hang fails instead.
template <class Done>
bool eventually(const Done& done) {
  for (int ms = 0; ms < 20000; ++ms) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace

TEST("parallel runs every task once, whatever the number of threads") {
  for (const int threads : {1, 2, 3, 7, 32})
    for (const int64_t tasks : {0, 1, 2, 6, 7, 8, 1000}) {
      counts ran(static_cast<size_t>(tasks) + 1);
      parallel(tasks, threads, nullptr, [&](int64_t task, int) { ++ran[static_cast<size_t>(task)]; });
      for (int64_t task = 0; task < tasks; ++task)
        CHECK_EQ(ran[static_cast<size_t>(task)].load(), 1, "task ", task, " of ", tasks, ", threads ", threads);
    }
}

TEST("a worker's number is below the number of threads, and one thread at a time has it") {
  for (const int threads : {1, 2, 7}) {
    counts inside(static_cast<size_t>(threads));
    std::atomic<int> outside{0}, shared{0};
    for (int round = 0; round < 200; ++round)
      parallel(40, threads, nullptr, [&](int64_t, int worker) {
        if (worker < 0 || worker >= threads) {
          ++outside;
          return;
        }
        if (inside[static_cast<size_t>(worker)].fetch_add(1) != 0) ++shared;
        if (round % 20 == 0) std::this_thread::yield();
        --inside[static_cast<size_t>(worker)];
      });
    CHECK_EQ(outside.load(), 0, "threads ", threads);
    CHECK_EQ(shared.load(), 0, "threads ", threads);
  }
}

TEST("one thread means the caller alone, in order") {
  const std::thread::id caller = std::this_thread::get_id();
  int64_t next = 0;
  bool elsewhere = false;
  parallel(50, 1, nullptr, [&](int64_t task, int worker) {
    elsewhere |= std::this_thread::get_id() != caller || worker != 0;
    CHECK_EQ(task, next);
    ++next;
  });
  CHECK(!elsewhere, "worker 0 is the caller");
  CHECK_EQ(next, int64_t{50});
}

TEST("what a task throws reaches the caller, and the pool goes on") {
  for (const int threads : {1, 2, 7})
    for (const int64_t bad : {0, 17, 99}) {
      std::string caught;
      try {
        parallel(100, threads, nullptr, [&](int64_t task, int) {
          if (task == bad) throw std::runtime_error("task " + std::to_string(task));
        });
      } catch (const std::runtime_error& e) {
        caught = e.what();
      }
      CHECK_EQ(caught, "task " + std::to_string(bad), "threads ", threads);
      std::atomic<int> ran{0};
      parallel(100, threads, nullptr, [&](int64_t, int) { ++ran; });
      CHECK_EQ(ran.load(), 100, "after a failure, threads ", threads);
    }
}

TEST("when every task throws, one failure comes out") {
  for (const int threads : {2, 7})
    for (int round = 0; round < 50; ++round) {
      int caught = 0;
      try {
        parallel(64, threads, nullptr, [](int64_t, int) { throw std::runtime_error("each"); });
      } catch (const std::runtime_error&) {
        ++caught;
      }
      CHECK_EQ(caught, 1, "threads ", threads);
    }
}

TEST("a cancelled job stops and says ERR_ABORTED") {
  for (const int threads : {1, 2, 7}) {
    job control;
    std::atomic<int> ran{0};
    std::string code;
    try {
      parallel(10000, threads, &control, [&](int64_t task, int) {
        ++ran;
        if (task == 20) control.cancel();
      });
    } catch (const coded_error& e) {
      code = e.code;
    }
    CHECK_EQ(code, "ERR_ABORTED", "threads ", threads);
    CHECK(ran.load() < 10000, ran.load(), " tasks ran, threads ", threads);
  }
}

TEST("a job that was cancelled before runs nothing") {
  job control;
  control.cancel();
  for (const int threads : {1, 7}) {
    std::atomic<int> ran{0};
    try {
      parallel(100, threads, &control, [&](int64_t, int) { ++ran; });
      CHECK(false, "no error, threads ", threads);
    } catch (const coded_error& e) {
      CHECK_EQ(std::string(e.code), "ERR_ABORTED");
    }
    CHECK_EQ(ran.load(), 0, "threads ", threads);
  }
}

TEST("tasks may call parallel themselves") {
  for (const int threads : {2, 7}) {
    std::atomic<int64_t> sum{0};
    parallel(20, threads, nullptr, [&](int64_t outer, int) {
      parallel(30, threads, nullptr,
               [&](int64_t inner, int) { parallel(3, threads, nullptr, [&](int64_t, int) { sum += outer * 30 + inner; }); });
    });
    CHECK_EQ(sum.load(), int64_t{3} * 600 * 599 / 2, "threads ", threads);
  }
}

TEST("several callers at once each get all of their own tasks") {
  constexpr int callers = 5, rounds = 100;
  constexpr int64_t tasks = 60;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0}, failures{0};
  for (int caller = 0; caller < callers; ++caller)
    threads.emplace_back([&, caller] {
      for (int round = 0; round < rounds; ++round) {
        std::atomic<int64_t> sum{0};
        const bool throws = (round + caller) % 10 == 0;
        try {
          parallel(tasks, 2 + caller, nullptr, [&](int64_t task, int) {
            sum += task * task;
            if (throws && task == tasks - 1) throw std::runtime_error("last");
          });
        } catch (const std::runtime_error&) {
          ++failures;
        }
        if (sum != sum_of_squares(tasks)) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(wrong.load(), 0);
  CHECK_EQ(failures.load(), callers * rounds / 10);
}

TEST("what a task wrote is seen by the caller") {
  std::vector<int64_t> out(257);
  for (int round = 0; round < 200; ++round) {
    parallel(static_cast<int64_t>(out.size()), 7, nullptr, [&](int64_t task, int) { out[static_cast<size_t>(task)] = task + round; });
    for (size_t i = 0; i < out.size(); ++i) CHECK_EQ(out[i], static_cast<int64_t>(i) + round);
  }
}

TEST("run_later runs everything, off the caller, also what uses the pool") {
  constexpr int works = 200;
  std::atomic<int> ran{0}, on_caller{0};
  std::atomic<int64_t> sum{0};
  const std::thread::id caller = std::this_thread::get_id();
  for (int i = 0; i < works; ++i)
    run_later([&] {
      if (std::this_thread::get_id() == caller) ++on_caller;
      parallel(10, 3, nullptr, [&](int64_t task, int) { sum += task; });
      ++ran;
    });
  CHECK(eventually([&] { return ran == works; }), ran.load(), " of ", works, " ran");
  CHECK_EQ(on_caller.load(), 0);
  CHECK_EQ(sum.load(), int64_t{45} * works);
}

TEST("run_later runs two at once, so that one that waits does not hold up the next") {
  std::mutex mutex;
  std::condition_variable changed;
  bool opened = false;
  std::atomic<int> finished{0};
  run_later([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return opened; });
    ++finished;
  });
  run_later([&] {
    const std::lock_guard lock(mutex);
    opened = true;
    changed.notify_all();
    ++finished;
  });
  CHECK(eventually([&] { return finished == 2; }), finished.load(), " of 2 finished");
}

TEST("a job counts its sweeps as equal shares") {
  struct seen : job {
    std::vector<std::pair<int64_t, int64_t>> reports;
    void report(int64_t done, int64_t total) override { reports.emplace_back(done, total); }
  } control;
  control.plan(2);
  for (int sweep = 0; sweep < 2; ++sweep) {
    control.begin_sweep();
    for (int64_t part = 1; part <= 4; ++part) control.advance(part, 4);
  }
  CHECK_EQ(control.reports.size(), size_t{8});
  for (size_t i = 0; i < control.reports.size(); ++i) {
    CHECK_EQ(control.reports[i].second, control.reports.back().first, i);
    CHECK_EQ(control.reports[i].first * 8, control.reports[i].second * static_cast<int64_t>(i + 1), i);
  }
}
