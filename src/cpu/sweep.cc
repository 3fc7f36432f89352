#include "cpu/sweep.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "cpu/buffer.h"
#include "cpu/plan.h"
#include "cpu/threads.h"
#include "cpu/turned.h"

namespace warpweft::cpu {
namespace {

class runner {
 public:
  explicit runner(const sweep& work)
      : work_(work), kern_(*work.kern), sums_(work.sums ? *work.sums : kern_), columns_(work.rows.of.columns),
        depth_(kern_.depth(columns_)), first_lanes_(work.first_lanes ? work.first_lanes : kern_.lanes),
        plan_(make_plan(kern_, work.lanes.of.rows + kern_.lanes - first_lanes_, work.rows.of.rows, columns_,
                        {work.dots, work.transposed ? sums_.rows_a_word : 0, work.fold.whole, work.fold.stores, work.fold.state_bytes,
                         work.fold.block_bytes, up_to_multiple(work.row_fold.state_bytes, 64), work.turned.step != nullptr})),
        turned_(work, plan_) {
    const int64_t panels = std::min(plan_.panels, plan_.panels_a_block);
    if (has_lanes()) lane_block_.resize(panels * kern_.lanes * depth_);
    if (work.dots && !work.packed_rows) row_block_.resize(plan_.rows_a_block * depth_);
    if (work.transposed) t_block_.resize(plan_.rows_a_block / sums_.rows_a_word * up_to_multiple(columns_, kern_.rows));
    state_bytes_ = up_to_multiple(work.fold.state_bytes, 64);
    states_.resize(panels * plan_.ranges * state_bytes_);
    strips_.resize(work.threads * strip_size());
    if (!work.row_fold.step) return;
    row_bytes_ = up_to_multiple(work.row_fold.state_bytes, 64);
    row_states_.resize(groups(panels) * strips(plan_.rows_a_block) * row_bytes_);
    row_totals_.resize(strips(work.rows.of.rows) * row_bytes_);
  }

  void run() {
    if (work_.control) work_.control->begin_sweep();
    each_strip(work_.row_fold.zero);
    const int64_t row_blocks = std::max<int64_t>(1, (work_.rows.of.rows + plan_.rows_a_block - 1) / plan_.rows_a_block);
    const int64_t lane_blocks = (plan_.panels + plan_.panels_a_block - 1) / std::max<int64_t>(1, plan_.panels_a_block);
    for (int64_t p0 = 0; p0 < plan_.panels; p0 += plan_.panels_a_block) {
      const int64_t panels = std::min(plan_.panels_a_block, plan_.panels - p0);
      open(p0, panels);
      for (int64_t block = 0; block < row_blocks; ++block) {
        meet(p0, panels, block * plan_.rows_a_block);
        if (work_.control) work_.control->advance(p0 / plan_.panels_a_block * row_blocks + block + 1, lane_blocks * row_blocks);
      }
      close(p0, panels);
    }
    each_strip(work_.row_fold.done);
  }

 private:
  bool has_lanes() const { return work_.dots || work_.lanes_packed; }
  int64_t strip_size() const { return plan_.rows_a_strip * kern_.lanes; }
  char* state(int64_t panel, int64_t range) const { return states_.data() + (panel * plan_.ranges + range) * state_bytes_; }
  int64_t groups(int64_t panels) const { return (panels + plan_.panels_a_task - 1) / plan_.panels_a_task; }
  int64_t strips(int64_t rows) const { return (rows + plan_.rows_a_strip - 1) / plan_.rows_a_strip; }
  char* row_state(int64_t group, int64_t strip) const {
    return row_states_.data() + (group * strips(plan_.rows_a_block) + strip) * row_bytes_;
  }
  char* row_total(int64_t strip) const { return row_totals_.data() + strip * row_bytes_; }
  int64_t lane0(int64_t panel) const { return panel == 0 ? 0 : first_lanes_ + (panel - 1) * kern_.lanes; }
  int lanes(int64_t panel) const {
    return static_cast<int>(std::min<int64_t>(panel == 0 ? first_lanes_ : kern_.lanes, work_.lanes.of.rows - lane0(panel)));
  }

