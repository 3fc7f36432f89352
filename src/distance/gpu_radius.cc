// Pairs within a radius on a GPU, a chunk of rows at a time: so device memory follows the pairs of a chunk, and what was found goes to
// the host before the next. Counting, and making room where a chunk has more pairs than there is room for, waits for the device.
#include <algorithm>
#include <numeric>
#include <vector>

#include "distance/found_pairs.h"
#include "distance/gpu.h"
#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

constexpr int64_t most_rows = 16384;     // of a chunk
constexpr int64_t first_room = 1 << 16;  // candidates
constexpr int64_t most_room = 1 << 20;   // unless one tile of rows has more

class finder {
 public:
  finder(const radius_params& p, gpu::device& on) : p_(p), on_(on), both_(on, p.pair, false) {
    const radius_keys keys = keys_of(p.pair.metric, p.radius);
    launch_.pair = both_.pair();
    launch_.kind = fold_kind::radius;
    launch_.radius.candidate = keys.candidate;
    launch_.radius.farthest = keys.farthest;
    launch_.radius.exclude_self = p.exclude_self ? 1 : 0;
    launch_.larger = larger_is_closer(p.pair.metric) ? 1 : 0;
  }

  void run(job* control) {
    const int64_t n = p_.pair.x.rows;
    int64_t rows = std::min(n, most_rows);
    make_room(std::min(first_room, rows * p_.pair.y.rows));
    for (int64_t first = 0; first < n;) {
      if (control) control->check();
      rows = std::min(rows, n - first);
      const int64_t met = sweep(first, rows);
      if (met > launch_.radius.room) {
        if (met > most_room && rows > device::tile_rows)
          rows = std::max<int64_t>(1, rows * most_room / met / device::tile_rows) * device::tile_rows;
        else
          make_room(met);
        continue;
      }
      const int64_t within = std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
      total_ += within;
      if (total_ <= p_.max_pairs) fetch(first, rows, within);
      first += rows;
      if (control) control->advance(first, n);
    }
  }
  int64_t total() const { return total_; }

 private:
  gpu::extent3 striding(int64_t threads) const {
    return {static_cast<uint32_t>(std::clamp<int64_t>(up(threads, device::row_threads), 1, 2 * wanted_blocks)), 1, 1};
  }

  void make_room(int64_t room) {
    candidates_.reset();
    owners_.reset();
    candidates_ = on_.allocate(static_cast<size_t>(room) * sizeof(entry));
    owners_ = on_.allocate(static_cast<size_t>(room) * 4);
    launch_.radius.candidates = candidates_.as<uint64_t>();
    launch_.radius.owners = owners_.as<int32_t>();
    launch_.radius.room = room;
  }

  // Returns how many candidates were met; counts_ then has those within of each row, unless there was no room for them all.
  int64_t sweep(int64_t first, int64_t rows) {
    const splits cut(rows, p_.pair.y.rows, p_.pair.y.rows + 1);
    const size_t bytes = sizeof(uint64_t) + static_cast<size_t>(rows) * 4;
    if (counters_.bytes() < bytes) {
      counters_.reset();
      counters_ = on_.allocate(bytes);
    }
    gpu::fill_zero(on_, counters_.address(), bytes);
    launch_.rows = {first, first + rows};
    launch_.pair.split_columns = cut.columns;
    launch_.radius.met = counters_.as<uint64_t>();
    launch_.radius.counts = reinterpret_cast<int32_t*>(launch_.radius.met + 1);
    gpu::launch(on_, kernel_of(on_, both_.entry("distance_fold")), cut.grid(rows), tile_block, device::tile_bytes, launch_);
    gpu::launch(on_, kernel_of(on_, both_.entry("distance_radius_look")), striding(launch_.radius.room * 32), row_block, 0, launch_);
    std::vector<char> host(bytes);
    gpu::copy_out(on_, host.data(), counters_.address(), bytes);
    uint64_t met;
    std::copy_n(host.data(), sizeof(met), reinterpret_cast<char*>(&met));
    counts_.resize(static_cast<size_t>(rows));
    std::copy(host.begin() + sizeof(met), host.end(), reinterpret_cast<char*>(counts_.data()));
    return static_cast<int64_t>(met);
  }

  // Rows' pairs in order, from the device to where the caller finds them.
  void fetch(int64_t first, int64_t rows, int64_t within) {
    std::vector<entry> host(static_cast<size_t>(within));
    if (within > 0) {
      std::vector<int64_t> begins(static_cast<size_t>(rows) + 1);
      std::partial_sum(counts_.begin(), counts_.end(), begins.begin() + 1, [](int64_t sum, int64_t count) { return sum + count; });
      const gpu::buffer offsets = gpu::uploaded(on_, begins.data(), rows + 1), sorted = on_.allocate(host.size() * sizeof(entry));
      launch_.radius.offsets = offsets.as<int64_t>();
      launch_.radius.sorted = sorted.as<uint64_t>();
      gpu::launch(on_, kernel_of(on_, "distance_radius_place"), striding(launch_.radius.room), row_block, 0, launch_);
      gpu::launch(on_, kernel_of(on_, "distance_radius_sort"), blocks_of_warps(rows), row_block, 0, launch_);
      gpu::copy_out(on_, host.data(), sorted.address(), host.size() * sizeof(entry));
    }
    p_.found->close(first, rows, counts_.data(), host.data());
  }

  const radius_params& p_;
  gpu::device& on_;
  const operands both_;
  fold_launch launch_{};
  gpu::buffer candidates_, owners_, counters_;
  std::vector<int32_t> counts_;
  int64_t total_ = 0;
};

}  // namespace

void radius(const radius_params& p, const call_options& how) {
  const gpu::step one(how.control);
  p.found->open(p.pair.x.rows, device::tile_rows, larger_is_closer(p.pair.metric));
  finder work(p, *how.on);
  work.run(how.control);
  check_pairs(work.total(), p.max_pairs);
  p.found->finish();
}

}  // namespace warpweft::distance::on_gpu
