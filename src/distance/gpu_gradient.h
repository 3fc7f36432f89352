// Gradients of both sides from pair weights c_ij = ∂L/∂s_ij, panel by panel: at most 4 MiB of weights exist at a time.
#pragma once
#include <vector>

#include "distance/gpu_operands.h"
#include "distance/ops/exact.h"

namespace warpweft::distance::on_gpu {

class gradient {
 public:
  // dx: [n, d] or null; with self, both sides. dy: [m, d] or null. A metric on unit rows, or `unit_rows`, has its gradient go
  // through the normalisation too.
  gradient(gpu::device& on, const pair_params& of, bool unit_rows, float* dx, float* dy);
  gradient(const gradient&) = delete;

  // Before run, where a metric's pairs have weights of their own rows: those of a stored result, [n, m] like its gradient.
  void add_own(const device_pair& pair, const float* value, const float* grad);

  // Before run, where the fill says which tiles of its range count, in marks()[row of tiles · columns of tiles + column]: others are not
  // multiplied.
  void mark_tiles();
  uint8_t* marks() const { return marks_.as<uint8_t>(); }

  // fill(range, panel, stride) enqueues what writes c_ij of a rectangle of pairs: panel[(i − range.row) · stride + j − range.column].
  template <class Fill>
  void run(job* control, const Fill& fill) {
    for (int64_t row = 0; row < x_.of.rows; row += panel_rows_)
      for (int64_t column = 0; column < y_.of.rows; column += panel_columns_) {
        if (control) control->check();
        const pair_range range{row, std::min(panel_rows_, x_.of.rows - row), column, std::min(panel_columns_, y_.of.rows - column)};
        fill(range, panel_.as<float>(), stride_);
        add(range);
      }
    finish(x_);
    if (y_.sums != x_.sums) finish(y_);
  }

 private:
  struct side {
    matrix of;
    device_side rows;  // as the sums see them
    const float* scale = nullptr;
    float* sums = nullptr;
    double* total = nullptr;  // of c_ij, or of −o_ij
  };
  void prepare(side& s);
  void open(side& s, float* sums);
  void add(const pair_range& range);
  void add_side(const side& into, const side& other, const pair_range& range, bool across);
  void finish(const side& s);

  gpu::device& on_;
  const dtype type_;
  const own_part own_;
  const bool project_;
  int64_t panel_rows_ = 0, panel_columns_ = 0, stride_ = 0;
  std::vector<gpu::buffer> memory_;
  const float* shift_ = nullptr;
  gpu::buffer panel_, marks_;
  side x_, y_;
};

}  // namespace warpweft::distance::on_gpu
