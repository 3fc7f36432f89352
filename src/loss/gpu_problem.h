// A loss's pairs as device code reads them, in either direction, and the family's kernels by name.
#pragma once
#include <string>
#include <vector>

#include "distance/gpu_operands.h"
#include "loss/launch.h"
#include "loss/loss.h"

namespace warpweft::loss::on_gpu {

// What a loss says of itself.
struct traits {
  int64_t state_bytes;  // of an anchor
  bool two_parts;
  bool positives_last;
  int tensors;
  double beside_slope;  // ∂logit/∂score
  bool symmetric;
  int64_t target_offset;
  bool meets_other;
  bool filters;  // tiles without a weight above so little are left out of the gradient
};
traits traits_of(const loss_params& p);

// An entry's own scalars, as device code reads them.
loss_scalars device_scalars(loss_id loss, const double* scalars);

class problem {
 public:
  problem(const loss_params& p, gpu::device& on);
  problem(const problem&) = delete;

  gpu::device& on() const { return on_; }
  int64_t rows(bool across) const { return across ? pairs_.pair.y.rows : pairs_.pair.x.rows; }
  // Rows are anchors (across: candidates).
  device_pairs pairs(bool across) const;
  // As the metric is computed: on rows of unit length a cosine similarity is an inner product.
  const distance::pair_params& seen() const { return seen_; }
  bool unit_rows() const { return unit_rows_; }

  // "<pass>_<type of the rows>"
  std::string entry(const char* pass) const { return both_.entry(pass); }
  template <class Params>
  void launch_tiles(const std::string& entry, gpu::extent3 grid, const Params& params) const {
    gpu::launch(on_, gpu::find(on_, "loss", entry.c_str()), grid, distance::on_gpu::tile_block, device::tile_bytes, params);
  }

 private:
  const int32_t* upload(const int32_t* labels, int64_t rows);
  void weigh_pairs(const loss_params& p);
  const int32_t* upload_labels(const int32_t* labels, int64_t rows, int64_t words);

  gpu::device& on_;
  const bool unit_rows_;
  const distance::pair_params seen_;
  const distance::on_gpu::operands both_;
  std::vector<gpu::buffer> memory_;
  device_pairs pairs_{};
};

// A thread to each of `rows`; a kernel without rows is not launched.
template <class Params>
void launch_rows(gpu::device& on, const std::string& entry, int64_t rows, const Params& params) {
  using namespace distance::on_gpu;
  gpu::launch(on, gpu::find(on, "loss", entry.c_str()), blocks_of_threads(rows), row_block, 0, params);
}
// By one block.
template <class Params>
void launch_one(gpu::device& on, const char* entry, const Params& params) {
  launch_rows(on, entry, 1, params);
}

// What the miner saw of all pairs, into its fields.
void see_extremes(const problem& of, miner_id miner, float* fields, int64_t stride);

}  // namespace warpweft::loss::on_gpu