  // Waking a thread costs some ten microseconds, so little work stays where it is; the result is the same.
  int threads() const {
    constexpr double worth_waking = 1 << 21;  // multiply-adds
    const double work = static_cast<double>(work_.lanes.of.rows) * static_cast<double>(work_.rows.of.rows) * static_cast<double>(depth_);
    return work < worth_waking ? 1 : work_.threads;
  }
  void parallel_tasks(int64_t tasks, const std::function<void(int64_t, int)>& body) const {
    parallel(tasks, threads(), work_.control, body);
  }

  // Packs a block of lanes and empties its states.
  void open(int64_t p0, int64_t panels) const {
    parallel_tasks(panels, [&](int64_t p, int) {
      if (has_lanes()) kern_.pack_lanes(work_.lanes, lane0(p0 + p), lane_block_.data() + p * kern_.lanes * depth_);
      if (work_.turned.step) turned_.open(p, lane0(p0 + p), lanes(p0 + p));
      if (work_.fold.zero)
        for (int64_t r = 0; r < plan_.ranges; ++r) work_.fold.zero(work_.fold.context, state(p, r), lane0(p0 + p), lanes(p0 + p));
    });
  }

  // Packs rows [row0, row0 + rows_a_block) and lets every panel of the block meet them.
  void meet(int64_t p0, int64_t panels, int64_t row0) const {
    const int64_t rows = std::min(plan_.rows_a_block, work_.rows.of.rows - row0);
    if (rows <= 0 || !wanted(p0, panels, row0, rows)) return;
    const int64_t strips = this->strips(rows);
    if (!work_.packed_rows || work_.transposed) parallel_tasks(strips, [&](int64_t i, int) { pack(row0, rows, i * plan_.rows_a_strip); });
    parallel_tasks(groups(panels) * plan_.ranges, [&](int64_t task, int worker) {
      const int64_t group = task / plan_.ranges, first = group * plan_.panels_a_task, range = task % plan_.ranges;
      const int64_t last = std::min(first + plan_.panels_a_task, panels);
      const int64_t from = strips * range / plan_.ranges * plan_.rows_a_strip;
      const int64_t to = std::min(rows, strips * (range + 1) / plan_.ranges * plan_.rows_a_strip);
      if (work_.row_fold.step)
        for (int64_t at = from; at < to; at += plan_.rows_a_strip) zero_rows(group, row0, at, to);
      for (int64_t at = from; at < to; at += plan_.rows_a_strip) {
        if (work_.control) work_.control->check();
        const int64_t stop = std::min(to, at + plan_.rows_a_strip);
        for (int64_t p = first; p < last; ++p) fold_strip(p0, p, range, row0, at, stop, worker);
      }
      if (work_.fold.stores) hwy::FlushStream();  // what was stored past the caches is there before the caller hears of it
    });
    if (work_.row_fold.step) parallel_tasks(strips, [&](int64_t i, int) { join_rows(groups(panels), row0, i); });
    if (work_.turned.step) meet_turned(p0, panels, row0, rows);
  }

  void meet_turned(int64_t p0, int64_t panels, int64_t row0, int64_t rows) const {
    const int64_t first = lane0(p0), valid = std::min(panels * kern_.lanes, work_.lanes.of.rows - first);
    parallel_tasks(turned_.tasks(rows), [&](int64_t i, int worker) {
      if (work_.control) work_.control->check();
      turned_.meet(i, first, valid, row0, rows, worker);
    });
  }

  void zero_rows(int64_t group, int64_t row0, int64_t at, int64_t to) const {
    const int rows = static_cast<int>(std::min(plan_.rows_a_strip, to - at));
    work_.row_fold.zero(work_.row_fold.context, row_state(group, at / plan_.rows_a_strip), row0 + at, rows);
  }

  // Strip i of the block from all tasks, in their order.
  void join_rows(int64_t groups, int64_t row0, int64_t i) const {
    char* const total = row_total(row0 / plan_.rows_a_strip + i);
    for (int64_t g = 0; g < groups; ++g) work_.row_fold.join(work_.row_fold.context, total, row_state(g, i));
  }

  // zero or done over all rows.
  void each_strip(void (*verb)(const void* context, void* state, int64_t row0, int rows)) const {
    if (!work_.row_fold.step) return;
    const int64_t rows = work_.rows.of.rows;
    parallel_tasks(strips(rows), [&](int64_t i, int) {
      const int64_t row0 = i * plan_.rows_a_strip;
      verb(work_.row_fold.context, row_total(i), row0, static_cast<int>(std::min(plan_.rows_a_strip, rows - row0)));
    });
  }

