#include "loss/grouped.h"

#include <algorithm>
#include <vector>

#include "cpu/buffer.h"
#include "cpu/features.h"
#include "cpu/scratch.h"
#include "base/pooling.h"
#include "cpu/threads.h"
#include "distance/distance.h"
#include "loss/cpu.h"
#include "loss/state.h"

namespace warpweft::loss {
namespace {

matrix rows_of(matrix of, int64_t first, int64_t count) {
  of.data = static_cast<const char*>(of.data) + first * of.stride * size_of(of.type);
  of.rows = count;
  return of;
}

class tiles {
 public:
  tiles(const loss_params& p, const call_options& how)
      : seen_(p), how_(how), family_(strips_of(p)), lanes_(cpu::in_use().float32->lanes), n_(p.x.rows), centers_(centers_of(p)),
        classes_(p.y.rows / centers_), block_(lanes_ * panels_a_block),
        chunk_(std::max(strip_rows, tile_floats / (block_ * centers_))), pool_{centers_,
                                                                               static_cast<float>(family_.center_softness(p.scalars))},
        labels_(static_cast<size_t>(padded(n_)), -1), begin_(static_cast<size_t>(n_ / lanes_ + 1), 0), end_(begin_.size(), classes_) {
    if (classes_ * centers_ != p.y.rows) throw coded_error("ERR_SHAPE", "weights must have the same number of centres for each class");
    std::copy_n(p.x_labels, n_, labels_.begin());
    seen_.metric = distance::metric_id::inner;  // what strips are given are scores already
    context_.params = &seen_;
    context_.larger = true;
    context_.pairs.lane_labels = labels_.data();
    context_.pairs.begin = begin_.data();
    context_.pairs.end = end_.data();
    context_.stride = padded(n_);
    pair_ = distance::pair_of(p.metric, p.x, p.y, false);
  }

  row_context& context() { return context_; }
  int64_t count() const { return (n_ + block_ - 1) / block_ * ((classes_ + chunk_ - 1) / chunk_); }

  void forward() {
    cpu::buffer<char> states((panels_a_block + 1) * state_bytes());
    cpu::buffer<float> scores(block_ * chunk_ * centers_);
    for (int64_t row = 0; row < n_; row += block_) {
      const int64_t rows = std::min(block_, n_ - row);
      each_panel(row, rows, [&](int64_t panel, int64_t lane0, int lanes) {
        family_.all.zero(&context_, states.data() + panel * state_bytes(), lane0, lanes);
      });
      for (int64_t first = 0; first < classes_; first += chunk_) {
        score(row, rows, first, scores.data());
        each_panel(row, rows, [&](int64_t panel, int64_t lane0, int lanes) {
          each_strip(scores.data(), row, first, lane0, lanes,
                     [&](const cpu::strip& part) { family_.all.step(&context_, states.data() + panel * state_bytes(), part); });
        });
      }
      each_panel(row, rows, [&](int64_t panel, int64_t lane0, int lanes) {
        family_.all.done(&context_, states.data() + panel * state_bytes(), lane0, lanes);
      });
    }
  }

  // dx [n, d] and dy [m, d] begin as zeros, or are null.
  void backward(float* dx, float* dy) {
    const int64_t d = pair_.x.columns;
    cpu::buffer<float> scores(block_ * chunk_ * centers_), weights(block_ * chunk_ * centers_);
    cpu::buffer<float> x_part(dx ? block_ * d : 0), y_part(dy ? chunk_ * centers_ * d : 0);
    for (int64_t row = 0; row < n_; row += block_)
      for (int64_t first = 0; first < classes_; first += chunk_) {
        const int64_t rows = std::min(block_, n_ - row), columns = columns_at(first);
        score(row, rows, first, scores.data());
        each_panel(row, rows, [&](int64_t, int64_t lane0, int lanes) {
          each_strip(scores.data(), row, first, lane0, lanes, [&](const cpu::strip& part) {
            family_.weigh(&context_, part);
            share(part, scores.data(), row, first, weights.data());
          });
        });
        distance::pairwise_backward(
            {part_of(row, rows, first), scores.data(), weights.data(), dx ? x_part.data() : nullptr, dy ? y_part.data() : nullptr}, how_);
        if (dx) add(x_part.data(), rows * d, dx + row * d);
        if (dy) add(y_part.data(), columns * d, dy + first * centers_ * d);
      }
  }

 private:
  static constexpr int64_t panels_a_block = 8, strip_rows = 64, tile_floats = 1 << 20;

