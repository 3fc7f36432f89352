#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>
#include <string>

#include "cpu/threads.h"
#include "distance/distance.h"
#include "distance/found_pairs.h"
#include "distance/gpu.h"
#include "distance/operands.h"

namespace warpweft::distance {

void found_pairs::open(int64_t rows, int64_t block_rows, bool larger) {
  offsets_.assign(static_cast<size_t>(rows) + 1, 0);
  blocks_.clear();
  blocks_.resize(static_cast<size_t>((rows + block_rows - 1) / block_rows));
  block_rows_ = block_rows;
  larger_ = larger;
}

void found_pairs::close(int64_t first, int64_t rows, std::vector<entry>* lists) {
  size_t total = 0;
  for (int64_t i = 0; i < rows; ++i) total += lists[i].size();
  std::unique_ptr<entry[]>& block = blocks_[static_cast<size_t>(first / block_rows_)];
  block.reset(new entry[total]);
  entry* at = block.get();
  for (int64_t i = 0; i < rows; ++i) {
    offsets_[static_cast<size_t>(first + i) + 1] = static_cast<int32_t>(lists[i].size());
    sort_entries(lists[i].data(), static_cast<int64_t>(lists[i].size()));
    at = std::copy(lists[i].begin(), lists[i].end(), at);
  }
}

void found_pairs::close(int64_t first, int64_t rows, const int32_t* counts, const entry* sorted) {
  for (int64_t begin = 0; begin < rows; begin += block_rows_) {
    const int64_t end = std::min(begin + block_rows_, rows), total = std::accumulate(counts + begin, counts + end, int64_t{0});
    std::unique_ptr<entry[]>& block = blocks_[static_cast<size_t>((first + begin) / block_rows_)];
    block.reset(new entry[static_cast<size_t>(total)]);
    std::copy(sorted, sorted + total, block.get());
    std::copy(counts + begin, counts + end, offsets_.data() + first + begin + 1);
    sorted += total;
  }
}

void found_pairs::finish() {
  for (size_t i = 1; i < offsets_.size(); ++i) offsets_[i] += offsets_[i - 1];
}

void found_pairs::copy_block(int64_t block, int32_t* indices, float* values) const {
  const int64_t first = block * block_rows_, last = std::min(first + block_rows_, rows());
  const int64_t from = offsets_[static_cast<size_t>(first)], to = offsets_[static_cast<size_t>(last)];
  const entry* entries = blocks_[static_cast<size_t>(block)].get();
  for (int64_t i = from; i < to; ++i) {
    indices[i] = row_of(entries[i - from]);
    values[i] = value_of(entries[i - from], larger_);
  }
}

namespace {

// Gathers the pairs of each panel, and of each range of rows where a panel is met in several at once.
class gathering : public radius_sink {
 public:
  gathering(found_pairs& into, int lanes, int64_t most) : into_(into), lanes_(lanes), most_(most) {}

  void* take(void* found, int lane, const entry* list, int count) override {
    if (found_.fetch_add(count, std::memory_order_relaxed) + count > most_) return found;
    lists* to = found ? static_cast<lists*>(found) : open();
    std::vector<entry>& of = (*to)[static_cast<size_t>(lane)];
    of.insert(of.end(), list, list + count);
    return to;
  }

  void* join(void* into, void* from) override {
    if (!from || !into) return into ? into : from;
    for (size_t l = 0; l < static_cast<size_t>(lanes_); ++l) {
      std::vector<entry>&to = (*static_cast<lists*>(into))[l], &of = (*static_cast<lists*>(from))[l];
      to.insert(to.end(), of.begin(), of.end());
    }
    release(static_cast<lists*>(from));
    return into;
  }

  void close(void* found, int64_t lane0, int lanes) override {
    if (!found) return;
    if (total() <= most_) into_.close(lane0, lanes, static_cast<lists*>(found)->data());
    release(static_cast<lists*>(found));
  }

  int64_t total() const { return found_.load(std::memory_order_relaxed); }

 private:
  using lists = std::vector<std::vector<entry>>;

  lists* open() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
      all_.push_back(std::make_unique<lists>(static_cast<size_t>(lanes_)));
      idle_.push_back(all_.back().get());
    }
    lists* opened = idle_.back();
    idle_.pop_back();
    return opened;
  }
  // Keeps the lists and gives their memory back.
  void release(lists* done) {
    for (std::vector<entry>& of : *done) std::vector<entry>().swap(of);
    const std::lock_guard lock(mutex_);
    idle_.push_back(done);
  }

  found_pairs& into_;
  const int lanes_;
  const int64_t most_;
  std::atomic<int64_t> found_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<lists>> all_;
  std::vector<lists*> idle_;
};

// The farthest key that a sweep may give to a pair whose key is `within`. Between near and far, squared distances are promised to 5e-4;
// near 0 a cosine's float64 rounding is all there is. exp(−γ d²) is raised to the power that d² may be off by.
float widened(metric_id metric, float within) {
  constexpr double relative = 1e-3, absolute = 1e-12, rounding = 1e-6;
  const double key = within;
  if (traits_of(metric).safety == exact::none || !std::isfinite(key)) return within;
  if (metric == metric_id::gaussian && key < 0) return static_cast<float>(-std::pow(-key, 1 + relative) * (1 - rounding));
  return static_cast<float>(key + relative * std::fabs(key) + absolute);
}

}  // namespace

radius_keys keys_of(metric_id metric, float radius) {
  const float within = larger_is_closer(metric) ? -radius : radius;
  return {within, widened(metric, within)};
}

void check_pairs(int64_t total, int64_t most) {
  if (total <= most) return;
  throw coded_error("ERR_MEMORY", "radius: maxPairs must be at least " + std::to_string(total) +
                                      ", the number of pairs within the radius, got " + std::to_string(most));
}

void radius(const radius_params& p, const call_options& how) {
  if (how.on) return on_gpu::radius(p, how);
  const metric_id metric = p.pair.metric;
  const operands both(p.pair, plain(how));
  radius_context c{};
  c.larger = larger_is_closer(metric);
  c.exclude_self = p.exclude_self;
  c.scalars = both.lanes_x();
  const radius_keys keys = keys_of(metric, p.radius);
  c.farthest = keys.farthest;
  c.candidate = keys.candidate;
  p.found->open(both.x().of.rows, both.kern().lanes, c.larger);
  gathering sink(*p.found, both.kern().lanes, p.max_pairs);
  c.sink = &sink;
  cpu::sweep work;
  work.kern = &both.kern();
  work.lanes = both.x_dots();
  work.rows = both.y_dots();
  work.packed_rows = both.packed_rows();
  work.score = both.stage(c.scalars);
  work.threads = how.threads;
  work.control = how.control;
  work.fold = strips_in_use().radius;
  work.fold.context = &c;
  work.fold.block_bytes = 6 << 20;
  cpu::run(work);
  check_pairs(sink.total(), p.max_pairs);
  p.found->finish();
}

void take_pairs(const take_pairs_params& p, const call_options& how) {
  cpu::parallel(p.found->blocks(), how.threads, how.control, [&](int64_t block, int) { p.found->copy_block(block, p.indices, p.values); });
  if (how.control) how.control->complete();
}

}  // namespace warpweft::distance
