// One side's rows as device code reads them: one element type, aligned, as the metric wants them, row scalars. Everything is enqueued.
#pragma once
#include <string>
#include <vector>

#include "base/job.h"
#include "base/tile.h"
#include "distance/params.h"
#include "gpu/launch.h"

namespace warpweft::distance::on_gpu {

inline const gpu::kernel& kernel_of(gpu::device& on, const std::string& entry) { return gpu::find(on, "distance", entry.c_str()); }

constexpr int64_t up(int64_t value, int64_t step) { return (value + step - 1) / step; }

// Blocks of a kernel that gives a thread, or a warp, to each of `rows`.
gpu::extent3 blocks_of_threads(int64_t rows);
gpu::extent3 blocks_of_warps(int64_t rows);
// Of one that gives a thread to a column of some rows, when rows are multiplied by a matrix.
gpu::extent3 blocks_of_products(const matrix& of);
constexpr gpu::extent3 row_block{device::row_threads, 1, 1};

// Copies or not: `rows` as a kernel reads them, from an aligned copy in `memory` unless they already are.
device_side aligned(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                    std::vector<gpu::buffer>& memory);
// The copy in any case.
device_side copied(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                   std::vector<gpu::buffer>& memory);

void enqueue_measure(gpu::device& on, const measure_launch& p);
// scale = 1/max(|row|, 1e-12) of each row.
void enqueue_measure(gpu::device& on, const matrix& rows, float* scale);

// About the middle of both sides' rows, times their scales where there are any: [columns] in `memory`. There must be a row. share: see
// centre_launch.
float* enqueue_centre(gpu::device& on, const matrix& x, const float* x_scale, const matrix& y, const float* y_scale,
                      std::vector<gpu::buffer>& memory);

// What becomes of rows that are kept as codes, or as sums of terms.
struct term_options {
  int32_t terms = 1;
  const float* scale = nullptr;  // [rows] of codes, on the device; null: `one_scale` of codes, else found
  float one_scale = 1.0f;        // of rows that are codes already
  uint64_t* refused = nullptr;   // see terms_launch
};

// Makes rows of either side for one metric, and owns the memory that they take.
class row_maker {
 public:
  row_maker(gpu::device& on, const pair_params& of);
  row_maker(const row_maker&) = delete;

  // Rows that are centred or whitened are computed in float64 and kept as the sum of two float32: products see the first, exact
  // evaluations and norms both.
  bool computes() const { return whitener_ || centred_; }
  // Where rows are moved to before they are whitened: near the middle of both sides, or as it was for others.
  void find_origin(const pair_params& of);
  void whiten_like(const row_maker& others);
  device_side computed(const matrix& rows);
  device_side read_as(dtype type, const matrix& rows) { return aligned(on_, rows, type, nullptr, nullptr, memory_); }
  device_side copied_as(dtype type, const matrix& rows) { return copied(on_, rows, type, nullptr, nullptr, memory_); }
  // Rows as the sums of terms, see terms_launch; with codes the side gets their scale.
  device_side in_terms(dtype type, const matrix& rows, const term_options& how);
  // scale = 1/max(|row|, 1e-12) of each row
  const float* unit_scale(const matrix& rows);
  // What the metric knows of each row, times side.scale and with side.low. second: of the two sides.
  void measure(const matrix& rows, bool second, device_side& side);
  // Waits for the norms where rows must be points of the ball. ERR_ARGUMENT
  void inside_ball(const device_side& side, const char* name, bool second) const;
  matrix matrix_of(const device_side& side, dtype type) const { return {side.data, type, side.rows, columns_, side.stride, 1}; }
  int64_t bytes() const;
  std::vector<gpu::buffer>& memory() { return memory_; }

 private:
  device_side allocate_side(const matrix& rows);
  void whiten(const matrix& rows, const device_side& side);

  gpu::device& on_;
  const metric_id metric_;
  double scalars_[most_metric_scalars];
  const int64_t columns_;
  const bool centred_;
  std::vector<gpu::buffer> memory_;
  const double* whitener_ = nullptr;
  const float* origin_ = nullptr;
  uint64_t* outside_ = nullptr;  // of both sides, see measure_launch
};

}  // namespace warpweft::distance::on_gpu