  bool wanted(int64_t p0, int64_t panels, int64_t row0, int64_t rows) const {
    if (work_.half) return lane0(p0) < row0 + rows;
    if (!work_.begin) return true;
    for (int64_t p = p0; p < p0 + panels; ++p)
      if (work_.begin[p] < row0 + rows && work_.end[p] > row0) return true;
    return false;
  }

  // One strip's rows of the block, from offset `at`.
  void pack(int64_t row0, int64_t rows, int64_t at) const {
    const int64_t count = std::min(plan_.rows_a_strip, rows - at);
    if (work_.dots && !work_.packed_rows)
      for (int64_t r = at; r < at + count; r += kern_.rows) kern_.pack_rows(work_.rows, row0 + r, row_block_.data() + r * depth_);
    if (work_.transposed)
      sums_.pack_columns(work_.transposed_rows ? *work_.transposed_rows : work_.rows, row0 + at, count, transposed_from(at), t_stride());
  }
  float* transposed_from(int64_t at) const { return t_block_.data() + at / sums_.rows_a_word * kern_.rows; }
  int64_t t_stride() const { return plan_.rows_a_block / sums_.rows_a_word * kern_.rows; }

  // Panel p of the block meets offsets [from, to) of the block of rows; its scores, but for `dots` without them.
  strip meet_strip(int64_t p0, int64_t p, int64_t row0, int64_t from, int64_t to, float* s) const {
    strip part{};
    part.s = s;
    part.row0 = row0 + from;
    part.rows = static_cast<int>(to - from);
    part.lane0 = lane0(p0 + p);
    part.lanes = lanes(p0 + p);
    part.depth = depth_;
    part.kern = &kern_;
    part.sums = &sums_;
    if (work_.transposed) {
      part.t = transposed_from(from);
      part.t_stride = t_stride();
    }
    if (has_lanes()) part.b = lane_block_.data() + p * kern_.lanes * depth_;
    if (work_.dots) {
      part.a = work_.packed_rows ? work_.packed_rows + (row0 + from) * depth_ : row_block_.data() + from * depth_;
      if (work_.score.make)
        work_.score.make(work_.score.context, part);
      else
        kern_.scores(part.a, part.b, depth_, (part.rows + kern_.rows - 1) / kern_.rows, part.s);
      if (work_.score.apply) work_.score.apply(work_.score.context, part);
    }
    return part;
  }

  void fold_strip(int64_t p0, int64_t p, int64_t range, int64_t row0, int64_t from, int64_t to, int worker) const {
    if (work_.begin) {
      from = std::max(from, (work_.begin[p0 + p] - row0) / kern_.rows * kern_.rows);
      to = std::min(to, work_.end[p0 + p] - row0);
      if (from >= to) return;
    }
    if (work_.half) {
      const int64_t own = lane0(p0 + p) - row0;
      if (to <= own) return;
      if (!work_.row_fold.step) from = std::max(from, own / kern_.rows * kern_.rows);  // whose states are those of whole strips
    }
    float* const s = work_.turned.step ? turned_.strip(p, from) : strips_.data() + worker * strip_size();
    const strip part = meet_strip(p0, p, row0, from, to, s);
    work_.fold.step(work_.fold.context, state(p, range), part);
    if (work_.row_fold.step)
      work_.row_fold.step(work_.row_fold.context, row_state(p / plan_.panels_a_task, from / plan_.rows_a_strip), part);
  }

  // Joins the ranges in order and hands the states over.
  void close(int64_t p0, int64_t panels) const {
    if (!work_.fold.done) return;
    parallel_tasks(panels, [&](int64_t p, int) {
      for (int64_t r = 1; r < plan_.ranges; ++r) work_.fold.join(work_.fold.context, state(p, 0), state(p, r));
      work_.fold.done(work_.fold.context, state(p, 0), lane0(p0 + p), lanes(p0 + p));
    });
  }

  const sweep& work_;
  const kernels &kern_, &sums_;
  const int64_t columns_, depth_, first_lanes_;
  const plan plan_;
  const turned_block turned_;
  int64_t state_bytes_ = 0, row_bytes_ = 0;
  buffer<float> lane_block_, row_block_, t_block_, strips_;
  buffer<char> states_, row_states_, row_totals_;
};

}  // namespace

void run(const sweep& work) {
  if (work.lanes.of.rows == 0 && !work.row_fold.step) return;
  runner(work).run();
}

}  // namespace warpweft::cpu
