// Both sides of a sweep as device code reads them. Everything is enqueued; only points of the ball are waited for, as they may be refused.
#pragma once
#include <string>

#include "distance/gpu_rows.h"

namespace warpweft::distance::on_gpu {

// Two for each multiprocessor of a large GPU: where work can be cut, it is cut into about so many.
constexpr int64_t wanted_blocks = 264;

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
  // Rows as the metric meets them.
  matrix x() const { return rows_.matrix_of(pair_.x, type_); }
  matrix y() const { return rows_.matrix_of(pair_.y, type_); }
  // "<family>_<operation>_<type of the rows>"
  std::string entry(const char* operation) const { return std::string(operation) + "_" + name_of(type_); }
  static const char* name_of(dtype type);
  // Where a kernel reads 16-bit rows both sides have that type, and the metric is one of dots; anything else meets in float32.
  static dtype common_type(const pair_params& of);
  static bool are_computed(const pair_params& of);

 private:
  void meet(const pair_params& of, bool unit_rows);
  void meet_base(const pair_params& of);

  const dtype type_;
  row_maker rows_;
  device_pair pair_{};
};

}  // namespace warpweft::distance::on_gpu