  int64_t state_bytes() const { return cpu::up_to_multiple(family_.all.state_bytes, 64); }
  int64_t columns_at(int64_t first) const { return std::min(chunk_, classes_ - first) * centers_; }
  distance::pair_params part_of(int64_t row, int64_t rows, int64_t first) const {
    distance::pair_params pair = pair_;
    pair.x = rows_of(pair_.x, row, rows);
    pair.y = rows_of(pair_.y, first * centers_, columns_at(first));
    return pair;
  }
  void score(int64_t row, int64_t rows, int64_t first, float* out) const {
    distance::pairwise({part_of(row, rows, first), out, dtype::float32, columns_at(first)}, how_);
  }

  template <class Body>
  void each_panel(int64_t row, int64_t rows, const Body& body) const {
    cpu::parallel((rows + lanes_ - 1) / lanes_, how_.threads, how_.control, [&](int64_t panel, int) {
      const int64_t lane0 = row + panel * lanes_;
      body(panel, lane0, static_cast<int>(std::min<int64_t>(lanes_, row + rows - lane0)));
    });
  }

  // Strips of pooled scores, classes down and rows across as the loss wants them.
  template <class Body>
  void each_strip(const float* scores, int64_t row, int64_t first, int64_t lane0, int lanes, const Body& body) const {
    const int64_t classes = columns_at(first) / centers_;
    float* s = cpu::thread_scratch(strip_rows * lanes_);
    for (int64_t c0 = 0; c0 < classes; c0 += strip_rows) {
      cpu::strip part{};
      part.s = s;
      part.row0 = first + c0;
      part.rows = static_cast<int>(std::min(strip_rows, classes - c0));
      part.lane0 = lane0;
      part.lanes = lanes;
      std::fill_n(s, strip_rows * lanes_, 0.0f);
      for (int l = 0; l < lanes; ++l)
        for (int r = 0; r < part.rows; ++r) s[r * lanes_ + l] = pool_.value(at(scores, row, first, part, l, r));
      body(part);
    }
  }
  // The scores of a pair of the strip.
  template <class T>
  T* at(T* tile, int64_t row, int64_t first, const cpu::strip& part, int l, int r) const {
    return tile + (part.lane0 - row + l) * columns_at(first) + (part.row0 - first + r) * centers_;
  }
  void share(const cpu::strip& part, const float* scores, int64_t row, int64_t first, float* out) const {
    for (int l = 0; l < part.lanes; ++l)
      for (int r = 0; r < part.rows; ++r)
        pool_.share(at(scores, row, first, part, l, r), part.s[r * lanes_ + l], at(out, row, first, part, l, r));
  }
  void add(const float* part, int64_t count, float* into) const {
    for (int64_t i = 0; i < count; ++i) into[i] += part[i];
  }

  loss_params seen_;
  const call_options& how_;
  const row_strips& family_;
  const int64_t lanes_, n_, centers_, classes_, block_, chunk_;
  const pooling pool_;
  std::vector<int32_t> labels_;
  std::vector<int64_t> begin_, end_;
  distance::pair_params pair_;
  row_context context_{};
};

}  // namespace

int64_t centers_of(const loss_params& p) { return strips_of(p).centers_of(p.scalars); }

void fold_grouped(const loss_params& p, const call_options& how, float* fields, float* parts) {
  tiles work(p, how);
  if (how.control) how.control->plan(work.count());
  work.context().fields = fields;
  work.context().parts = parts;
  work.forward();
}

void backward_grouped(const backward_params& p, const call_options& how) {
  tiles work(p.of, how);
  if (how.control) how.control->plan(work.count() * (1 + (p.dx ? 1 : 0) + (p.dy ? 1 : 0)));
  const int64_t n = p.of.x.rows;
  cpu::buffer<float> scale(padded(n));
  std::fill_n(scale.data(), padded(n), 0.0f);
  for (int64_t i = 0; i < n; ++i) scale[i] = (p.of.reduction == reduction_id::none ? p.grad[i] : p.grad[0]) * p.state[0];
  work.context().lane_saved = {p.state + state_header, padded(n), scale.data(), scale.data()};
  if (p.dx) std::fill_n(p.dx, n * p.of.x.columns, 0.0f);
  if (p.dy) std::fill_n(p.dy, p.of.y.rows * p.of.y.columns, 0.0f);
  work.backward(p.dx, p.dy);
}

}  // namespace warpweft::loss
