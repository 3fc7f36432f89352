#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/order.h"
#include "distance/distance.h"
#include "distance/gpu.h"
#include "distance/operands.h"

namespace warpweft::distance {
namespace {

// What the sweep's folds share. Counts are whole numbers, so the order in which panels are added does not matter.
struct tally {
  histogram_context of;  // first, so that strips find theirs
  int64_t classes;
  double* counts;
  std::mutex* lock;
  int64_t width() const { return of.bins + 1; }
  // A panel's counters are 32 bits: they would overflow beyond 2³²/panel_lanes rows, which no square of pairs reaches in years.
  int64_t counters() const { return 2 * of.slots * width(); }
};

const tally& tally_of(const void* context) { return *static_cast<const tally*>(context); }

void zero(const void* context, void* state, int64_t, int) {
  std::memset(state, 0, static_cast<size_t>(tally_of(context).counters()) * sizeof(uint32_t));
}

void join(const void* context, void* into, const void* from) {
  for (int64_t i = 0; i < tally_of(context).counters(); ++i) static_cast<uint32_t*>(into)[i] += static_cast<const uint32_t*>(from)[i];
}

void done(const void* context, void* state, int64_t lane0, int lanes) {
  const tally& t = tally_of(context);
  const int64_t first = t.of.lane_class[lane0], found = t.of.lane_class[lane0 + lanes - 1] - first + 1;
  const std::lock_guard hold(*t.lock);
  for (int64_t part = 0; part < 2; ++part) {
    const uint32_t* from = static_cast<const uint32_t*>(state) + part * t.of.slots * t.width();
    double* to = t.counts + (part * t.classes + first) * t.width();
    for (int64_t i = 0; i < found * t.width(); ++i) to[i] += from[i];
  }
}

// Number of each lane's label among all labels, and where each begins.
struct numbering {
  std::vector<int32_t> of;
  std::vector<int64_t> begin;

  numbering(const std::vector<int32_t>& order, const int32_t* labels) {
    for (size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || labels[order[i]] != labels[order[i - 1]]) begin.push_back(static_cast<int64_t>(i));
      of.push_back(static_cast<int32_t>(begin.size()) - 1);
    }
    begin.push_back(static_cast<int64_t>(order.size()));
  }
  // The most that one panel meets.
  int64_t most_in(int lanes) const {
    int64_t most = 0;
    for (size_t first = 0; first < of.size(); first += static_cast<size_t>(lanes)) {
      const size_t last = std::min(first + static_cast<size_t>(lanes), of.size()) - 1;
      most = std::max<int64_t>(most, of[last] - of[first] + 1);
    }
    return most;
  }
};

}  // namespace

void histogram(const histogram_params& p, const call_options& how) {
  const std::vector<int32_t> order = sorted_by_label(p.labels, p.pair.x.rows);
  const numbering classes(order, p.labels);
  if (static_cast<int64_t>(classes.begin.size()) - 1 != p.classes)
    throw coded_error("ERR_ARGUMENT", "histogram: classes must be the number of different labels");
  const float scale = static_cast<float>(static_cast<double>(p.bins) / (p.high - p.low));
  if (how.on) {
    std::vector<int32_t> of_rows(order.size());
    for (size_t i = 0; i < order.size(); ++i) of_rows[order[i]] = classes.of[i];
    return on_gpu::histogram(p, of_rows.data(), scale, how);
  }
  const operands both(p.pair, {order.data(), order.data(), false, how.threads, how.control});
  const score_context scalars = both.lanes_x();
  std::mutex lock;
  const tally t{{classes.of.data(), classes.begin.data(), classes.most_in(both.kern().lanes), p.bins, static_cast<float>(p.low), scale},
                p.classes,
                p.counts,
                &lock};
  std::fill(p.counts, p.counts + 2 * p.classes * t.width(), 0.0);
  cpu::sweep work;
  work.kern = &both.kern();
  work.lanes = both.x_dots();
  work.rows = both.y_dots();
  work.score = both.stage(scalars);
  work.fold = {&t, t.counters() * static_cast<int64_t>(sizeof(uint32_t)), zero, strips_in_use().histogram, join, done, false};
  work.threads = how.threads;
  work.control = how.control;
  cpu::run(work);
}

}  // namespace warpweft::distance
