// Runs a launch: blocks in an order drawn at random, spread over threads. A block that seems to wait for another one is set aside, so that
// kernels whose blocks wait for each other come to their end.
#include "ptxvm/run.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace ptxvm {
namespace {

constexpr uint64_t slice = 1 << 16;    // instructions of a block before it is looked at
constexpr int most_slices = 16;        // that a block may have in a row
constexpr size_t most_resident = 256;  // blocks that a thread has begun and not ended

struct shared_work {
  const launch& of;
  std::vector<uint32_t> order;
  std::atomic<size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex guard;
  meter counts;
  bool failed = false;
  uint64_t failed_block = 0;
  fault failure{};
  std::exception_ptr other;

  explicit shared_work(const launch& work) : of(work) {}
};

// Instructions that a thread which only waits for somebody does not execute.
uint64_t progress(const block_state& b) {
  uint64_t sum = 0;
  for (const work w : {work::store, work::float32, work::float64, work::half, work::tensor, work::copy, work::barrier, work::shuffle})
    sum += b.counts.warp_instructions[static_cast<int>(w)];
  return sum;
}

class worker {
 public:
  explicit worker(shared_work& all) : all_(all) {}

  void run() {
    while (!all_.stop.load(std::memory_order_relaxed)) {
      if (wants_another()) begin_another();
      if (resident_.empty()) return;
      std::unique_ptr<block_state> b = std::move(resident_.front());
      resident_.pop_front();
      if (run_for_a_while(*b)) {
        counts_.add(b->counts);
        spare_.push_back(std::move(b));
      } else {
        resident_.push_back(std::move(b));
        set_aside_ = true;
      }
    }
  }

  const meter& counts() const { return counts_; }

 private:
  bool wants_another() const { return resident_.empty() || (set_aside_ && resident_.size() < most_resident); }

  void begin_another() {
    const size_t i = all_.next.fetch_add(1, std::memory_order_relaxed);
    if (i >= all_.order.size()) return;
    std::unique_ptr<block_state> b;
    if (spare_.empty()) {
      b = std::make_unique<block_state>(all_.of);
    } else {
      b = std::move(spare_.back());
      spare_.pop_back();
    }
    start_block(*b, all_.order[i]);
    resident_.push_front(std::move(b));
    set_aside_ = false;
  }

  // True when the block has ended.
  bool run_for_a_while(block_state& b) try {
    for (int i = 0; i < most_slices; ++i) {
      const uint64_t before = progress(b);
      if (run_block(b, slice)) return true;
      if (progress(b) == before || all_.stop.load(std::memory_order_relaxed)) return false;
    }
    return false;
  } catch (const fault& f) {
    counts_.add(b.counts);
    const std::lock_guard lock(all_.guard);
    if (!all_.failed || b.number < all_.failed_block) {
      all_.failed = true;
      all_.failed_block = b.number;
      all_.failure = f;
    }
    all_.stop.store(true, std::memory_order_relaxed);
    return false;
  }

  shared_work& all_;
  std::deque<std::unique_ptr<block_state>> resident_;
  std::vector<std::unique_ptr<block_state>> spare_;
  bool set_aside_ = false;
  meter counts_;
};

void serve(shared_work& all) try {
  worker mine(all);
  mine.run();
  const std::lock_guard lock(all.guard);
  all.counts.add(mine.counts());
} catch (...) {
  const std::lock_guard lock(all.guard);
  all.other = std::current_exception();
  all.stop.store(true, std::memory_order_relaxed);
}

}  // namespace

void run(const launch& work, meter& counts) {
  shared_work all(work);
  all.order.resize(work.grid.count());
  std::iota(all.order.begin(), all.order.end(), 0u);
  uint64_t random = work.how.seed;
  for (size_t i = all.order.size(); i > 1; --i) std::swap(all.order[i - 1], all.order[next_random(random) % i]);

  const size_t wanted = work.how.threads > 0 ? static_cast<size_t>(work.how.threads) : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(wanted, all.order.size()); ++i) try {
      others.emplace_back(serve, std::ref(all));
    } catch (const std::system_error&) {
      break;  // fewer will do
    }
  serve(all);
  for (std::thread& t : others) t.join();
  counts.add(all.counts);
  if (all.other) std::rethrow_exception(all.other);
  if (all.failed) throw all.failure;
}

}  // namespace ptxvm
