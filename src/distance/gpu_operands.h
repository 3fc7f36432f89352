// Both sides of a sweep as device code reads them: one element type, aligned rows, row scalars. Everything is enqueued, nothing is waited
// for.
#pragma once
#include <string>
#include <vector>

#include "base/job.h"
#include "base/tile.h"
#include "distance/params.h"
#include "gpu/launch.h"

namespace warpweft::distance::on_gpu {

// Two for each multiprocessor of a large GPU: where work can be cut, it is cut into about so many.
constexpr int64_t wanted_blocks = 264;

constexpr int64_t up(int64_t value, int64_t step) { return (value + step - 1) / step; }

// Blocks of a kernel that gives a thread, or a warp, to each of `rows`.
gpu::extent3 blocks_of_threads(int64_t rows);
gpu::extent3 blocks_of_warps(int64_t rows);
constexpr gpu::extent3 row_block{device::row_threads, 1, 1};
constexpr gpu::extent3 tile_block{device::block_threads, 1, 1};

// Blocks of map_tile.
gpu::extent3 tiles_of(const pair_range& range);

// Ranges of columns that a row sweep is cut into, by shape only, so that few rows still fill a GPU. `most`: as many as there is room for.
struct splits {
  splits(int64_t n, int64_t m, int64_t most);
  int64_t count, columns;
  gpu::extent3 grid(int64_t n) const;
};

class operands {
 public:
  // unit_rows: rows are divided by max(|row|, 1e-12) before the metric sees them.
  operands(gpu::device& on, const pair_params& of, bool unit_rows);
  operands(const operands&) = delete;

  // For a kernel; it stays true as long as this object.
  const device_pair& pair() const { return pair_; }
  // "<family>_<operation>_<type of the rows>"
  std::string entry(const char* operation) const { return std::string(operation) + "_" + name_of(type_); }
  static const char* name_of(dtype type);
  // Where a kernel reads 16-bit rows both sides have that type; anything else meets in float32.
  static dtype common_type(const pair_params& of);

 private:
  void measure(const matrix& rows, const float* scale, device_side& side);

  gpu::device& on_;
  const dtype type_;
  std::vector<gpu::buffer> memory_;
  device_pair pair_{};
};

// Copies or not: `rows` as a kernel reads them, from an aligned copy in `memory` unless they already are.
device_side aligned(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                    std::vector<gpu::buffer>& memory);

// 1/max(|row|, 1e-12) of each row; and, of rows times `scale`, whatever else the metric wants of a row.
void enqueue_measure(gpu::device& on, const matrix& rows, const float* scale, bool inverse, float* scalar, double* norm);

}  // namespace warpweft::distance::on_gpu
